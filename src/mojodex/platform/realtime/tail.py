"""The web side's second way to a stream: its checkpoint.

A process without Redis, or whose Redis is away, reads the checkpoints of the rooms it has members
in, one query a second for all of them, and goes on asking for their text by way of the database
(`notify_bus`). With Redis, a checkpoint is read when nobody answered who was asked for a room, and
now and then to see whether anything was lost on the way.
"""

import asyncio
import time
from collections.abc import Collection

import structlog

from mojodex.platform.db import STATEMENT_ERRORS, Database, DatabaseUnavailable, Reading
from mojodex.platform.realtime.bus import Bus, StreamClosed, StreamItem, StreamSnapshot
from mojodex.platform.realtime.checkpoints import list_checkpoints, list_ends
from mojodex.platform.realtime.fanout import Fanout

log = structlog.stdlib.get_logger(__name__)

#: Between two readings of all rooms: when checkpoints are the only way, and when they are a check.
TAIL_SECONDS = 1.0
CHECK_SECONDS = 3.0


class Tail:
    """Asks for rooms, and reads checkpoints where asking is not enough."""

    def __init__(self, db: Database, fanout: Fanout, bus: Bus) -> None:
        self._db = db
        self._fanout = fanout
        self._bus = bus
        self._asked: dict[str, float] = {}
        self._whole_at = 0.0
        self._woken = asyncio.Event()
        fanout.ask = self.ask
        bus.subscribe(self._notice)
        bus.on_reset(self._reset)

    def ask(self, room: str) -> None:
        """Have the streams of a room told again; nothing while an answer is pending."""
        if room in self._asked:
            return
        self._asked[room] = time.monotonic() + self._bus.answer_seconds
        self._bus.ask(room)
        if room in self._asked:
            self._woken.set()

    async def learn(self, tx: Reading, room: str) -> None:
        """Before the first socket enters a room: hear of the streams that have ended there.

        While nobody was in, their end was not for us; a publisher that slept through it as well
        would answer our question for the room as if nothing had happened.
        """
        if not self._fanout.has_members(room):
            for end in await list_ends(tx, room=room):
                self._fanout.receive(end)

    async def step(self) -> None:
        """Wait until something is due and read it; to be called again and again."""
        await self._wait()
        await self._read_due()

    async def _wait(self) -> None:
        due = min([self._whole_at, *self._asked.values()])
        self._woken.clear()
        try:
            async with asyncio.timeout(max(0.0, due - time.monotonic())):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _read_due(self) -> None:
        now = time.monotonic()
        is_whole = now >= self._whole_at
        due = {room for room, deadline in self._asked.items() if deadline <= now}
        for room in due:
            del self._asked[room]
        rooms = self._fanout.rooms() if is_whole else due
        if is_whole:
            self._whole_at = now + TAIL_SECONDS
        is_behind = await self._read(rooms) if rooms else False
        if is_whole and self._bus.is_live and not is_behind:
            self._whole_at = now + CHECK_SECONDS
        elif is_whole:
            self._bus.renew(rooms)

    async def _read(self, rooms: Collection[str]) -> bool:
        """True when a checkpoint knew more than we did: then the bus does not bring everything."""
        began = time.monotonic()
        try:
            async with self._db.read() as tx:
                known = self._fanout.positions(rooms)
                checkpoints = await list_checkpoints(tx, rooms=rooms, known=known)
        except (*STATEMENT_ERRORS, DatabaseUnavailable, OSError) as error:
            log.warning("checkpoints could not be read", error=str(error))
            return True
        running = [one for one in checkpoints if isinstance(one, StreamSnapshot)]
        news = [self._fanout.receive_checkpoint(one) for one in running]
        for one in checkpoints:
            if isinstance(one, StreamClosed):
                self._fanout.receive(one)
        alive = {one.stream_id for one in checkpoints if not isinstance(one, StreamClosed)}
        self._fanout.end_silent(rooms, known=alive, began=began)
        return any(news)

    def _notice(self, item: StreamItem) -> None:
        if isinstance(item, StreamSnapshot):
            self._asked.pop(item.room, None)

    def _reset(self) -> None:
        self._asked.clear()
        self._whole_at = 0.0
        for room in self._fanout.rooms():
            self.ask(room)
        self._woken.set()
