"""`mojodex.apps.web:app` under other servers than our own, behind a proxy that ends TLS."""

import sys
from pathlib import Path

import httpx
import pytest

from mojodex.domains.identity import DEMO_EMAIL, DEMO_WORD
from tests.harness.listening import Listener
from tests.journeys.app_process import AppProcess

FORWARDED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
LOGIN = {"email": DEMO_EMAIL, "password": DEMO_WORD}


class OtherServer(AppProcess):
    """Another ASGI server with the application's name."""

    def __init__(self, directory: Path, *command: str, **settings: str) -> None:
        super().__init__(directory, **settings)
        filled = (part.replace("{port}", str(self.port)) for part in command)
        self.command = (sys.executable, "-m", *filled)


@pytest.mark.parametrize(
    "command",
    [
        ("hypercorn", "mojodex.apps.web:app", "--bind", "127.0.0.1:{port}"),
        ("uvicorn", "mojodex.apps.web:app", "--port", "{port}", "--no-proxy-headers"),
    ],
    ids=["hypercorn", "uvicorn"],
)
async def test_another_server_serves_it_all(
    command: tuple[str, ...], pg_url: str, tmp_path: Path
) -> None:
    settings = {"MOJODEX_DATABASE_URL": pg_url, "MOJODEX_DEMO": "true"}
    server = OtherServer(tmp_path, *command, **settings)
    server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url) as client:
            token = (await client.post("/api/v1/logins", json=LOGIN)).json()["token"]
            # The host as the proxy passes it on; the page's origin is https.
            headers = {**FORWARDED, "Host": "mojo.example", "Origin": "https://mojo.example"}
            by_cookie = {**LOGIN, "transport": "cookie"}
            proxied = await client.post("/api/v1/logins", json=by_cookie, headers=headers)
            plain = await client.post(
                "/api/v1/logins", json=by_cookie, headers={"Origin": server.url}
            )
            assert (await client.get("/readyz")).json()["checks"]["worker"] == "ok"
        assert proxied.status_code == 201, proxied.text
        assert "; Secure" in proxied.headers["set-cookie"]
        assert "; Secure" not in plain.headers["set-cookie"]
        async with Listener(server.url, token) as listener:
            assert listener.client.connected
    finally:
        status = server.stop()
    assert status in (0, -15), server.output.read_text()
    assert "Traceback" not in server.output.read_text()
