"""The way of text through PostgreSQL: for web processes that no Redis reaches.

Deltas travel as the payloads of NOTIFY: a few messages a tick from each process, however many
tokens there are, and only of rooms that some other process has asked for within the last seconds.
So a process that has all its readers sends nothing, and neither does one whose readers hear it over
Redis. Nothing depends on it: what does not fit into a notification, and what is lost while the
database is away, shows as a gap, and checkpoints fill it (`tail`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import structlog

from mojodex.kit.ids import new_token
from mojodex.platform.db import Database
from mojodex.platform.realtime import metrics, wire
from mojodex.platform.realtime.bus import ANSWER_SECONDS, Bus, LocalBus, StreamItem, StreamSnapshot

log = structlog.stdlib.get_logger(__name__)

#: NOTIFY channels: what is published, and questions for rooms.
ITEMS_CHANNEL = "md_stream_items"
ROOMS_CHANNEL = "md_stream_rooms"
#: Between two transactions of a process. The first item of a quiet process goes at once.
TICK_SECONDS = 0.1
#: A notification holds 7,999 bytes.
MAX_PAYLOAD_BYTES = 7_900
#: Items waiting for a tick, above which all are dropped: then the database takes nothing in.
MAX_WAITING = 5_000
#: How often a web process says which rooms it still has, and how long that is believed.
RENEW_SECONDS = 5.0
INTEREST_SECONDS = 15.0
#: Rooms of which the interest of others is remembered before expired ones are forgotten.
MAX_INTERESTS = 1_000
#: Pauses between attempts to connect.
BACK_OFF_SECONDS = (0.1, 0.5, 1.0, 2.0)
#: How long the database may take to answer; then another connection is tried.
SEND_SECONDS = 5.0
#: The end of a stream waits so long at most for the tick that carries it.
FLUSH_SECONDS = 0.1

_SEND = """
SELECT pg_notify(channel, payload)
FROM unnest(%s::text[], %s::text[]) AS notice (channel, payload)
"""


class NotifyBus:
    """Both sides of the bus for one process, around another bus which is quicker where it reaches.

    An item may come both ways; its number tells.
    """

    def __init__(self, db: Database, inner: Bus | None = None) -> None:
        self._db = db
        self._inner: Bus = inner or LocalBus()
        self._origin = new_token()[:12]
        self._receivers: list[Callable[[StreamItem], None]] = []
        self._publishers: list[Callable[[str], Iterable[StreamSnapshot]]] = []
        self._resets: list[Callable[[], None]] = []
        self._interest: dict[str, float] = {}
        self._renewed_at = -RENEW_SECONDS
        self._items: list[StreamItem] = []
        self._asked: dict[str, None] = {}
        self._renewed: dict[str, None] = {}
        self._due = asyncio.Event()
        self._hurry = asyncio.Event()
        self._sent = asyncio.Event()
        self._is_carrying = False
        self._greets = False

    @property
    def is_live(self) -> bool:
        return self._inner.is_live

    @property
    def answer_seconds(self) -> float:
        return ANSWER_SECONDS if self._is_carrying else self._inner.answer_seconds

    def publish(self, item: StreamItem) -> None:
        self._inner.publish(item)
        if item.room in self._interest and self._interest[item.room] > time.monotonic():
            self._send(item)

    def answer_with(self, snapshots: Callable[[str], Iterable[StreamSnapshot]]) -> None:
        self._inner.answer_with(snapshots)
        self._publishers.append(snapshots)

    def subscribe(self, receive: Callable[[StreamItem], None]) -> None:
        self._inner.subscribe(receive)
        self._receivers.append(receive)

    def ask(self, room: str) -> None:
        self._inner.ask(room)
        if self._is_carrying and not self._inner.is_live:
            self._asked[room] = None
            self._due.set()

    def renew(self, rooms: Collection[str]) -> None:
        self._inner.renew(rooms)
        now = time.monotonic()
        if self._is_carrying and rooms and now >= self._renewed_at + RENEW_SECONDS:
            self._renewed_at = now
            self._renewed.update(dict.fromkeys(rooms))
            self._due.set()

    def on_reset(self, tell: Callable[[], None]) -> None:
        self._inner.on_reset(tell)
        self._resets.append(tell)

    async def flush(self) -> None:
        await asyncio.gather(self._inner.flush(), self._flush())

    async def _flush(self) -> None:
        if not self._items:
            return
        self._hurry.set()
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._sent.wait()
        except TimeoutError:
            return

    @asynccontextmanager
    async def carrying(self) -> AsyncIterator[None]:
        """Items travel while the block runs, as long as the database is there."""
        await self._db.listen(ROOMS_CHANNEL, self._hear_rooms)
        if self._receivers:
            await self._db.listen(ITEMS_CHANNEL, self._hear_items)
        self._is_carrying = True
        # Who takes an answer over as it starts has not heard who reads it.
        self._greets = True
        self._due.set()
        writer = asyncio.create_task(self._keep_writing(), name="notify-writer")
        try:
            async with self._inner.carrying():
                yield
        finally:
            await self._flush()
            self._is_carrying = False
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    # Out

    def _send(self, item: StreamItem) -> None:
        if not self._is_carrying:
            return
        if len(self._items) >= MAX_WAITING:
            metrics.BUS_DROPPED.inc(len(self._items))
            self._items.clear()
        self._items.append(item)
        self._sent.clear()
        self._due.set()

    async def _keep_writing(self) -> None:
        failures = 0
        while True:
            try:
                await self._due.wait()
                async with await self._db.connect() as connection:
                    # A notification is no fact: nobody waits for a disk.
                    await connection.execute("SET synchronous_commit TO off")
                    while True:
                        await self._due.wait()
                        await self._write_tick(connection)
                        failures = 0
                        await self._pause()
            except (psycopg.Error, OSError) as error:
                log.warning("text could not be sent by the database", error=str(error))
                await asyncio.sleep(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
                failures += 1

    async def _write_tick(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Send what waits, in one transaction. After a failure it waits for the next connection."""
        self._due.clear()
        items, self._items = self._items, []
        asked, self._asked = self._asked, {}
        renewed, self._renewed = self._renewed, {}
        notices = [
            *([(ROOMS_CHANNEL, wire.encode_greeting(self._origin))] if self._greets else []),
            *((ITEMS_CHANNEL, one) for one in self._encode_items(items)),
            *((ROOMS_CHANNEL, one) for one in self._encode_rooms(asked, wants_answer=True)),
            *((ROOMS_CHANNEL, one) for one in self._encode_rooms(renewed, wants_answer=False)),
        ]
        try:
            if notices:
                columns = [list(column) for column in zip(*notices, strict=True)]
                async with asyncio.timeout(SEND_SECONDS):
                    await connection.execute(_SEND, columns)
        except (psycopg.Error, OSError):
            self._items[:0] = items
            self._asked, self._renewed = {**asked, **self._asked}, {**renewed, **self._renewed}
            self._due.set()
            raise
        self._greets = False
        if not self._items:
            self._sent.set()

    async def _pause(self) -> None:
        """Until the next tick, or until a stream ends."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(TICK_SECONDS):
                await self._hurry.wait()
        except TimeoutError:
            return

    def _encode_items(self, items: list[StreamItem]) -> Iterable[str]:
        return wire.encode_notices(self._origin, items, max_bytes=MAX_PAYLOAD_BYTES)

    def _encode_rooms(self, rooms: Iterable[str], *, wants_answer: bool) -> Iterable[str]:
        return wire.encode_interest(
            self._origin, list(rooms), wants_answer=wants_answer, max_bytes=MAX_PAYLOAD_BYTES
        )

    # In

    def _hear_items(self, payload: str) -> None:
        """Nothing, or what another process published."""
        if not payload:
            self._reset()
            return
        try:
            origin, items = wire.decode_batch(payload.encode())
        except wire.BatchMalformed as error:
            log.warning("a notification was not understood", error=str(error))
            return
        if origin != self._origin:
            for item in items:
                self._deliver(item)

    def _deliver(self, item: StreamItem) -> None:
        for receive in self._receivers:
            try:
                receive(item)
            except Exception:  # the edge: one who fails must not keep the others from hearing
                log.exception("a subscriber to streams failed", room=item.room)

    def _hear_rooms(self, payload: str) -> None:
        if not payload:
            return
        try:
            origin, rooms, wants_answer = wire.decode_interest(payload.encode())
        except wire.BatchMalformed as error:
            log.warning("a notification was not understood", error=str(error))
            return
        if origin == self._origin:
            return
        if not rooms and wants_answer and not self._inner.is_live:
            self._reset()
        self._note_interest(rooms)
        if wants_answer:
            for room in rooms:
                for snapshots in self._publishers:
                    for snapshot in snapshots(room):
                        self._send(snapshot)

    def _note_interest(self, rooms: Iterable[str]) -> None:
        now = time.monotonic()
        if len(self._interest) > MAX_INTERESTS:
            self._interest = {room: at for room, at in self._interest.items() if at > now}
        self._interest.update(dict.fromkeys(rooms, now + INTEREST_SECONDS))

    def _reset(self) -> None:
        self._renewed_at = -RENEW_SECONDS
        for tell in self._resets:
            tell()
