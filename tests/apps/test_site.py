"""The composed application, in process: each face at its address, headers on everything."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import mojodex
from mojodex.apps.docs_page import render_page
from mojodex.apps.headers import DEFAULTS
from mojodex.apps.web import Application, build_site, face_of, openapi_documents
from mojodex.apps.wiring import compose, running
from mojodex.platform.db import Database
from mojodex.platform.llm import DemoModel, MemoryMeter, ModelGateway
from mojodex.platform.settings import keep_in_file, load_settings
from mojodex.platform.telemetry.asgi import App, Message


def client(app: App) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.fixture
async def site(committed_db: Database, tmp_path: Path) -> AsyncIterator[App]:
    settings = load_settings({"MOJODEX_DATA_DIR": str(tmp_path)}, None)
    secrets = keep_in_file(settings.secrets, tmp_path / "secrets.json")
    gateway = ModelGateway([DemoModel(pace=0)], MemoryMeter())
    runtime = compose(settings, secrets, committed_db, gateway)
    runtime.is_demo_open = True
    built = build_site(runtime)
    async with running(runtime):
        yield built
    await runtime.streams.close_all()


async def test_each_face_is_at_its_address(site: App) -> None:
    async with client(site) as http:
        about = await http.get("/api/v1/about")
        root = await http.get("/")
        browser = await http.get("/", headers={"Accept": "text/html"})
        app = await http.get("/app")
        docs = await http.get("/docs")
        stranger = await http.get("/no/such/thing")
        sockets = await http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
    assert about.json()["version"] == mojodex.__version__
    assert about.json()["demo_account"]["email"] == "demo@example.com"
    assert (root.status_code, root.text) == (200, "Mojodex is running.")
    assert (browser.status_code, browser.headers["location"]) == (307, "/app/")
    assert app.headers["location"] == "/app/"
    assert docs.headers["location"] == "/docs/"
    assert stranger.status_code == 404
    assert '"pingInterval":15000' in sockets.text.replace(" ", "")


async def test_the_operators_addresses_answer(site: App) -> None:
    async with client(site) as http:
        alive, ready = await http.get("/healthz"), await http.get("/readyz")
        measured = await http.get("/metrics")
    assert alive.status_code == 200
    assert set(ready.json()["checks"]) == {"database", "migrations", "worker"}
    assert ready.json()["checks"]["database"] == "ok"
    assert ready.json()["checks"]["worker"] == "ok"
    assert "mojodex_http_requests_total" in measured.text


async def test_the_docs_list_every_interface(site: App) -> None:
    async with client(site) as http:
        page = await http.get("/docs/")
        document = await http.get("/docs/v1.json")
        absent = await http.get("/docs/other.json")
    assert "<code>/api/v1/logins</code>" in page.text
    assert "<code>/user_task_execution_run</code>" in page.text
    assert not re.search("<script|http://|https://", page.text)
    assert document.json() == openapi_documents()["v1"]
    assert absent.status_code == 404


def test_the_docs_page_escapes_what_it_shows() -> None:
    hostile = "<script>alert(1)</script>"
    document = {
        "info": {"title": hostile, "description": hostile},
        "paths": {f"/{hostile}": {"get": {"summary": hostile}, "trace": {}}},
    }
    assert "<script>" not in render_page({"v1": document})


@pytest.mark.parametrize(
    ("path", "face"),
    [
        ("/api/v1/me", "v1"),
        ("/api/v1", "v1"),
        ("/api/v10", "mojodex"),
        ("/app/", "app"),
        ("/apple", "mojodex"),
        ("/socket.io/", "socket"),
        ("/readyz", "operator"),
        ("/user_task", "mojodex"),
        ("/", "mojodex"),
    ],
)
def test_a_path_belongs_to_one_face(path: str, face: str) -> None:
    assert face_of(path) == face


async def test_before_the_start_nothing_is_served_but_a_sign_of_life() -> None:
    app = Application(load_settings({}, None))
    async with client(app) as http:
        alive, other = await http.get("/healthz"), await http.get("/app/")
    assert alive.json() == {"status": "starting"}
    assert other.status_code == 503
    for name, value in DEFAULTS:
        assert other.headers[name.decode()] == value.decode()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await app({"type": "websocket", "path": "/socket.io/", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1013}]


async def test_a_failed_start_is_kept_in_words(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("not a directory")
    app = Application(load_settings({"MOJODEX_DATA_DIR": str(place)}, None))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "lifespan"}, receive, send)
    assert sent == [{"type": "lifespan.startup.failed", "message": ""}]
    assert app.failure is not None
    assert str(place) in app.failure.describe()
