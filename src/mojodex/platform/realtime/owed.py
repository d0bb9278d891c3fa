"""What sockets here were sent and have not acknowledged, and what came back."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from mojodex.platform.db import Database, DatabaseUnavailable
from mojodex.platform.realtime import deliveries, metrics
from mojodex.platform.realtime.deliveries import Delivery
from mojodex.platform.realtime.link import Link

log = structlog.stdlib.get_logger(__name__)

#: Acknowledgements that come within this time are noted in one transaction.
ACK_SECONDS = 0.02
#: How long noting the last ones may take when the process ends.
STOP_SECONDS = 3.0


@dataclass(eq=False)
class Owed:
    """A delivery that sockets here have been sent and not acknowledged, and when they were."""

    delivery: Delivery
    n_sent: int
    sent: dict[Link, float] = field(default_factory=dict)


class Ledger:
    """Every delivery that is owed an acknowledgement, by its number."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owed: dict[int, Owed] = {}
        self._uncounted: set[int] = set()

    def find(self, delivery_id: int) -> Owed | None:
        return self._owed.get(delivery_id)

    def note(self, delivery: Delivery, link: Link, now: float) -> None:
        """A socket was sent a delivery."""
        key = delivery.delivery_id
        owed = self._owed.setdefault(key, Owed(delivery, delivery.n_sent))
        owed.sent[link] = now
        if key not in self._uncounted:
            self._uncounted.add(key)
            owed.n_sent += 1

    def due(self, now: float) -> Mapping[int, Sequence[Link]]:
        """The sockets of each delivery that have not acknowledged it in their face's time."""
        return {key: links for key, one in self._owed.items() if (links := _due(one, now))}

    def release(self, owed: Owed, links: Sequence[Link]) -> None:
        """These sockets are not asked for an acknowledgement any more."""
        for link in links:
            owed.sent.pop(link, None)
        if not owed.sent:
            self.settle(owed.delivery.delivery_id)

    def settle(self, delivery_id: int) -> None:
        """Nobody is asked for it any more."""
        self._owed.pop(delivery_id, None)

    def forget(self, link: Link, room: str | None) -> None:
        """The socket is gone, or has left a room."""
        for owed in list(self._owed.values()):
            if link in owed.sent and room in (None, owed.delivery.room):
                self.release(owed, [link])

    async def count(self) -> None:
        """Note how often each was sent."""
        counted, self._uncounted = self._uncounted, set()
        if counted:
            async with self._db.begin() as tx:
                await deliveries.count_sent(tx, delivery_ids=counted)


def _due(owed: Owed, now: float) -> list[Link]:
    return [
        link
        for link, sent_at in owed.sent.items()
        if now - sent_at >= link.face.resend_policy.every.total_seconds()
    ]


@dataclass(frozen=True)
class _Ack:
    """A valid acknowledgement."""

    link: Link
    delivery: Delivery


class AckDesk:
    """Notes valid acknowledgements, all that came within a moment in one transaction.

    What cannot be noted is asked for again.
    """

    def __init__(self, db: Database, on_noted: Callable[[int], None]) -> None:
        self._db = db
        self._on_noted = on_noted
        self._waiting: list[_Ack] = []
        self._task: asyncio.Task[None] | None = None

    def take(self, link: Link, delivery: Delivery) -> None:
        """A socket has acknowledged a delivery."""
        self._waiting.append(_Ack(link, delivery))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="acknowledgements")

    async def stop(self) -> None:
        """Note what has come, and end."""
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(ACK_SECONDS)
            await self._note_waiting()

    async def _note_waiting(self) -> None:
        acks, self._waiting = self._waiting, []
        if acks and not await self._try(acks) and len(acks) > 1:
            # One that cannot be noted must not keep the others from it.
            for ack in acks:
                await self._try([ack])

    async def _try(self, acks: Sequence[_Ack]) -> bool:
        """False when it is worth trying each alone."""
        try:
            await self._note(acks)
        except (DatabaseUnavailable, OSError) as error:
            log.warning("acknowledgements could not be noted", n=len(acks), error=str(error))
        except Exception:  # the edge: whatever a face does wrong, it is asked for again
            log.exception("acknowledgements could not be noted", n=len(acks))
            return False
        return True

    async def _note(self, acks: Sequence[_Ack]) -> None:
        async with self._db.begin() as tx:
            fresh = await deliveries.acknowledge(tx, delivery_ids=_numbers(acks))
            for ack in acks:
                if ack.delivery.delivery_id in fresh:
                    fresh.discard(ack.delivery.delivery_id)
                    await ack.link.face.acknowledged(tx, ack.link.peer, ack.delivery)
        metrics.ACKS.labels("accepted").inc(len(acks))
        for number in _numbers(acks):
            self._on_noted(number)


def _numbers(acks: Sequence[_Ack]) -> Collection[int]:
    return {ack.delivery.delivery_id for ack in acks}
