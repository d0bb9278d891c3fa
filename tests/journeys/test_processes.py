"""Servers and workers in processes of their own, which die, hang and come back."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness.listening import Listener, wait_until, wait_until_async
from tests.harness.redis import redis_process
from tests.journeys.app_process import AppProcess, WebProcess, WorkerProcess

NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)


#: Tokens per second of the demo model: an answer outlasts the start of another process.
PACE = "8"
#: The processes of one test at a time share the machine.
pytestmark = pytest.mark.xdist_group("processes")


class Site:
    """Processes on one database, with or without Redis."""

    def __init__(self, directory: Path, stack: ExitStack, **settings: str) -> None:
        self._directory = directory
        self._stack = stack
        self._settings = {"MOJODEX_DEMO": "true", "MOJODEX_DEMO_PACE": PACE, **settings}

    def start(self, kind: type[AppProcess]) -> AppProcess:
        place = self._directory / f"{kind.__name__}{time.monotonic_ns()}"
        place.mkdir()
        process = kind(place, **self._settings)
        self._stack.callback(end, process)
        process.start()
        return process


def end(process: AppProcess) -> None:
    """Paused processes cannot end well."""
    process.send(signal.SIGCONT)
    process.kill()


@pytest.fixture(params=["redis", "no redis"])
def site(request: pytest.FixtureRequest, pg_url: str, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        settings = {"MOJODEX_DATABASE_URL": pg_url}
        if request.param == "redis":
            settings["MOJODEX_REDIS_URL"] = stack.enter_context(redis_process(tmp_path)).url
        yield Site(tmp_path, stack, **settings)


class Person:
    """Somebody with a run and a socket, who shows what a v1 client shows."""

    def __init__(self, web: AppProcess, api: httpx.AsyncClient, token: str) -> None:
        self.web = web
        self.api = api
        self.token = token
        self.execution: dict[str, Any] = {}
        self.listener = Listener(web.url, token)

    async def run(self) -> None:
        """Start the first task that writes from notes, and listen to it."""
        tasks = (await self.api.get("/tasks")).json()["items"]
        [task] = [task for task in tasks if task["icon"] == "📧"]
        body = {"task_id": task["id"], "inputs": {"meeting_informations": NOTES}}
        answer = await self.api.post("/executions", json=body)
        assert answer.status_code == 201, answer.text
        self.execution = answer.json()
        await self.listen()

    async def listen(self) -> None:
        self.listener = Listener(self.web.url, self.token)
        await self.listener.connect()
        await self.listener.join(self.execution["session_id"])

    async def read(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.api.get(f"/executions/{self.execution['id']}")).json()
        return found

    async def is_done(self) -> bool:
        return bool((await self.read())["state"] == "done")

    def shown(self) -> list[tuple[int, str]]:
        """Attempt and text of the draft after each notice; fails on a hole or a step back."""
        shown: list[tuple[int, str]] = []
        texts: dict[str, str] = {}
        attempt = seq = -1
        for notice in self.listener.notices:
            if notice["type"] == "turn_snapshot":
                assert (notice["attempt"], notice["seq"]) >= (attempt, seq)
                attempt, seq = notice["attempt"], notice["seq"]
                texts = dict(notice["texts"])
            elif notice["type"] == "turn_delta":
                assert (notice["attempt"], notice["seq"]) == (attempt, seq + 1)
                seq += 1
                channel = notice["channel"]
                texts[channel] = texts.get(channel, "") + notice["text"]
            else:
                continue
            shown.append((attempt, texts.get("draft_body") or ""))
        return shown

    async def sees(self, n_chars: int, *, attempt: int = 1, seconds: float = 60) -> None:
        def is_there() -> bool:
            shown = self.shown()
            if not shown:
                return False
            reached, text = shown[-1]
            return reached >= attempt and len(text) >= n_chars

        try:
            await wait_until(is_there, seconds)
        except TimeoutError:
            told = [(one["type"], one.get("seq")) for one in self.listener.notices]
            raise AssertionError(f"saw too little: {told}") from None

    def finals(self) -> set[int]:
        """The deliveries that told the answer, each of which may come again until acknowledged."""
        return {one["delivery_id"] for one in self.listener.of("message_added")}


@asynccontextmanager
async def person(web: AppProcess) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=f"{web.url}/api/v1", timeout=20) as api:
        login = await api.post(
            "/logins",
            json={"email": "demo@example.com", "password": "demo", "transport": "token"},
        )
        assert login.status_code == 201, login.text
        token = login.json()["token"]
        api.headers["Authorization"] = f"Bearer {token}"
        made = Person(web, api, token)
        try:
            yield made
        finally:
            await made.listener.close()


async def start(site: Site, kind: type[AppProcess]) -> AppProcess:
    return await asyncio.to_thread(site.start, kind)


async def check_once(someone: Person) -> None:
    """One text, told once, as the database has it."""
    await wait_until_async(someone.is_done, 120)
    await someone.listener.wait_for("message_added")
    await asyncio.sleep(0.5)
    found = await someone.read()
    assert found["n_versions"] == 1
    assert len(someone.finals()) == 1
    assert len(someone.listener.of("turn_finished")) <= 1
    shown = someone.shown()
    assert not shown or shown[-1][1] in found["text"]["body"]


async def test_a_run_streams_from_a_worker_to_a_socket_elsewhere(site: Site) -> None:
    web, worker = await asyncio.gather(start(site, WebProcess), start(site, WorkerProcess))
    async with person(web) as someone:
        await someone.run()
        await someone.sees(40)
        assert not someone.listener.of("turn_finished")
        await check_once(someone)
        assert len({text for _, text in someone.shown()}) >= 3
    assert await asyncio.to_thread(worker.stop) == 0
    assert await asyncio.to_thread(web.stop) == 0


async def test_a_killed_worker_is_taken_over(site: Site) -> None:
    web = await start(site, WebProcess)
    first = await start(site, WorkerProcess)
    async with person(web) as someone:
        await someone.run()
        await someone.sees(40)
        await start(site, WorkerProcess)
        assert not someone.listener.of("turn_finished")
        await asyncio.to_thread(first.kill)

        async def is_taken_over() -> bool:
            return bool((await someone.read())["turn"]["attempt"] == 2)

        await wait_until_async(is_taken_over, 15)
        await check_once(someone)
        assert someone.shown()[-1][0] == 2


@pytest.mark.parametrize("site", ["no redis"], indirect=True)
async def test_a_stopping_worker_gives_its_turn_to_another(site: Site) -> None:
    web = await start(site, WebProcess)
    first = await start(site, WorkerProcess)
    async with person(web) as someone:
        await someone.run()
        await someone.sees(40)
        await start(site, WorkerProcess)
        assert await asyncio.to_thread(first.stop) == 0
        await check_once(someone)


async def test_a_web_process_that_dies_is_joined_again(site: Site) -> None:
    web, _ = await asyncio.gather(start(site, WebProcess), start(site, WorkerProcess))
    async with person(web) as someone:
        await someone.run()
        await someone.sees(40)
        await asyncio.to_thread(web.kill)
        await someone.listener.close()
        await asyncio.to_thread(web.start)
        await someone.listen()
        await check_once(someone)


@pytest.mark.parametrize("site", ["redis"], indirect=True)
async def test_a_paused_worker_that_wakes_up_changes_nothing(site: Site) -> None:
    """By the silence of 20 s after which a worker that holds its lock counts as dead."""
    web = await start(site, WebProcess)
    first = await start(site, WorkerProcess)
    async with person(web) as someone:
        await someone.run()
        await someone.sees(40)
        await start(site, WorkerProcess)
        first.send(signal.SIGSTOP)
        await check_once(someone)
        before = await someone.read()
        assert before["turn"]["attempt"] == 2
        n_notices = len(someone.listener.of("turn_delta"))
        first.send(signal.SIGCONT)
        await asyncio.sleep(4)
        assert await someone.read() == before
        assert len(someone.listener.of("turn_delta")) == n_notices
        assert len(someone.finals()) == 1
        assert first.is_running
