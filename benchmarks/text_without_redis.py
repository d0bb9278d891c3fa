"""How long text takes from a worker to a server that share a database and no Redis.

    .venv/bin/python -m benchmarks.text_without_redis [--quick]

Starts an embedded PostgreSQL of its own, lets streams grow at the pace of a model and notes when
each word is on its way to a socket in another process's rooms (its own connections; both sides run
in this one process, so that one clock measures): once from checkpoints alone, once with NOTIFY.
Beside them a plain loop: a NOTIFY of its own for each word, and whoever listens.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg

from benchmarks.report import Result, Table, run_alone
from mojodex.apps.migrations import SCRIPTS, load_models
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database
from mojodex.platform.db.embedded import EmbeddedPostgres
from mojodex.platform.db.migrate import migrate
from mojodex.platform.realtime import (
    Bus,
    ConnectionRefused,
    Delivery,
    Delta,
    Emission,
    Growing,
    Handler,
    LocalBus,
    NotifyBus,
    Peer,
    PeerIdentity,
    SocketFace,
    Streams,
    StreamSnapshot,
    session_room,
)
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.link import Link
from mojodex.platform.realtime.notify_bus import ITEMS_CHANNEL
from mojodex.platform.realtime.outbox import Frame
from mojodex.platform.realtime.tail import Tail
from mojodex.platform.realtime.transport import Line


class Face(SocketFace):
    """Deltas and snapshots as they are; nothing else happens here."""

    namespace = "/measured"

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {}

    async def connect(self, auth: object, environ: Mapping[str, object]) -> PeerIdentity:
        raise ConnectionRefused("sockets are not measured here")

    async def encode(self, deliveries: Sequence[Delivery]) -> Mapping[int, Sequence[Emission]]:
        return {}

    def encode_delta(self, delta: Delta, stream: Growing) -> Emission:
        return Emission("delta", [delta.text])

    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emission:
        return Emission("snapshot", list(snapshot.texts.values()))

    def accepts_ack(self, delivery: Delivery, ack: object) -> bool:
        return False

    def encode_error(self, error: AppError) -> object:
        return None


class Reader(Line):
    """A socket's outgoing side. Words are the times at which they were written."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self._latest = 0.0

    @property
    def backlog(self) -> int:
        return 0

    def send(self, frame: Frame) -> None:
        now = time.perf_counter()
        text = str(frame.data)
        _, parts = orjson.loads(text[text.index("[") :])
        for word in "".join(parts).split():
            if float(word) > self._latest:
                self._latest = float(word)
                self.latencies.append(now - self._latest)


@dataclass(frozen=True)
class Load:
    """How many streams, for how long, at how many words a second each."""

    streams: int = 20
    seconds: float = 10
    pace: float = 40


@dataclass
class Measured:
    """What one run showed."""

    latencies: list[float] = field(default_factory=list)
    n_words: int = 0
    notifications_per_second: float = 0.0
    cpu: float = 0.0


async def write(streams: Streams, room: str, *, seconds: float, pace: float) -> int:
    stream = streams.open(stream_id=uuid4(), room=room, attempt=1)
    n_words = round(seconds * pace)
    began = time.perf_counter()
    for number in range(n_words):
        await asyncio.sleep(max(0.0, began + number / pace - time.perf_counter()))
        stream.append("message", f"{time.perf_counter():.6f} ")
    # Whoever reads checkpoints gets the last words a period later.
    await asyncio.sleep(2.5)
    await stream.close()
    return n_words


async def read(tail: Tail) -> None:
    while True:
        await tail.step()


