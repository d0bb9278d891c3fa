"""The web side: sockets of every face, their rooms, their streams and their finals."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, Reading
from mojodex.platform.realtime import metrics
from mojodex.platform.realtime.bus import StreamSnapshot
from mojodex.platform.realtime.checkpoints import purge_checkpoints
from mojodex.platform.realtime.courier import Courier
from mojodex.platform.realtime.deliveries import purge_deliveries
from mojodex.platform.realtime.errors import ConnectionRefused, RoomRefused, TooManyRooms
from mojodex.platform.realtime.faces import Admit, Emission, Handler, Peer, SocketFace
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.library import SocketRefused, socketio
from mojodex.platform.realtime.link import Link
from mojodex.platform.realtime.rooms import check_room, user_room
from mojodex.platform.realtime.streams import Streams
from mojodex.platform.realtime.tail import Tail
from mojodex.platform.realtime.transport import (
    PING_SECONDS,
    PING_TIMEOUT_SECONDS,
    Clients,
    build_server,
    open_line,
)
from mojodex.platform.telemetry import correlated

log = structlog.stdlib.get_logger(__name__)

MAX_ROOMS = 200
#: How long a client that comes before we are ready waits.
READY_SECONDS = 10.0
#: What a client is told when connecting fails for a reason that is not its own.
UNAVAILABLE = "unavailable"

#: Which of these log-ins are still live: one query for all.
Recheck = Callable[[Sequence[UUID]], Awaitable[Collection[UUID]]]
#: A person and a room.
Claim = tuple[UUID, str]
#: Which of these claims still hold: one query for all.
RoomGuard = Callable[[Reading, Sequence[Claim]], Awaitable[Collection[Claim]]]
AsgiApp = Callable[..., Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class ServerTiming:
    """How often the server looks, in seconds."""

    #: For deliveries whose notification was lost.
    poll: float = 2.0
    #: For facts that were not acknowledged in time.
    resend: float = 1.0
    #: Whether log-ins and rights behind live sockets still hold; the house promises 5 s.
    recheck: float = 4.0
    purge: float = 3_600.0
    #: Whether a client still lives, and how long it may think: the handshake tells both.
    ping: int = PING_SECONDS
    ping_timeout: int = PING_TIMEOUT_SECONDS


class SocketServer:
    """All sockets of one web process."""

    def __init__(
        self,
        db: Database,
        streams: Streams,
        *,
        recheck: Recheck,
        guard: RoomGuard | None = None,
        timing: ServerTiming | None = None,
    ) -> None:
        """`guard`: asked with each re-check, and at the joins for which a face asks nobody."""
        self._db = db
        self._recheck = recheck
        self._guard = guard
        self._timing = timing or ServerTiming()
        self._fanout = Fanout(streams.bus)
        self._courier = Courier(db, self._fanout)
        self._tail = Tail(db, self._fanout, streams.bus)
        self._ready = asyncio.Event()
        self._links: dict[str, Link] = {}
        self._faces: dict[str, SocketFace] = {}
        clients = Clients(on_connected=self._welcome, on_ack=self._take_ack)
        self._sio = build_server(
            clients, ping=self._timing.ping, ping_timeout=self._timing.ping_timeout
        )

    def add_face(self, face: SocketFace) -> None:
        """Serve a wire format on its namespace."""
        if face.namespace in self._faces:
            raise ValueError(f"two faces want the namespace {face.namespace}")
        self._faces[face.namespace] = face
        face.server = self
        self._sio.on("connect", self._connector(face), face.namespace)
        self._sio.on("disconnect", self._disconnect, face.namespace)
        for event, handler in face.handlers.items():
            self._sio.on(event, self._dispatcher(face, handler), face.namespace)

    def asgi(self, app: AsgiApp) -> AsgiApp:
        """`app` with Socket.IO at `/socket.io/` in front of it."""
        return socketio.ASGIApp(self._sio, app)

    async def join(
        self, peer: Peer, room: str, *, admit: Admit | None = None
    ) -> Sequence[StreamSnapshot]:
        """Let a peer into a room to which `admit`, the question of its face, gives access.

        It is sent, in order: the streams that run in the room, every delta after them, and what
        its person has not acknowledged there. Joining again sends the same again. Returns the
        streams. Raises `RoomRefused`, `TooManyRooms` and what `admit` raises.
        """
        check_room(room, peer.user_id)
        if not room.startswith("user:"):
            async with self._db.read() as tx:
                await self._admit(tx, peer, room, admit)
                await self._tail.learn(tx, room)
        link = self._links.get(peer.sid)
        if link is None:
            return ()
        if room not in peer.rooms and len(peer.rooms) >= MAX_ROOMS:
            raise TooManyRooms(limit=MAX_ROOMS)
        peer.rooms.add(room)
        link.enter(room, asyncio.get_running_loop().time())
        self._fanout.enter(link, room)
        snapshots = self._fanout.snapshots(room)
        await self._courier.replay(link, room)
        return snapshots

    async def _admit(self, tx: Reading, peer: Peer, room: str, admit: Admit | None) -> None:
        if admit is not None:
            await admit(tx)
            return
        claim = (peer.user_id, room)
        if self._guard is not None and claim not in await self._guard(tx, [claim]):
            raise RoomRefused(room=room)

    async def leave(self, peer: Peer, room: str) -> None:
        """Take a peer out of a room; nothing happens when it is not in."""
        link = self._links.get(peer.sid)
        if link is not None and room in peer.rooms:
            peer.rooms.discard(room)
            self._fanout.leave(link, room)
            self._courier.forget(link, room)

    async def emit(
        self, peer: Peer, event: str, payload: object, *, once: str | None = None
    ) -> None:
        """Send one event to one peer, without acknowledgement; `once` as in `Emission`."""
        link = self._links.get(peer.sid)
        if link is not None:
            link.send(Emission(event, payload, once=once))

    def peers(self) -> list[Peer]:
        """Everybody who is connected."""
        return [link.peer for link in self._links.values()]

    async def run(self, stop: asyncio.Event) -> None:
        """Tell finals and re-check log-ins until `stop` is set."""
        loops = [
            asyncio.create_task(self._poll()),
            asyncio.create_task(self._follow()),
            asyncio.create_task(self._repeat(self._timing.resend, self._courier.send_again)),
            asyncio.create_task(self._repeat(self._timing.recheck, self._expel)),
            asyncio.create_task(self._repeat(self._timing.purge, self._purge)),
        ]
        try:
            await stop.wait()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self._courier.stop()
            await self._sio.shutdown()

    async def _poll(self) -> None:
        await self._courier.listen()
        while True:
            await _guarded(self._courier.poll)
            if self._courier.is_watching:
                self._ready.set()
            await self._courier.wait_for_poll(self._timing.poll)

    async def _follow(self) -> None:
        while True:
            await _guarded(self._tail.step)

    @staticmethod
    async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await _guarded(work)

    async def _purge(self) -> None:
        async with self._db.begin() as tx:
            await purge_deliveries(tx)
            await purge_checkpoints(tx)

    # Connections

    def _connector(self, face: SocketFace) -> Callable[..., Awaitable[None]]:
        async def connect(sid: str, environ: dict[str, object], auth: object = None) -> None:
            try:
                # One who joined before we listen could miss a fact and never know.
                async with asyncio.timeout(READY_SECONDS):
                    await self._ready.wait()
                identity = await face.connect(auth, environ)
            except ConnectionRefused as refusal:
                if refusal.data is None:
                    raise SocketRefused(refusal.message) from refusal
                raise SocketRefused(refusal.message, refusal.data) from refusal
            except Exception as error:  # the edge: the client must hear that it is not in
                log.exception("a socket could not be connected", face=face.namespace)
                raise SocketRefused(UNAVAILABLE) from error
            line = open_line(self._sio, sid, face.namespace)
            if line is None:
                raise SocketRefused(UNAVAILABLE)
            peer = Peer(
                sid=sid,
                namespace=face.namespace,
                user_id=identity.user_id,
                login_id=identity.login_id,
            )
            self._links[sid] = Link(peer, face, line)
            metrics.PEERS.labels(face.namespace).inc()

        return connect

    async def _welcome(self, sid: str) -> None:
        """The client has heard that it is connected: from now on it can be told things."""
        link = self._links.get(sid)
        if link is not None:
            await _guarded(lambda: self.join(link.peer, user_room(link.peer.user_id)))

    async def _disconnect(self, sid: str, _reason: object = None) -> None:
        link = self._links.pop(sid, None)
        if link is None:
            return
        for room in link.peer.rooms:
            self._fanout.leave(link, room)
        link.peer.rooms.clear()
        link.close()
        self._courier.forget(link)
        metrics.PEERS.labels(link.peer.namespace).dec()

    def _dispatcher(self, face: SocketFace, handler: Handler) -> Callable[..., Awaitable[object]]:
        async def dispatch(sid: str, *arguments: object) -> object:
            link = self._links.get(sid)
            if link is None:
                return None
            with correlated():
                return await self._answer(face, handler, link.peer, arguments)

        return dispatch

    @staticmethod
    async def _answer(
        face: SocketFace, handler: Handler, peer: Peer, arguments: Sequence[object]
    ) -> object:
        try:
            return await handler(peer, arguments[0] if arguments else None)
        except AppError as error:
            return face.encode_error(error)
        except Exception:  # the edge: a client gets an answer whatever happens
            log.exception("an event could not be handled", face=face.namespace)
            return face.encode_error(AppError())

    async def _take_ack(self, sid: str, ack_id: int, data: Sequence[object]) -> None:
        link = self._links.get(sid)
        if link is not None:
            self._courier.take_ack(link, ack_id, data)

    # Rights of live sockets

    async def _expel(self) -> None:
        """Disconnect whose log-in ended or who does not read, and empty rooms of lost rights."""
        for link in list(self._links.values()):
            if link.is_stuck:
                metrics.EXPELLED.labels("stuck").inc()
                await link.line.cut()
        logins = {link.peer.login_id for link in self._links.values()} - {None}
        if logins:
            live = await self._recheck([login for login in logins if login is not None])
            ended = logins - set(live)
            for link in list(self._links.values()):
                if link.peer.login_id in ended:
                    metrics.EXPELLED.labels("login").inc()
                    log.info("a socket's log-in ended", user_id=str(link.peer.user_id))
                    await self._sio.disconnect(link.peer.sid, link.peer.namespace)
        await self._recheck_rooms()

    async def _recheck_rooms(self) -> None:
        if self._guard is None:
            return
        claims = {
            (link.peer.user_id, room)
            for link in self._links.values()
            for room in link.peer.rooms
            if not room.startswith("user:")
        }
        if not claims:
            return
        async with self._db.read() as tx:
            lost = claims - set(await self._guard(tx, list(claims)))
        for link in list(self._links.values()):
            for room in list(link.peer.rooms):
                if (link.peer.user_id, room) in lost:
                    metrics.EXPELLED.labels("room").inc()
                    await self.leave(link.peer, room)


async def _guarded(work: Callable[[], Awaitable[Any]]) -> None:
    """Run something whose failure must not end what calls it again and again."""
    try:
        await work()
    except Exception:  # the edge of a loop that serves everybody
        log.exception("realtime work failed")
