"""`mojodex serve --no-worker` and `mojodex worker` as processes: each alone does its own part."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.apps.programs import run_mojodex
from tests.harness.listening import wait_until_async
from tests.journeys.app_process import AppProcess, WebProcess, WorkerProcess

DEMO = {"email": "demo@example.com", "password": "demo", "transport": "token"}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def make(stack: ExitStack, kind: type[AppProcess], place: Path, **settings: str) -> AppProcess:
    place.mkdir()
    process = kind(place, **settings)
    stack.callback(process.kill)
    return process


async def is_done(api: httpx.AsyncClient, execution_id: str) -> bool:
    answer = await api.get(f"/executions/{execution_id}")
    return bool(answer.json()["state"] in ("done", "asking"))


async def start_a_run(api: httpx.AsyncClient) -> dict[str, Any]:
    login = await api.post("/logins", json=DEMO)
    api.headers["Authorization"] = f"Bearer {login.json()['token']}"
    body = {"task_id": "1", "inputs": {"meeting_informations": "They accept the price."}}
    answer = await api.post("/executions", json=body)
    assert answer.status_code == 201, answer.text
    execution: dict[str, Any] = answer.json()
    return execution


async def test_each_does_its_part_and_stops_when_told(
    stack: ExitStack, pg_url: str, tmp_path: Path
) -> None:
    settings = {"MOJODEX_DATABASE_URL": pg_url, "MOJODEX_DEMO": "true", "MOJODEX_WROKER": "1"}
    web = make(stack, WebProcess, tmp_path / "web", **settings)
    worker = make(stack, WorkerProcess, tmp_path / "worker", **settings)
    await asyncio.to_thread(web.start)
    async with httpx.AsyncClient(base_url=f"{web.url}/api/v1", timeout=30, verify=False) as api:
        # A server without a worker is ready, and takes what waits for one.
        run = await start_a_run(api)
        assert run["turn"]["state"] == "queued"
        assert not await is_done(api, run["id"])
        await asyncio.to_thread(worker.start)
        await wait_until_async(lambda: is_done(api, run["id"]), 60)
    assert set(httpx.get(f"{web.url}/readyz").json()["checks"]) == {"database", "migrations"}
    ready = httpx.get(f"{worker.url}/readyz").json()["checks"]
    assert set(ready) == {"database", "migrations", "worker"}
    assert httpx.get(f"{worker.url}/api/v1/about").status_code == 404
    told = worker.output.read_text()
    assert f"The worker is ready; its health is at {worker.url}/readyz" in told.replace(
        "localhost", "127.0.0.1"
    )
    assert "Nothing reads the variable MOJODEX_WROKER" in told
    # Ctrl-C in a terminal is SIGINT; `docker stop` and systemd send SIGTERM.
    worker.send(signal.SIGINT)
    assert worker.wait() == 0
    assert web.stop() == 0
    for process in (worker, web):
        assert process.output.read_text().endswith("Stopped.\n")
        assert "Traceback" not in process.output.read_text()


def test_a_worker_refuses_in_words(tmp_path: Path) -> None:
    wrong = run_mojodex("worker", directory=tmp_path, MOJODEX_LOG_LEVEL="loud")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith('MOJODEX_LOG_LEVEL: "loud" is not allowed. Allowed: ')
    alone = run_mojodex("worker", directory=tmp_path)
    assert alone.returncode == 1
    assert "Traceback" not in alone.stderr
    assert str(tmp_path / "data") in alone.stderr
    assert "mojodex serve" in alone.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        second = run_mojodex("worker", "--port", port, directory=tmp_path)
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in second.stderr
    assert list(tmp_path.iterdir()) == []
