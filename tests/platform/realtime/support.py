"""Toy faces, a served application and real clients."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import socketio
import uvicorn

from mojodex.apps.server import SocketProtocol
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, Reading, Tx
from mojodex.platform.realtime import (
    Bus,
    ConnectionRefused,
    Delivery,
    Delta,
    Emission,
    Emissions,
    Growing,
    Handler,
    Peer,
    PeerIdentity,
    Resend,
    RoomRefused,
    ServerTiming,
    SocketFace,
    SocketServer,
    Stream,
    Streams,
    StreamSnapshot,
    session_room,
)

ANN = UUID(int=1)
BOB = UUID(int=2)
QUICK = ServerTiming(poll=0.3, resend=0.05, recheck=0.1)


class ToyFace(SocketFace):
    """A face with deltas. Tokens are `user-number:login-number`; each person owns session
    `user-number * 100` to `+ 99`."""

    namespace: ClassVar[str] = "/toy"
    resend_policy: ClassVar[Resend] = Resend(every=timedelta(seconds=0.2), times=5)

    def __init__(self) -> None:
        self.read: list[tuple[UUID, int]] = []
        self.encoded: list[int] = []
        #: How often it was asked what it says of facts.
        self.n_asked = 0
        self.broken_kinds: set[str] = set()
        #: Cleared: whoever encodes a fact waits.
        self.is_free = asyncio.Event()
        self.is_free.set()

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {"join": self._join, "leave": self._leave, "echo": self._echo, "fail": self._fail}

    async def connect(self, auth: object, environ: Mapping[str, object]) -> PeerIdentity:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise ConnectionRefused("Invalid token", {"code": "invalid"})
        if token == "crash":
            raise RuntimeError("a bug")
        user, login = token.split(":")
        return PeerIdentity(user_id=UUID(int=int(user)), login_id=UUID(int=int(login)))

    async def _join(self, peer: Peer, payload: object) -> object:
        session = UUID(int=int(payload["session"])) if isinstance(payload, dict) else UUID(int=0)
        if session.int // 100 != peer.user_id.int:
            raise RoomRefused(room=str(session))
        await self.server.join(peer, session_room(session))
        return {"ok": True}

    async def _leave(self, peer: Peer, payload: object) -> object:
        assert isinstance(payload, dict)
        await self.server.leave(peer, session_room(UUID(int=int(payload["session"]))))
        return None

    async def _echo(self, peer: Peer, payload: object) -> object:
        await self.server.emit(peer, "echo", payload)
        return payload

    async def _fail(self, peer: Peer, payload: object) -> object:
        raise RuntimeError("a bug")

    async def encode(self, deliveries: Sequence[Delivery]) -> Mapping[int, Sequence[Emission]]:
        self.encoded += [one.delivery_id for one in deliveries]
        self.n_asked += 1
        await asyncio.sleep(0)
        await self.is_free.wait()
        if self.broken_kinds & {one.kind for one in deliveries}:
            raise RuntimeError("a bug")
        return {one.delivery_id: _finals(one) for one in deliveries if one.kind != "untold"}

    def encode_delta(self, delta: Delta, stream: Growing) -> Emission:
        return Emission(
            "delta",
            {
                "stream": str(delta.stream_id),
                "attempt": delta.attempt,
                "seq": delta.seq,
                "channel": delta.channel,
                "text": delta.text,
            },
        )

    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emissions:
        return Emission(
            "snapshot",
            {
                "stream": str(snapshot.stream_id),
                "attempt": snapshot.attempt,
                "seq": snapshot.seq,
                "texts": dict(snapshot.texts),
            },
        )

    def accepts_ack(self, delivery: Delivery, ack: object) -> bool:
        return isinstance(ack, dict) and ack.get("delivery_id") == delivery.delivery_id

    async def acknowledged(self, tx: Tx, peer: Peer, delivery: Delivery) -> None:
        self.read.append((peer.user_id, delivery.delivery_id))

    def encode_error(self, error: AppError) -> object:
        return {"error": error.code}


def _finals(delivery: Delivery) -> Sequence[Emission]:
    body = {"delivery_id": delivery.delivery_id, "kind": delivery.kind, **delivery.ids}
    return [Emission("final", body, needs_ack=True)]


class WholeFace(ToyFace):
    """A face whose events carry the whole text so far, on the default namespace."""

    namespace: ClassVar[str] = "/"
    is_cumulative: ClassVar[bool] = True
    bytes_per_second: ClassVar[int | None] = 20_000

    def encode_delta(self, delta: Delta, stream: Growing) -> Emission:
        return Emission("whole", {"channel": delta.channel, "text": stream.texts[delta.channel]})

    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emissions:
        return [
            Emission("whole", {"channel": channel, "text": text})
            for channel, text in snapshot.texts.items()
        ]


class FrozenTimer:
    """Time of an event loop that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, Callable[[], object], FrozenHandle]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object], /) -> "FrozenHandle":
        handle = FrozenHandle()
        self._waiting.append((self.now + delay, callback, handle))
        return handle

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted(
            (one for one in self._waiting if one[0] <= end), key=lambda one: one[0]
        ):
            self._waiting.remove(due[0])
            self.now = due[0][0]
            if not due[0][2].is_cancelled:
                due[0][1]()
        self.now = end


