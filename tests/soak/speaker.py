"""Saying things as clients do that get no clear answer: again, under the same id, until there is
one."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import socketio

from tests.soak.ledger import Post
from tests.soak.plan import Wire
from tests.soak.windows import ANSWER_SECONDS, TROUBLES, NotReady, open_socket

TASK_ICON = "📧"
INPUT = "meeting_informations"
NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)
PAUSE_SECONDS = 0.3
COMMON = {"datetime": "2026-11-02T09:30:00.000Z", "version": "0.4.11", "platform": "webapp"}


class Refused(Exception):
    """The server says that it will not do this, whoever asks again."""


class Person:
    """Somebody with a log-in, who speaks over either wire to any web process."""

    def __init__(self, token: str, address: Callable[[str], str]) -> None:
        """`address` is told which one has just failed."""
        self.token = token
        self._address = address
        self._failed = ""
        limits = httpx.Limits(max_keepalive_connections=0)
        timeout = httpx.Timeout(10, connect=3)
        self._http = httpx.AsyncClient(timeout=timeout, limits=limits, verify=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def v1(self, method: str, path: str, body: object = None) -> Any:
        """One request. Raises `NotReady` and `Refused`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self._ask(method, f"/api/v1{path}", json=body, headers=headers)

    async def old(self, method: str, path: str, **sent: Any) -> Any:
        """One request as the released clients make it. Raises `NotReady` and `Refused`."""
        return await self._ask(method, path, headers={"Authorization": self.token}, **sent)

    async def _ask(self, method: str, path: str, **sent: Any) -> Any:
        url = self._address(self._failed)
        try:
            response = await self._http.request(method, f"{url}{path}", **sent)
        except TROUBLES:
            self._failed = url
            raise
        self._failed = ""
        return _body(response)

    async def begin(self, wire: Wire, client_id: UUID) -> tuple[str, str]:
        """Fill the form of a new execution. Returns the ids of execution and session."""
        if wire is Wire.V1:
            return await self._begin_v1(client_id)
        return await self._begin_old()

    async def _begin_v1(self, client_id: UUID) -> tuple[str, str]:
        tasks = await until_clear(lambda: self.v1("GET", "/tasks"))
        [task] = [task for task in tasks["items"] if task["icon"] == TASK_ICON]
        body = {"task_id": task["id"], "client_id": str(client_id), "inputs": {INPUT: NOTES}}
        made = await until_clear(lambda: self.v1("POST", "/executions", body))
        return made["id"], made["session_id"]

    async def _begin_old(self) -> tuple[str, str]:
        tasks = await until_clear(lambda: self.old("GET", "/user_task", params=COMMON))
        [task] = [task for task in tasks["user_tasks"] if task["task_icon"] == TASK_ICON]
        body = COMMON | {"user_task_pk": task["user_task_pk"]}
        # Without an answer another one is made; the first is never started.
        made = await until_clear(lambda: self.old("PUT", "/user_task_execution", json=body))
        pk = made["user_task_execution_pk"]
        await until_clear(lambda: self._run_old(pk))
        return str(pk), str(UUID(made["session_id"]))

    async def _run_old(self, pk: int) -> object:
        inputs = json.dumps([{"input_name": INPUT, "input_value": NOTES}])
        fields = COMMON | {"user_task_execution_pk": str(pk), "inputs": inputs}
        parts = [(name, (None, value)) for name, value in fields.items()]
        try:
            return await self.old("POST", "/user_task_execution_run", files=parts)
        except Refused:
            # Perhaps an unclear answer was a good one: then it is listed. Read it is not, as that
            # would count as having seen its text.
            listed = await self.v1("GET", "/executions?limit=100")
            if str(pk) not in {item["id"] for item in listed["items"]}:
                raise
            return None

    async def say(self, wire: Wire, session_id: str, execution_id: str, post: Post) -> None:
        """Send a post once and note its message, if that is answered.

        Raises `NotReady`, `Refused` and what the way raises.
        """
        post.n_sent += 1
        if wire is Wire.V1:
            body = {
                "client_id": post.client_id,
                "text": post.text,
                "written_at": post.written_at.isoformat(),
            }
            said = await self.v1("POST", f"/sessions/{session_id}/messages", body)
            post.message_ids.add(int(said["message"]["id"]))
            return
        fields = COMMON | {
            "session_id": session_id.replace("-", ""),
            "message_id": post.client_id,
            "message_date": post.written_at.isoformat(),
            "user_task_execution_pk": execution_id,
            "text": post.text,
        }
        if wire is Wire.MOJODEX_SOCKET:
            await self._say_by_socket(fields)
        parts = [(name, (None, value)) for name, value in fields.items()]
        said = await self.old("PUT", "/user_message", files=parts)
        post.message_ids.add(int(said["message_pk"]))

    async def _say_by_socket(self, fields: dict[str, str]) -> None:
        async with aiohttp.ClientSession() as http:
            client = socketio.AsyncClient(reconnection=False, http_session=http)
            try:
                await open_socket(client, self._address(""), self.token)
                await client.call("user_message", fields, timeout=ANSWER_SECONDS)
            except TROUBLES:
                return  # unclear; asked for by REST
            finally:
                await http.close()

    async def post(
        self, wire: Wire, session_id: str, execution_id: str, post: Post, *, n_copies: int
    ) -> None:
        """Send a post, several times at once, and again until it is accepted. Raises `Refused`."""
        while not post.is_accepted:
            results = await asyncio.gather(
                *(self.say(wire, session_id, execution_id, post) for _ in range(n_copies)),
                return_exceptions=True,
            )
            _raise_unknown(results)
            if not post.is_accepted:
                await asyncio.sleep(PAUSE_SECONDS)


def _raise_unknown(results: Sequence[BaseException | None]) -> None:
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, TROUBLES):
            raise result


def _body(response: httpx.Response) -> Any:
    if response.status_code >= 500 or response.status_code == 429:
        raise NotReady(f"{response.status_code}: {response.text[:200]}")
    if response.status_code >= 400:
        raise Refused(f"{response.request.url.path} {response.status_code}: {response.text[:200]}")
    return response.json()


async def until_clear(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer. Raises `Refused`."""
    while True:
        try:
            return await ask()
        except TROUBLES:
            await asyncio.sleep(PAUSE_SECONDS)


async def log_in(email: str, password: str, address: Callable[[str], str]) -> Person:
    """A log-in that both wires take."""
    async with httpx.AsyncClient(timeout=10) as http:
        answer = await http.post(
            f"{address('')}/api/v1/logins",
            json={"email": email, "password": password, "transport": "token"},
        )
    answer.raise_for_status()
    return Person(answer.json()["token"], address)


def now() -> datetime:
    """To a thousandth of a second, as clients know it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
