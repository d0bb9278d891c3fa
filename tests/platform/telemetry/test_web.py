"""Around requests: ids, counts, unexpected errors; and the operator's three addresses."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from mojodex.kit.errors import AppError
from mojodex.platform.telemetry import Check, HealthEndpoints, TelemetryMiddleware, correlation_id
from mojodex.platform.telemetry import metrics as http_metrics
from mojodex.platform.telemetry.asgi import App, Receive, Scope, Send


def client(app: App) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


def served() -> App:
    inner = FastAPI()
    outer = FastAPI()
    outer.mount("/inner", inner)

    @inner.get("/things/{thing_id}")
    async def read(thing_id: str) -> dict[str, str | None]:
        return {"id": correlation_id()}

    @outer.get("/broken")
    async def fail() -> None:
        raise RuntimeError("the secret inside")

    return TelemetryMiddleware(outer, face_of=lambda p: "in" if p.startswith("/inner") else "out")


def count(metric: Any, **labels: str) -> float:
    value = metric.labels(**labels)._value.get()
    return float(value)


async def test_a_request_has_an_id_from_end_to_end() -> None:
    async with client(served()) as http:
        given = await http.get("/inner/things/1", headers={"X-Request-ID": "abcdefgh-1"})
        made = await http.get("/inner/things/1", headers={"X-Request-ID": "bad id\t"})
    assert given.headers["x-request-id"] == given.json()["id"] == "abcdefgh-1"
    assert made.headers["x-request-id"] == made.json()["id"]
    assert len(made.headers["x-request-id"]) == 32


async def test_requests_are_counted_by_template() -> None:
    labels = {"face": "in", "method": "GET", "route": "/things/{thing_id}", "status": "200"}
    before = count(http_metrics.REQUESTS, **labels)
    lost = {"face": "out", "method": "other", "route": "(none)", "status": "404"}
    async with client(served()) as http:
        await http.get("/inner/things/1")
        await http.get("/inner/things/2")
        await http.request("BREW", "/no/such/place")
    assert count(http_metrics.REQUESTS, **labels) == before + 2
    assert count(http_metrics.REQUESTS, **lost) >= 1
    assert count(http_metrics.IN_PROGRESS, face="in") == 0


async def test_an_unexpected_error_is_a_bare_500() -> None:
    before = count(http_metrics.FAILURES, face="out")
    transport = httpx.ASGITransport(app=served(), raise_app_exceptions=False)
    with capture_logs() as logs:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            answer = await http.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert len(answer.headers["x-request-id"]) == 32
    assert count(http_metrics.FAILURES, face="out") == before + 1
    assert [line["event"] for line in logs] == ["a request failed", "request"]


async def test_polled_addresses_are_logged_only_when_they_fail() -> None:
    states = {"ok": True}

    async def check() -> bool:
        return states["ok"]

    app = TelemetryMiddleware(HealthEndpoints({"thing": check}), face_of=lambda _: "operator")
    with capture_logs() as logs:
        async with client(app) as http:
            await http.get("/readyz")
            states["ok"] = False
            await http.get("/readyz")
    assert [(line["log_level"], line["status"]) for line in logs] == [("debug", 200), ("info", 503)]


async def test_other_scopes_pass_through() -> None:
    seen: list[tuple[str, str | None]] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        seen.append((scope["type"], correlation_id()))

    async def silent(*_: object) -> Any:
        return {}

    middleware = TelemetryMiddleware(app, face_of=str)
    await middleware({"type": "lifespan"}, silent, silent)
    headers = [(b"x-request-id", b"socket-0001")]
    await middleware({"type": "websocket", "path": "/", "headers": headers}, silent, silent)
    assert seen == [("lifespan", None), ("websocket", "socket-0001")]


class Broken(AppError):
    code = "broken_for_test"


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


async def _raises() -> bool:
    raise Broken()


async def test_alive_is_not_ready() -> None:
    async with client(HealthEndpoints({"a": _yes, "b": _no, "c": _raises})) as http:
        alive, ready = await http.get("/healthz"), await http.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"a": "ok", "b": "failing", "c": "failing"}
    assert ready.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("checks", [{}, {"a": _yes}])
async def test_ready_when_every_check_says_so(checks: dict[str, Check]) -> None:
    async with client(HealthEndpoints(checks)) as http:
        assert (await http.get("/readyz")).json()["status"] == "ready"


async def test_a_check_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mojodex.platform.telemetry.health.CHECK_SECONDS", 0.02)

    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    async with client(HealthEndpoints({"a": hangs})) as http:
        assert (await http.get("/readyz")).status_code == 503


async def test_metrics_are_exposed() -> None:
    registry = CollectorRegistry()
    Counter("things_total", "Things.", registry=registry).inc(3)
    async with client(HealthEndpoints({}, registry=registry)) as http:
        answer = await http.get("/metrics")
        refused = await http.post("/metrics")
    assert "things_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert refused.status_code == 405


async def test_half_a_response_is_cut_and_a_whole_one_is_not() -> None:
    def failing(*, more: bool) -> App:
        async def app(_: Scope, __: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": more})
            raise RuntimeError("too late")

        return TelemetryMiddleware(app, face_of=str)

    async with client(failing(more=False)) as http:
        assert (await http.get("/")).text == "half"
    with pytest.raises(RuntimeError, match="too late"):
        async with client(failing(more=True)) as http:
            await http.get("/")
