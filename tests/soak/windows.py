"""The windows: clients that look on, lose their connection, come back and show what they have."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
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
#: A final may come again while the database is away, over each new connection, and when its first
#: acknowledgement was empty; not for ever.
MAX_TELLINGS = 10
#: Between two tries of connecting.
PAUSE_SECONDS = 0.2
#: What may go wrong on the way to a server that comes and goes.
TROUBLES = (SocketIOError, httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError)


class NotReady(OSError):
    """The server answered that it cannot do this now."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A window was shown something of its session. `turn_id` and `attempt` where they are told.

    `is_final`: a saved fact; `state` of the turn when it is told that it ended. `has_text`: words,
    not merely that some will follow. `url` and `connection`: whence, and over which connection.
    """

    window: str
    session_id: str
    url: str
    connection: int
    at: float
    turn_id: str | None = None
    attempt: int = 0
    is_final: bool = False
    has_text: bool = True
    state: str | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """What a window looks at, and how it gets there: `address` is told which one has just failed.

    `tell` hears of what it is shown.
    """

    name: str
    session_id: str
    execution_id: str
    token: str
    address: Callable[[str], str]
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
        self._is_closed = self._was_cut = False
        self.faults: list[Fault] = []
        #: The last things that happened to it, each with its time of the loop.
        self.history: deque[str] = deque(maxlen=60)
        self._texts: dict[int, str] = {}
        #: How often each final was told.
        self._tellings: Counter[str] = Counter()
        self._gone = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None
        self._client: socketio.AsyncClient | None = None
        self._life = asyncio.create_task(self._live(), name=view.name)
        self._life.add_done_callback(self._end_of_life)

    async def close(self) -> None:
        """Close for good."""
        self._is_closed = True
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self._drop()

    async def cut(self) -> None:
        """The network is gone, without a farewell."""
        self._was_cut = True
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
    async def _read(self, rest: httpx.AsyncClient, url: str) -> None:
        """Read what is there by REST."""

    async def _live(self) -> None:
        while True:
            try:
                await self._look()
            except TROUBLES as error:
                self._happened(f"failed: {error!r}")
            except RuntimeError as error:
                # What aiohttp raises when we were cut while it connected.
                self._happened(f"failed: {error!r}")
                if not self._was_cut:
                    raise
            except asyncio.CancelledError:
                # The client's own tasks are cancelled when their connection goes, and it waits for
                # them.
                self._happened("cancelled")
                if self._is_closed:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    async def _look(self) -> None:
        """One connection from its beginning to its end."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._connect()
            self._happened("joined")
            await self._gone.wait()
            self._happened("gone")
        finally:
            await self._drop()

    def _end_of_life(self, life: asyncio.Task[None]) -> None:
        """A window lives until it is closed; one that fails otherwise has a bug, or met one."""
        if not life.cancelled() and life.exception() is not None:
            self._fault(Kind.STUCK, f"ended by {life.exception()!r}")

    def _happened(self, what: str) -> None:
        seconds = asyncio.get_running_loop().time()
        self.history.append(f"{seconds:.2f} {self.url} #{self.n_connections} {what}")

    async def _connect(self) -> None:
        self.url = self.view.address(self.url)
        self.n_connections += 1
        self._was_cut = False
        self._gone = gone = asyncio.Event()
        self._http = aiohttp.ClientSession()
        client = self._client = socketio.AsyncClient(reconnection=False, http_session=self._http)
        client.on("disconnect", lambda *_: gone.set(), namespace=self.namespace)
        self._subscribe(client)
        await open_socket(client, self.url, self.view.token, namespace=self.namespace)
        await self._join(client)
        if self.view.reads:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=False) as rest:
                await self._read_anywhere(rest)
        self.is_joined = True

    async def _read_anywhere(self, rest: httpx.AsyncClient) -> None:
        """At any server, and at ours when that one has just gone."""
        try:
            await self._read(rest, self.view.address(""))
        except TROUBLES:
            await self._read(rest, self.url)

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
        self,
        *,
        turn_id: str | None = None,
        attempt: int = 0,
        is_final: bool = False,
        has_text: bool = True,
        state: str | None = None,
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
                has_text=has_text,
                state=state,
            )
        )

    def _fault(self, kind: Kind, what: str) -> None:
        what = f"{self.view.name}: {what}"
        self.faults.append(Fault(kind=kind, session_id=self.view.session_id, what=what))

    def _may_acknowledge(self, key: str) -> bool:
        """Of a final that was told: whether it is acknowledged. Counts those that do not cease."""
        self._tellings[key] += 1
        if self._tellings[key] == MAX_TELLINGS:
            self._fault(Kind.DOUBLED, f"{key} is told again and again, although acknowledged")
        return not self.view.forgets or self._tellings[key] > 1

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


async def open_socket(
    client: socketio.AsyncClient, url: str, token: str, *, namespace: str = "/"
) -> None:
    """Connect by websocket. Raises one of `TROUBLES`."""
    try:
        await client.connect(
            url,
            auth={"token": token},
            transports=["websocket"],
            namespaces=[namespace],
            wait_timeout=CONNECT_SECONDS,
        )
    except TypeError as error:
        # The client's library takes the number with which a server that goes away closes the
        # websocket, before its first packet, for that packet.
        raise NotReady("closed before the first packet") from error
