"""The bus between processes: Redis or Valkey carries what is published here to every web process.

Everything a process publishes goes out in one ordered message a tick, after one another on one
connection, so the order of each stream is kept. Nothing is stored: while Redis is away items are
dropped, the numbers show the gap, and the web side's checkpoints fill in (`tail`). Who comes back
says hello, whereupon the web processes ask for their rooms again.

The client library is loaded when the bus begins to carry: who has no Redis needs none of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from mojodex.kit.ids import new_token
from mojodex.platform.realtime import metrics, wire
from mojodex.platform.realtime.bus import ANSWER_SECONDS as ROOM_ANSWER_SECONDS
from mojodex.platform.realtime.bus import LocalBus, StreamItem, StreamSnapshot

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.stdlib.get_logger(__name__)

#: Between two messages of a process. The first item of a quiet process goes at once.
TICK_SECONDS = 0.005
#: Items waiting for a tick, above which all are dropped: then Redis takes nothing in.
MAX_WAITING = 20_000
#: Pauses between attempts to connect.
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0)
#: How long Redis may take to answer; a listener that is told nothing asks every second.
ANSWER_SECONDS = 2.0
PROBE_SECONDS = 1.0
#: The end of a stream waits so long at most for the tick that carries it.
FLUSH_SECONDS = 0.1


class RedisBus:
    """Both sides of the bus for one process; what is published here is heard here without Redis."""

    def __init__(self, url: str, *, prefix: str = "mojodex") -> None:
        """`prefix` of the channels: installations that share a Redis should differ in it."""
        self._url = url
        self._items_channel = f"{prefix}:streams"
        self._rooms_channel = f"{prefix}:rooms"
        self._origin = new_token()[:12]
        self._local = LocalBus()
        self._publishers: list[Callable[[str], Iterable[StreamSnapshot]]] = []
        self._resets: list[Callable[[], None]] = []
        self._items: list[StreamItem] = []
        self._rooms: dict[str, None] = {}
        self._due = asyncio.Event()
        self._next_sent = asyncio.Event()
        self._last_sent = self._next_sent
        self._last_sent.set()
        self._can_write = False
        self._can_hear = False
        self._was_live: bool | None = None

    @property
    def is_live(self) -> bool:
        return self._can_write and self._can_hear

    @property
    def answer_seconds(self) -> float:
        return ROOM_ANSWER_SECONDS if self.is_live else 0.0

    def publish(self, item: StreamItem) -> None:
        self._local.publish(item)
        self._send(item)

    def answer_with(self, snapshots: Callable[[str], Iterable[StreamSnapshot]]) -> None:
        self._local.answer_with(snapshots)
        self._publishers.append(snapshots)

    def subscribe(self, receive: Callable[[StreamItem], None]) -> None:
        self._local.subscribe(receive)

    def ask(self, room: str) -> None:
        self._local.ask(room)
        if self._can_write:
            self._rooms[room] = None
            self._due.set()

    def renew(self, rooms: Collection[str]) -> None:
        """Whoever publishes tells everybody, asked or not."""

    def on_reset(self, tell: Callable[[], None]) -> None:
        self._resets.append(tell)

    async def flush(self) -> None:
        sent = self._next_sent if self._items else self._last_sent
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await sent.wait()
        except TimeoutError:
            return

    @asynccontextmanager
    async def carrying(self) -> AsyncIterator[None]:
        """Items travel while the block runs, as long as Redis is there."""
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        # Answers are waited for here; the client's own retries would hide that it was away.
        client: Redis = Redis.from_url(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        )
        tasks = [
            asyncio.create_task(self._keep(client, self._write), name="bus-writer"),
            asyncio.create_task(self._keep(client, self._listen), name="bus-listener"),
        ]
        try:
            yield
        finally:
            await self.flush()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await client.aclose()

    async def _keep(self, client: Redis, work: Callable[[Redis], Any]) -> None:
        """Do `work` for ever, again after each failure."""
        from redis.exceptions import RedisError

        failures = 0
        while True:
            began = time.monotonic()
            try:
                await work(client)
            except (RedisError, OSError, TimeoutError) as error:
                self._tell(error)
            except Exception as error:  # the edge of a loop that serves everybody
                log.exception("the bus failed")
                self._tell(error)
            failures = 0 if time.monotonic() - began > BACK_OFF_SECONDS[-1] else failures + 1
            await asyncio.sleep(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1])

    # Out

    def _send(self, item: StreamItem) -> None:
        if not self._can_write:
            return
        if len(self._items) >= MAX_WAITING:
            metrics.BUS_DROPPED.inc(len(self._items))
            self._items.clear()
        self._items.append(item)
        self._due.set()

    async def _write(self, client: Redis) -> None:
        try:
            await client.publish(self._items_channel, wire.encode_hello(self._origin))
            self._can_write = True
            self._tell(None)
            while True:
                await self._due.wait()
                await self._write_tick(client)
                await asyncio.sleep(TICK_SECONDS)
        finally:
            self._can_write = False
            self._items.clear()
            self._rooms.clear()
            self._last_sent.set()
            self._next_sent.set()

    async def _write_tick(self, client: Redis) -> None:
        """Publish what waits. On failure it is lost, which its readers notice."""
        self._due.clear()
        items, self._items = self._items, []
        rooms, self._rooms = self._rooms, {}
        self._last_sent, self._next_sent = self._next_sent, asyncio.Event()
        for batch in wire.encode_batches(self._origin, items):
            await client.publish(self._items_channel, batch)
        if rooms:
            question = wire.encode_question(self._origin, list(rooms))
            await client.publish(self._rooms_channel, question)
        self._last_sent.set()

    # In

    async def _listen(self, client: Redis) -> None:
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(self._items_channel, self._rooms_channel)
                heard_at = time.monotonic()
                while True:
                    message = await pubsub.get_message(timeout=PROBE_SECONDS)
                    if message is not None:
                        heard_at = time.monotonic()
                        self._hear(message)
                    elif time.monotonic() - heard_at > PROBE_SECONDS + ANSWER_SECONDS:
                        raise TimeoutError("nothing is heard")
                    else:
                        await pubsub.ping()
        finally:
            self._can_hear = False

    def _hear(self, message: dict[str, Any]) -> None:
        channel = message["channel"]
        if message["type"] == "subscribe" and channel == self._rooms_channel.encode():
            self._can_hear = True
            self._tell(None)
        if message["type"] != "message":
            return
        try:
            if channel == self._items_channel.encode():
                self._hear_items(message["data"])
            else:
                self._hear_question(message["data"])
        except wire.BatchMalformed as error:
            log.warning("a message of the bus was not understood", error=str(error))

    def _hear_items(self, data: bytes) -> None:
        origin, items = wire.decode_batch(data)
        if origin == self._origin:
            return
        for item in items:
            self._local.publish(item)
        if not items:
            self._reset()

    def _hear_question(self, data: bytes) -> None:
        origin, rooms = wire.decode_question(data)
        if origin == self._origin:
            return
        for room in rooms:
            for snapshots in self._publishers:
                for snapshot in snapshots(room):
                    self._send(snapshot)

    # State

    def _tell(self, error: BaseException | None) -> None:
        """One line for each change, and news for those who must ask again."""
        if self.is_live == self._was_live or (error is None and not self.is_live):
            return
        self._was_live = self.is_live
        if self.is_live:
            log.info("text travels over Redis")
        else:
            log.warning("Redis is away, text comes by way of the database", error=str(error))
        self._reset()

    def _reset(self) -> None:
        for tell in self._resets:
            tell()