class FrozenHandle:
    is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass
class Web:
    """A served web process: where it is and what it is made of."""

    db: Database
    streams: Streams
    toy: ToyFace
    whole: WholeFace
    url: str = ""
    server: SocketServer = field(init=False)
    live_logins: set[UUID] = field(default_factory=set)
    #: The log-ins of each look at whether they still hold.
    looks: list[Sequence[UUID]] = field(default_factory=list)
    claims: set[tuple[UUID, str]] | None = None

    async def recheck(self, logins: Sequence[UUID]) -> set[UUID]:
        self.looks.append(logins)
        return self.live_logins & set(logins)


async def not_found(_scope: Any, _receive: Any, send: Any) -> None:
    """The application behind the sockets."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"behind"})


@asynccontextmanager
async def serving(
    db: Database,
    *,
    timing: ServerTiming = QUICK,
    port: int = 0,
    has_guard: bool = False,
    bus: Bus | None = None,
) -> AsyncIterator[Web]:
    """Run a web process in this loop, on a port of the loopback interface."""
    streams = Streams(db, bus=bus, checkpoint_seconds=0.1)
    web = Web(db, streams, ToyFace(), WholeFace())
    web.live_logins = {UUID(int=number) for number in range(100)}

    async def guard(_tx: Reading, claims: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        return set(claims) if web.claims is None else set(claims) & web.claims

    web.server = SocketServer(
        db, streams, recheck=web.recheck, guard=guard if has_guard else None, timing=timing
    )
    web.server.add_face(web.toy)
    web.server.add_face(web.whole)
    listener = socket.create_server(("127.0.0.1", port))
    web.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        web.server.asgi(not_found),
        log_level="error",
        lifespan="off",
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    http = uvicorn.Server(config)
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(http.serve(sockets=[listener])),
        asyncio.create_task(web.server.run(stop)),
    ]
    try:
        async with asyncio.timeout(5):
            while not http.started:
                await asyncio.sleep(0.01)
        yield web
    finally:
        stop.set()
        http.should_exit = True
        await asyncio.gather(*tasks)
        await streams.close_all()


class Client:
    """A real client that keeps what it hears and acknowledges finals as told."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.events: list[tuple[str, Any]] = []
        self.ack: Callable[[Any], Any] = lambda body: {"delivery_id": body["delivery_id"]}
        self.sio = socketio.AsyncClient(reconnection=False)
        self.disconnected = asyncio.Event()
        for event in ("snapshot", "delta", "whole", "echo"):
            self.sio.on(event, self._keeper(event), namespace)
        self.sio.on("final", self._on_final, namespace)
        self.sio.on("disconnect", self._on_disconnect, namespace)

    def _keeper(self, event: str) -> Callable[[Any], None]:
        return lambda body: self.events.append((event, body))

    def _on_final(self, body: Any) -> Any:
        self.events.append(("final", body))
        return self.ack(body)

    def _on_disconnect(self, *_: object) -> None:
        self.disconnected.set()

    async def join(self, session: int) -> Any:
        return await self.sio.call("join", {"session": session}, self.namespace, timeout=5)

    def bodies(self, event: str) -> list[Any]:
        return [body for name, body in self.events if name == event]

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"waited in vain; heard {self.events[-20:]}") from None

    def texts(self) -> dict[str, str]:
        """What a client shows that obeys the protocol; fails on a hole, a repeat or a step back."""
        texts: dict[str, str] = {}
        attempt = seq = -1
        for event, body in self.events:
            if event == "snapshot":
                assert (body["attempt"], body["seq"]) >= (attempt, seq)
                texts, attempt, seq = dict(body["texts"]), body["attempt"], body["seq"]
            elif event == "delta":
                assert (body["attempt"], body["seq"]) == (attempt, seq + 1), self.events
                seq += 1
                texts[body["channel"]] = texts.get(body["channel"], "") + body["text"]
        return texts


@asynccontextmanager
async def client(
    web: Web,
    token: str = "1:1",
    *,
    namespace: str = "/toy",
    transports: Sequence[str] = ("websocket",),
) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        made = Client(namespace)
        stack.push_async_callback(made.sio.shutdown)
        await made.sio.connect(
            web.url,
            auth={"token": token},
            transports=list(transports),
            namespaces=[namespace],
            wait_timeout=5,
        )
        yield made


async def shows(hearer: Client, text: str) -> None:
    """Until this is the whole message that the client shows."""
    await hearer.until(lambda: hearer.texts() == {"message": text}, 30)


async def join_at_any_moment(web: Web, stream: Stream, *, n_clients: int, seed: int) -> None:
    """Clients join while words are written; each shows every word once."""
    chance = random.Random(seed)
    words = [f"{index} " for index in range(120)]

    async def write() -> None:
        for word in words:
            stream.append("message", word)
            await asyncio.sleep(0.008)

    async def listen(hearer: Client, delay: float) -> None:
        await asyncio.sleep(delay)
        await hearer.join(101)

    async with AsyncExitStack() as stack:
        hearers = [await stack.enter_async_context(client(web)) for _ in range(n_clients)]
        joins = [listen(hearer, chance.uniform(0, 1.0)) for hearer in hearers]
        await asyncio.gather(write(), *joins)
        await asyncio.gather(*(shows(hearer, "".join(words)) for hearer in hearers))
