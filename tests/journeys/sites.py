"""Processes of the product on one database, and somebody who uses them."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.harness.listening import Listener, wait_until, wait_until_async
from tests.journeys.app_process import AppProcess, WebProcess, WorkerProcess
from tests.journeys.runs import NOTES

#: Tokens per second of the demo model: an answer outlasts what happens to it.
PACE = "20"


class Site:
    """Processes on one database, with or without Redis."""

    def __init__(self, directory: Path, stack: ExitStack, **settings: str) -> None:
        self._directory = directory
        self._stack = stack
        self._settings = {"MOJODEX_DEMO": "true", "MOJODEX_DEMO_PACE": PACE, **settings}
        self._n_made = 0
        self.webs: list[AppProcess] = []
        self.workers: list[AppProcess] = []

    def make(self, kind: type[AppProcess]) -> AppProcess:
        self._n_made += 1
        place = self._directory / f"{kind.__name__}{self._n_made}"
        place.mkdir()
        process = kind(place, **self._settings)
        self._stack.callback(end, process)
        return process

    def start(self, *, n_webs: int, n_workers: int) -> None:
        """Processes are started side by side, after the first has made the database."""
        self.webs = [self.make(WebProcess) for _ in range(n_webs)]
        self.workers = [self.make(WorkerProcess) for _ in range(n_workers)]
        first, *others = [*self.webs, *self.workers]
        first.start()
        for process in others:
            process.launch()
        for process in others:
            process.wait_until_ready()

    async def writer(self) -> AppProcess:
        """The worker that writes the one answer that is being written."""
        async with httpx.AsyncClient(timeout=5) as client:
            for worker in self.workers:
                told = (await client.get(f"{worker.url}/metrics")).text
                if re.search(r"^mojodex_streams 1\.0$", told, re.MULTILINE):
                    return worker
        raise AssertionError("nobody writes")


def end(process: AppProcess) -> None:
    """Paused processes cannot end well."""
    process.send(signal.SIGCONT)
    process.kill()


@dataclass
class _Draft:
    """An answer in the making, as a client puts it together."""

    attempt: int = -1
    seq: int = -1
    texts: dict[str, str] = field(default_factory=dict)

    def take(self, notice: dict[str, Any]) -> None:
        position = (notice["attempt"], notice["seq"])
        if notice["type"] == "turn_snapshot":
            assert position >= (self.attempt, self.seq)
            self.texts = dict(notice["texts"])
        else:
            assert position == (self.attempt, self.seq + 1)
            channel = notice["channel"]
            self.texts[channel] = self.texts.get(channel, "") + notice["text"]
        self.attempt, self.seq = position


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
        drafts: dict[str, _Draft] = {}
        for notice in self.listener.notices:
            if notice["type"] in ("turn_snapshot", "turn_delta"):
                draft = drafts.setdefault(notice["turn_id"], _Draft())
                draft.take(notice)
                shown.append((draft.attempt, draft.texts.get("draft_body") or ""))
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

    async def post(self, text: str, client_id: UUID) -> httpx.Response:
        """Say something; the same id says it once."""
        return await self.api.post(
            f"/sessions/{self.execution['session_id']}/messages",
            json={"client_id": str(client_id), "text": text},
        )

    async def messages(self) -> list[dict[str, Any]]:
        """The latest of the session, oldest first."""
        path = f"/sessions/{self.execution['session_id']}/messages"
        found: list[dict[str, Any]] = (await self.api.get(path, params={"limit": 50})).json()[
            "items"
        ]
        return sorted(found, key=lambda one: int(one["id"]))

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
