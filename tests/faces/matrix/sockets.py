"""The socket half of the matrix: every event of a face, with real clients."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import socketio
from socketio.exceptions import ConnectionError as Refused
from sqlalchemy import text
from starlette.applications import Starlette

from mojodex.domains.identity import live_logins
from mojodex.platform.db import Database
from mojodex.platform.realtime import ServerTiming, SocketFace, SocketServer, Streams, user_room
from tests.faces.matrix.cells import fingerprint
from tests.faces.matrix.table import Who
from tests.faces.matrix.world import Person, World
from tests.harness.listening import wait_until
from tests.harness.serving import serve_asgi

#: How long a client listens for what it must not hear.
QUIET_SECONDS = 0.15


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event that clients send. `payload(world, person)` holds the ids of `person`.

    `joins`: the session's room that the owner is in afterwards.
    """

    event: str
    payload: Callable[[World, Person], object]
    joins: Callable[[Person], str] | None = None
    wants_ack: bool = True


@dataclass(frozen=True, kw_only=True)
class SocketUnderTest:
    """What the matrix needs to know of a face's socket. `auth(token)` is the CONNECT payload."""

    name: str
    namespace: str
    build: Callable[[Database], SocketFace]
    auth: Callable[[str], object]
    rows: Sequence[EventRow]


@dataclass(frozen=True, kw_only=True)
class SocketCell:
    """One test: an event and a column."""

    row: EventRow
    who: Who

    def __str__(self) -> str:
        return f"{self.row.event}:{self.who}"


COLUMNS = (Who.OWNER, Who.ANONYMOUS, Who.OTHER, Who.REMOVED, Who.REVOKED)


def socket_cells(face: SocketUnderTest) -> list[SocketCell]:
    """The whole socket matrix of a face."""
    return [SocketCell(row=row, who=who) for row in face.rows for who in COLUMNS]


def missing_events(face: SocketUnderTest, db: Database) -> list[str]:
    """Events without a row, and rows without an event; both fail the build."""
    events, rows = set(face.build(db).handlers), {row.event for row in face.rows}
    lost = [f"no row for the event {event}" for event in sorted(events - rows)]
    return lost + [f"no event for the row {event}" for event in sorted(rows - events)]


class Client:
    """A socket that hears everything."""

    def __init__(self, face: SocketUnderTest) -> None:
        self._face = face
        self.heard: list[tuple[str, object]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._hear, namespace=face.namespace)

    async def _hear(self, event: str, payload: object = None, *_: object) -> None:
        self.heard.append((event, payload))

    async def connect(self, url: str, token: str | None) -> None:
        await self.socket.connect(
            url,
            auth=None if token is None else self._face.auth(token),
            transports=["websocket"],
            namespaces=[self._face.namespace],
            wait_timeout=5,
        )

    async def send(self, row: EventRow, payload: object) -> object:
        if row.wants_ack:
            return await self.socket.call(
                row.event, payload, namespace=self._face.namespace, timeout=5
            )
        await self.socket.emit(row.event, payload, namespace=self._face.namespace)
        return None


@dataclass(frozen=True)
class Stage:
    """A server of sockets over the world, with one face."""

    url: str
    server: SocketServer


@asynccontextmanager
async def open_stage(face: SocketUnderTest, db: Database) -> AsyncIterator[Stage]:
    streams = db.use(Streams)

    async def recheck(login_ids: Sequence[UUID]) -> set[UUID]:
        async with db.begin() as tx:
            return await live_logins(tx, login_ids=login_ids)

    server = SocketServer(db, streams, recheck=recheck, timing=ServerTiming(recheck=0.2))
    server.add_face(face.build(db))
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    try:
        async with serve_asgi(server.asgi(Starlette())) as url:
            yield Stage(url, server)
    finally:
        stop.set()
        await running


async def check_socket_cell(
    face: SocketUnderTest, cell: SocketCell, world: World, db: Database
) -> None:
    """Strangers do not connect; another person hears, enters and changes nothing of the owner's."""
    callers: Mapping[Who, Person | None] = {
        Who.OWNER: world.owner,
        Who.OTHER: world.other,
        Who.ANONYMOUS: None,
        Who.REMOVED: world.removed,
        Who.REVOKED: world.revoked,
    }
    caller = callers[cell.who]
    async with open_stage(face, db) as stage:
        client = Client(face)
        if cell.who in (Who.OWNER, Who.OTHER):
            await client.connect(stage.url, None if caller is None else caller.token)
            await _check_event(cell, world, db, stage, client)
        else:
            try:
                await client.connect(stage.url, None if caller is None else caller.token)
            except Refused:
                pass
            else:
                raise AssertionError("a stranger was let in")
        await client.socket.disconnect()


async def _check_event(
    cell: SocketCell, world: World, db: Database, stage: Stage, client: Client
) -> None:
    before = await fingerprint(db)
    answer = await client.send(cell.row, cell.row.payload(world, world.owner))
    [peer] = stage.server.peers()
    if cell.who is Who.OWNER:
        if cell.row.joins is not None:
            room = cell.row.joins(world.owner)
            await wait_until(lambda: room in peer.rooms, 5)
        return
    await asyncio.sleep(QUIET_SECONDS)
    assert peer.rooms <= {user_room(world.other.user_id)}
    said = orjson.dumps([answer, client.heard], default=str).decode()
    leaked = [mark for mark in world.owner.marks if mark in said]
    assert leaked == [], f"disclosed: {leaked}"
    assert await fingerprint(db) == before, "a refused event changed something"


async def check_live_removal(face: SocketUnderTest, world: World, db: Database) -> None:
    """The socket of an account that is removed is closed (the house promises 5 s)."""
    async with open_stage(face, db) as stage:
        client = Client(face)
        await client.connect(stage.url, world.owner.token)
        async with db.begin() as tx:
            await tx.execute(
                text("UPDATE md_user SET deleted_at = now() WHERE user_id = :user_id"),
                {"user_id": world.owner.user_id},
            )
        await wait_until(lambda: not client.socket.connected, 5)
        assert stage.server.peers() == []


def payload_of(**ids: Callable[[Person], Any]) -> Callable[[World, Person], object]:
    """A payload whose values are read from the person."""
    return lambda _world, person: {name: str(read(person)) for name, read in ids.items()}
