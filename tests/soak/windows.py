"""The windows: clients that look on, lose their connection, come back and show what they have."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import aiohttp
import httpx
import socketio
from socketio.exceptions import SocketIOError

from tests.soak.ledger import Fault, Kind, Shown

CONNECT_SECONDS = 6
ANSWER_SECONDS = 6
OPEN_SECONDS = 25
#: Between two tries of connecting.
PAUSE_SECONDS = 0.2
#: What may go wrong on the way to a server that comes and goes.
TROUBLES = (SocketIOError, httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError)


class NotReady(OSError):
    """The server answered that it cannot do this now."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A window was shown something of its session. `turn_id` and `attempt` where they are told.

    `is_final`: a saved fact. `url` and `connection`: whence, and over which connection.
    """

    window: str
    session_id: str
    url: str
    connection: int
    at: float
    turn_id: str | None = None
    attempt: int = 0
    is_final: bool = False


@dataclass(frozen=True, kw_only=True)
class View:
    """What a window looks at, and how it gets there. `tell` hears of what it is shown."""

    name: str
    session_id: str
    execution_id: str
    token: str
    address: Callable[[], str]
    tell: Callable[[Seen], None]
    #: Whether it reads by REST after it has joined.
    reads: bool = True
    #: Whether its first acknowledgement of each final is empty.
    forgets: bool = False


class Window(ABC):
    """One tab or device. It connects to any web process, and again whenever it is cut off."""

    namespace: ClassVar[str]

    def __init__(self, view: View) -> None:
        self.view = view
        self.url = ""
        self.n_connections = 0
        self.is_joined = False
        self.faults: list[Fault] = []
        #: The last things that happened to it, each with its time of the loop.
        self.history: deque[str] = deque(maxlen=60)
        self._texts: dict[int, str] = {}
        self._ackable: set[str] = set()
        self._gone = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None
        self._client: socketio.AsyncClient | None = None
        self._life = asyncio.create_task(self._live(), name=view.name)
        self._life.add_done_callback(self._end_of_life)

    async def close(self) -> None:
        """Close for good."""
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self._drop()

    async def cut(self) -> None:
        """The network is gone, without a farewell."""
        if self._http is not None:
            await self._http.close()
        self._gone.set()
        self._happened("cut")

    @abstractmethod
    def shown(self) -> Shown:
        """What the person sees now."""

    @abstractmethod
    def _subscribe(self, client: socketio.AsyncClient) -> None:
        """Listen to events."""

    @abstractmethod
    async def _join(self, client: socketio.AsyncClient) -> None:
        """Enter the session."""

    @abstractmethod
    async def _read(self, rest: httpx.AsyncClient) -> None:
        """Read what is there by REST."""

    async def _live(self) -> None:
        while True:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await self._connect()
                self._happened("joined")
                await self._gone.wait()
                self._happened("gone")
            except TROUBLES as error:
                self._happened(f"failed: {error!r}")
                await asyncio.sleep(PAUSE_SECONDS)
            except RuntimeError as error:
                # What aiohttp raises when we were cut while it connected.
                self._happened(f"failed: {error!r}")
                if self._http is None or not self._http.closed:
                    raise
            await self._drop()

    def _end_of_life(self, life: asyncio.Task[None]) -> None:
        """A window lives until it is closed; one that fails otherwise has a bug, or met one."""
        if not life.cancelled() and life.exception() is not None:
            self._fault(Kind.STUCK, f"ended by {life.exception()!r}")

    def _happened(self, what: str) -> None:
        seconds = asyncio.get_running_loop().time()
        self.history.append(f"{seconds:.2f} {self.url} #{self.n_connections} {what}")

    async def _connect(self) -> None:
        self.url = self.view.address()
        self.n_connections += 1
        self._gone = gone = asyncio.Event()
        self._http = aiohttp.ClientSession()
        client = self._client = socketio.AsyncClient(reconnection=False, http_session=self._http)
        client.on("disconnect", lambda *_: gone.set(), namespace=self.namespace)
        self._subscribe(client)
        await client.connect(
            self.url,
            auth={"token": self.view.token},
            transports=["websocket"],
            namespaces=[self.namespace],
            wait_timeout=CONNECT_SECONDS,
        )
        await self._join(client)
        if self.view.reads:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=False) as rest:
                await self._read(rest)
        self.is_joined = True

    async def _drop(self) -> None:
        self.is_joined = False
        client, self._client = self._client, None
        http, self._http = self._http, None
        if http is not None:
            await http.close()
        if client is not None:
            with suppress(*TROUBLES):
                async with asyncio.timeout(1):
                    await client.disconnect()

    def _tell(
        self, *, turn_id: str | None = None, attempt: int = 0, is_final: bool = False
    ) -> None:
        self.view.tell(
            Seen(
                window=self.view.name,
                session_id=self.view.session_id,
                url=self.url,
                connection=self.n_connections,
                at=asyncio.get_running_loop().time(),
                turn_id=turn_id,
                attempt=attempt,
                is_final=is_final,
            )
        )

    def _fault(self, kind: Kind, what: str) -> None:
        what = f"{self.view.name}: {what}"
        self.faults.append(Fault(kind=kind, session_id=self.view.session_id, what=what))

    def _may_acknowledge(self, key: str) -> bool:
        if not self.view.forgets or key in self._ackable:
            return True
        self._ackable.add(key)
        return False

    def _add(self, message_id: int, text: str, *, is_answer: bool = True) -> None:
        """Show a message, unless it is there."""
        self._happened(f"shown {message_id}")
        if message_id not in self._texts:
            self._texts[message_id] = text
            if is_answer:
                self._tell(is_final=True)


def answer_of(response: httpx.Response) -> Any:
    """The body of a good answer. Raises `NotReady`."""
    if response.status_code != 200:
        raise NotReady(f"{response.status_code}: {response.text[:200]}")
    return response.json()


@dataclass
class _Stream:
    attempt: int
    seq: int
    texts: dict[str, str]


class V1Window(Window):
    """What our web app does: joins, reads, and folds the notices into what it read."""

    namespace = "/v1"

    def __init__(self, view: View) -> None:
        self._written_at: dict[int, str] = {}
        #: Attempt and state of each turn.
        self._turn_states: dict[str, tuple[int, str]] = {}
        self._facts: dict[str, object] = {}
        #: As this connection has told them.
        self._streams: dict[str, _Stream] = {}
        #: The last of each turn over all connections.
        self._streamed: dict[str, tuple[int, str]] = {}
        super().__init__(view)

    def shown(self) -> Shown:
        return Shown(
            name=self.view.name,
            order=sorted(self._texts, key=lambda one: (self._written_at[one], one)),
            texts=dict(self._texts),
            has_questions=True,
            turn_states={key: state for key, (_, state) in self._turn_states.items()},
            facts=dict(self._facts),
            streamed=dict(self._streamed),
            faults=tuple(self.faults),
        )

    def _subscribe(self, client: socketio.AsyncClient) -> None:
        self._streams = {}
        client.on("notice", self._take, namespace=self.namespace)

    async def _join(self, client: socketio.AsyncClient) -> None:
        answer = await client.call(
            "join",
            {"session_id": self.view.session_id},
            namespace=self.namespace,
            timeout=ANSWER_SECONDS,
        )
        if not answer["ok"]:
            raise NotReady(str(answer))

    async def _read(self, rest: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {self.view.token}"}
        base = f"{self.view.address()}/api/v1"
        path = f"/sessions/{self.view.session_id}/messages"
        page = answer_of(await rest.get(base + path, params={"limit": 100}, headers=headers))
        for message in page["items"]:
            self._add_message(message)
        path = f"/executions/{self.view.execution_id}"
        while True:
            told = (dict(self._turn_states), dict(self._facts))
            execution = answer_of(await rest.get(base + path, headers=headers))
            # What was told while it was read may be newer.
            if told == (self._turn_states, self._facts):
                turn = execution["turn"]
                self._facts = _facts_of(execution)
                known = (turn["id"], (turn["attempt"], turn["state"])) if turn else None
                self._turn_states = dict([known] if known else [])
                return

    def _take(self, notice: Mapping[str, Any]) -> object:
        kind = notice["type"]
        if notice.get("session_id") == self.view.session_id:
            if kind == "turn_snapshot":
                self._take_snapshot(notice)
            elif kind == "turn_delta":
                self._take_delta(notice)
            elif kind == "message_added":
                self._add_message(notice["message"])
            elif kind in ("turn_started", "turn_finished", "turn_failed", "turn_stopped"):
                self._take_state(notice, kind.removeprefix("turn_"))
        if kind in ("execution_started", "execution_titled", "execution_changed"):
            if notice["execution"]["id"] == self.view.execution_id:
                self._take_execution(notice["execution"])
        elif kind == "text_version_added":
            self._take_version(notice)
        key = notice.get("delivery_id")
        if key is None or not self._may_acknowledge(key):
            return None
        return {"delivery_id": key}

    def _take_execution(self, execution: Mapping[str, Any]) -> None:
        self._facts = _facts_of(execution)

    def _take_version(self, notice: Mapping[str, Any]) -> None:
        if notice["execution_id"] == self.view.execution_id:
            known = self._facts.get("n_versions", 0)
            self._facts["n_versions"] = max(notice["index"], int(str(known)))

    def _take_snapshot(self, notice: Mapping[str, Any]) -> None:
        turn_id, position = notice["turn_id"], (notice["attempt"], notice["seq"])
        known = self._streams.get(turn_id)
        if notice["part"] > 1 and known is not None:
            for channel, text in notice["texts"].items():
                known.texts[channel] += text
        else:
            if known is not None and position < (known.attempt, known.seq):
                self._fault(Kind.MISORDERED, f"a step back to {position} of {turn_id}")
            known = self._streams[turn_id] = _Stream(*position, dict(notice["texts"]))
        self._keep(turn_id, known)

    def _take_delta(self, notice: Mapping[str, Any]) -> None:
        turn_id, position = notice["turn_id"], (notice["attempt"], notice["seq"])
        known = self._streams.get(turn_id)
        if known is None or position != (known.attempt, known.seq + 1):
            before = None if known is None else (known.attempt, known.seq)
            self._fault(Kind.LOST, f"a hole between {before} and {position} of {turn_id}")
            known = self._streams[turn_id] = _Stream(notice["attempt"], notice["seq"], {})
        known.seq = notice["seq"]
        channel = notice["channel"]
        known.texts[channel] = known.texts.get(channel, "") + notice["text"]
        self._keep(turn_id, known)

    def _keep(self, turn_id: str, stream: _Stream) -> None:
        text = stream.texts.get("draft_body") or stream.texts.get("message") or ""
        self._streamed[turn_id] = (stream.attempt, text)
        if text:
            self._tell(turn_id=turn_id, attempt=stream.attempt)

    def _take_state(self, notice: Mapping[str, Any], state: str) -> None:
        turn_id, attempt = notice["turn_id"], notice["attempt"]
        name = {"started": "running", "finished": "done"}.get(state, state)
        known, _ = self._turn_states.get(turn_id, (0, ""))
        # That an attempt began is no news of one that is known.
        if attempt > known or (attempt == known and name != "running"):
            self._turn_states[turn_id] = (attempt, name)
        if name != "running":
            self._tell(turn_id=turn_id, attempt=attempt, is_final=True)

    def _add_message(self, message: Mapping[str, Any]) -> None:
        message_id = int(message["id"])
        self._written_at[message_id] = message["written_at"]
        self._add(message_id, message["text"], is_answer=message["sender"] == "assistant")


def _facts_of(execution: Mapping[str, Any]) -> dict[str, object]:
    return {name: execution[name] for name in ("state", "title", "n_versions")}


class MojodexWindow(Window):
    """What the released clients do: whole texts so far, messages by their key, acknowledged."""

    namespace = "/"

    def shown(self) -> Shown:
        return Shown(
            name=self.view.name,
            order=sorted(self._texts),
            texts=dict(self._texts),
            has_questions=False,
            faults=tuple(self.faults),
        )

    def _subscribe(self, client: socketio.AsyncClient) -> None:
        client.on("mojo_token", self._take_text)
        client.on("draft_token", self._take_text)
        client.on("mojo_message", self._take_message)
        client.on("draft_message", self._take_draft)

    async def _join(self, client: socketio.AsyncClient) -> None:
        refusals: list[object] = []
        client.on("error", refusals.append)
        payload = {"session_id": self.view.session_id.replace("-", ""), "version": "0.4.11"}
        await client.call("start_session", payload, timeout=ANSWER_SECONDS)
        if any(_is_refusal(one) for one in refusals):
            raise NotReady(str(refusals))

    async def _read(self, rest: httpx.AsyncClient) -> None:
        query: dict[str, str | int] = {
            "session_id": self.view.session_id.replace("-", ""),
            "datetime": "2026-11-02T09:30:00.000Z",
            "n_messages": 100,
            "offset": 0,
        }
        url = f"{self.view.address()}/message"
        headers = {"Authorization": self.view.token}
        for item in answer_of(await rest.get(url, params=query, headers=headers))["messages"]:
            if item["sender"] == "mojo":
                message = item["message"]
                self._add(item["message_pk"], message.get("produced_text") or message["text"])

    def _take_text(self, payload: Mapping[str, Any]) -> None:
        if payload["text"]:
            self._tell()

    def _take_message(self, payload: Mapping[str, Any]) -> object:
        pk = payload["message_pk"]
        self._add(pk, payload["text"])
        return self._acknowledge(f"message {pk}", "message_pk", payload)

    def _take_draft(self, payload: Mapping[str, Any]) -> object:
        pk = payload["message_pk"]
        self._add(pk, payload["produced_text"])
        return self._acknowledge(f"draft {pk}", "produced_text_version_pk", payload)

    def _acknowledge(self, key: str, name: str, payload: Mapping[str, Any]) -> object:
        if not self._may_acknowledge(key):
            return None
        return {"session_id": payload["session_id"], name: payload[name]}


def _is_refusal(error: object) -> bool:
    """Of the join itself; that an answer failed is told by the same event, with more keys."""
    return not isinstance(error, dict) or not (
        {"user_message_pk", "user_task_execution_pk"} & error.keys()
    )