async def observe(url: str, load: Load, *, has_notify: bool) -> Measured:
    notices: list[str] = []
    async with AsyncExitStack() as stack:
        worker_db, web_db = Database(url), Database(url)
        stack.push_async_callback(worker_db.close)
        stack.push_async_callback(web_db.close)
        buses: list[Bus] = [
            NotifyBus(db) if has_notify else LocalBus() for db in (worker_db, web_db)
        ]
        streams = Streams(worker_db, bus=buses[0])
        stack.push_async_callback(streams.close_all)
        fanout = Fanout(buses[1])
        tail = Tail(web_db, fanout, buses[1])
        for bus in buses:
            await stack.enter_async_context(bus.carrying())
        await web_db.listen(ITEMS_CHANNEL, notices.append)
        reading = asyncio.create_task(read(tail))
        stack.callback(reading.cancel)
        rooms = [session_room(uuid4()) for _ in range(load.streams)]
        readers = [Reader() for _ in rooms]
        for number, (room, reader) in enumerate(zip(rooms, readers, strict=True)):
            peer = Peer(
                sid=str(number), namespace=Face.namespace, user_id=UUID(int=1), login_id=None
            )
            fanout.enter(Link(peer, Face(), reader), room)
        await asyncio.sleep(0.5)
        began, cpu = time.perf_counter(), time.process_time()
        n_words = await asyncio.gather(
            *(write(streams, room, seconds=load.seconds, pace=load.pace) for room in rooms)
        )
        elapsed = time.perf_counter() - began
        return Measured(
            latencies=[one for reader in readers for one in reader.latencies],
            n_words=sum(n_words),
            notifications_per_second=len(notices) / load.seconds,
            cpu=(time.process_time() - cpu) / elapsed,
        )


async def observe_plainly(url: str, load: Load) -> Measured:
    """Each stream has a connection and rings for each word; one connection listens to all."""
    found = Measured()
    async with AsyncExitStack() as stack:
        connect = partial(psycopg.AsyncConnection.connect, url, autocommit=True)
        listener, *writers = [
            await stack.enter_async_context(await connect()) for _ in range(load.streams + 1)
        ]
        await listener.execute("LISTEN plain")
        hearing = asyncio.create_task(_hear(listener, found.latencies))
        stack.callback(hearing.cancel)
        began, cpu = time.perf_counter(), time.process_time()
        n_words = await asyncio.gather(*(_ring(writer, load) for writer in writers))
        await asyncio.sleep(0.5)
        elapsed = time.perf_counter() - began
        found.cpu = (time.process_time() - cpu) / elapsed
    found.n_words = sum(n_words)
    found.notifications_per_second = len(found.latencies) / load.seconds
    return found


async def _ring(connection: psycopg.AsyncConnection[Any], load: Load) -> int:
    n_words = round(load.seconds * load.pace)
    began = time.perf_counter()
    for number in range(n_words):
        await asyncio.sleep(max(0.0, began + number / load.pace - time.perf_counter()))
        await connection.execute(f"NOTIFY plain, '{time.perf_counter():.6f}'".encode())
    return n_words


async def _hear(connection: psycopg.AsyncConnection[Any], latencies: list[float]) -> None:
    async for notice in connection.notifies():
        # One by one: whoever cancels this wants those that came.
        _note(float(notice.payload), latencies)


def _note(sent_at: float, latencies: list[float]) -> None:
    latencies.append(time.perf_counter() - sent_at)


async def observe_all(load: Load) -> list[list[str]]:
    """A row for each way."""
    load_models()
    with tempfile.TemporaryDirectory() as directory:
        async with EmbeddedPostgres(Path(directory)) as server:
            await migrate(server.url, SCRIPTS)
            return [
                _row("checkpoints alone", await observe(server.url, load, has_notify=False)),
                _row("with NOTIFY", await observe(server.url, load, has_notify=True)),
                _row("a plain NOTIFY for each word", await observe_plainly(server.url, load)),
            ]


def _row(name: str, found: Measured) -> list[str]:
    cuts = statistics.quantiles(found.latencies, n=20)
    return [
        name,
        f"{1e3 * cuts[9]:.0f}",
        f"{1e3 * cuts[18]:.0f}",
        f"{len(found.latencies)} of {found.n_words}",
        f"{found.notifications_per_second:.1f}",
        f"{100 * found.cpu:.1f} %",
    ]


def measure(*, is_quick: bool) -> Result:
    """One table."""
    load = Load(streams=5, seconds=3) if is_quick else Load()
    table = Table(
        title="Text between processes without Redis",
        note=f"{load.streams} streams of {load.pace:.0f} words a second from a worker to a server "
        "that share a database; *of a processor* is what both sides take in Python.",
        columns=("way", "median ms", "p95 ms", "words seen", "NOTIFY/s", "of a processor"),
        rows=asyncio.run(observe_all(load)),
    )
    return Result(name="text_without_redis", title="Without Redis", tables=[table])


if __name__ == "__main__":
    run_alone(measure)
