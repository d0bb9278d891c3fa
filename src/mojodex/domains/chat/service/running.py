"""Whoever runs a turn learns here that somebody stopped it or took it over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from mojodex.domains.chat.service.turns import SIGNAL_CHANNEL
from mojodex.domains.chat.store import turns
from mojodex.domains.chat.views import Turn, TurnSignal
from mojodex.kit.ids import decode_uuid
from mojodex.platform.db import Database, DatabaseUnavailable

log = structlog.stdlib.get_logger(__name__)

#: Turns are looked at this often, in one query for all, in case a bell was lost.
POLL = timedelta(milliseconds=500)


class Interruption(StrEnum):
    """Why to leave off. `stop`: a person asked. `lost`: the turn is no longer this worker's."""

    STOP = "stop"
    LOST = "lost"


class Watch:
    """What came in between while a turn runs. Set once."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.interruption: asyncio.Future[Interruption] = asyncio.get_running_loop().create_future()

    def interrupt(self, interruption: Interruption) -> None:
        if not self.interruption.done():
            self.interruption.set_result(interruption)

    def heed(self, signal: TurnSignal | None) -> None:
        """Compare with what the row says; None when the row is gone."""
        if signal is None or not signal.is_running or signal.attempt != self.turn.attempt:
            self.interrupt(Interruption.LOST)
        elif signal.is_stop_requested:
            self.interrupt(Interruption.STOP)


class RunningTurns:
    """The turns that run in this process. Provided by the composition root, one per process."""

    def __init__(self, db: Database, *, poll: timedelta = POLL) -> None:
        self._db = db
        self._poll = poll
        self._watches: dict[UUID, Watch] = {}
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_listening = False

    @asynccontextmanager
    async def watch(self, turn: Turn) -> AsyncIterator[Watch]:
        """Watch one turn while the block runs."""
        watch = Watch(turn)
        before = self._watches.get(turn.turn_id)
        if before is not None:
            before.interrupt(Interruption.LOST)
        self._watches[turn.turn_id] = watch
        if self._task is None or self._task.done():
            # The last turn to end may have rung it when nobody heard it any more.
            self._bell.clear()
            self._task = asyncio.create_task(self._look(), name="running-turns")
        try:
            yield watch
        finally:
            if self._watches.get(turn.turn_id) is watch:
                del self._watches[turn.turn_id]
            if not self._watches:
                self._bell.set()

    async def close(self) -> None:
        """Stop looking; the turns themselves go on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _ring(self, payload: str) -> None:
        """A turn's row says something new; an empty payload means that bells may have been lost."""
        if not payload or decode_uuid(payload) in self._watches:
            self._bell.set()

    async def _look(self) -> None:
        """Look at the rows, at each bell and now and then, until no turn runs here."""
        if not self._is_listening:
            self._is_listening = True
            await self._db.listen(SIGNAL_CHANNEL, self._ring)
            # Whoever rang before that was not heard.
            self._bell.set()
        while self._watches:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll.total_seconds()):
                    await self._bell.wait()
            self._bell.clear()
            if self._watches:
                await self._heed()

    async def _heed(self) -> None:
        asked = list(self._watches.values())
        try:
            async with self._db.read() as tx:
                found = await turns.list_signals(tx, turn_ids=[item.turn.turn_id for item in asked])
        except DatabaseUnavailable as error:
            log.warning("running turns cannot be looked at", error=str(error))
            return
        signals = {signal.turn_id: signal for signal in found}
        for watch in asked:
            watch.heed(signals.get(watch.turn.turn_id))
