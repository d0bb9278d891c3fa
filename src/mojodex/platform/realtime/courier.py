"""Telling saved facts to sockets, until somebody has them."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from mojodex.platform.db import Database
from mojodex.platform.realtime import deliveries, metrics
from mojodex.platform.realtime.deliveries import Delivery, decode_delivery
from mojodex.platform.realtime.faces import Emission, SocketFace
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.link import Link

log = structlog.stdlib.get_logger(__name__)

#: Deliveries of one room are told one after another; of so many rooms at a time.
LANES = 4
#: A number may be committed this long after higher ones were seen (transactions are short).
LATE_COMMIT_SECONDS = 15.0
#: How often telling one delivery may fail (a face has a bug, the database is away).
MAX_FAILURES = 5


@dataclass(eq=False)
class _Waiting:
    """A delivery that sockets here have been sent and not acknowledged, and when they were."""

    delivery: Delivery
    n_sent: int
    sent: dict[Link, float] = field(default_factory=dict)


class Courier:
    """The finals of one web process.

    A delivery is rung by NOTIFY, or found by the poll. It goes to every socket in its room. Where
    the fact and the face want it, the socket must acknowledge; it is sent again to sockets that do
    not, until one socket of the person has acknowledged (the row says so) or the face's policy is
    exhausted. What nobody acknowledged is told to each socket that joins the room.
    """

    def __init__(self, db: Database, fanout: Fanout) -> None:
        self._db = db
        self._fanout = fanout
        self._lanes = [asyncio.Lock() for _ in range(LANES)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, _Waiting] = {}
        self._uncounted: set[int] = set()
        self._seen: set[int] = set()
        self._failures: dict[int, int] = {}
        self._floor: int | None = None
        self._heights: deque[tuple[float, int]] = deque()
        self._missed = asyncio.Event()

    async def listen(self) -> None:
        """Hear of deliveries from now on."""
        await self._db.listen(deliveries.CHANNEL, self._hear)

    @property
    def is_watching(self) -> bool:
        """Whether what commits from now on is told: after `listen` and a first poll."""
        return self._floor is not None

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for_poll(self, seconds: float) -> None:
        """Returns after `seconds`, or at once when notifications may have been lost."""
        try:
            async with asyncio.timeout(seconds):
                await self._missed.wait()
        except TimeoutError:
            return

    async def poll(self) -> None:
        """Find deliveries whose notification was lost."""
        self._missed.clear()
        now = asyncio.get_running_loop().time()
        async with self._db.begin() as tx:
            height = await deliveries.latest_delivery_id(tx)
            if self._floor is None:
                self._floor = height
            missed = await deliveries.list_missed(tx, above=self._floor, known=self._seen)
        self._heights.append((now, height))
        while self._heights[0][0] < now - LATE_COMMIT_SECONDS:
            self._floor = max(self._floor, self._heights.popleft()[1])
        for delivery in missed:
            self._take(delivery)
        self._seen = {one for one in self._seen if one > self._floor}
        self._failures = {key: n for key, n in self._failures.items() if key > self._floor}

    def _hear(self, payload: str) -> None:
        if not payload:
            self._missed.set()
        else:
            self._take(decode_delivery(payload))

    def _take(self, delivery: Delivery) -> None:
        """Tell a delivery once, in its room's lane."""
        if delivery.delivery_id in self._seen:
            return
        self._seen.add(delivery.delivery_id)
        if self._fanout.links(delivery.room):
            heard_at = asyncio.get_running_loop().time()
            task = asyncio.create_task(self._tell(delivery, heard_at))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _lane(self, room: str) -> asyncio.Lock:
        """What is told to one room waits for its turn; a lock is granted in the order of asking,
        and tasks ask in the order in which they were made."""
        return self._lanes[hash(room) % LANES]

    async def _tell(self, delivery: Delivery, heard_at: float) -> None:
        async with self._lane(delivery.room):
            try:
                for face in _by_face(self._fanout.links(delivery.room)):
                    emissions = await face.encode(delivery)
                    here = self._listeners(delivery, face, heard_at)
                    self._send(delivery, emissions, here)
            except Exception:  # the edge: whatever a face does wrong, the next one must go out
                log.exception("a delivery failed", kind=delivery.kind, ids=dict(delivery.ids))
                self._retry(delivery)

    def _listeners(self, delivery: Delivery, face: SocketFace, heard_at: float) -> list[Link]:
        """Those of a face in the room to whom this may be news.

        The person may have read by other means what was told late; who entered after that has read
        it, and some clients would show it twice.
        """
        return [
            link
            for link in self._fanout.links(delivery.room)
            if link.face is face and not link.has_no_need_of(delivery, heard_at=heard_at)
        ]

    def _retry(self, delivery: Delivery) -> None:
        """Forget that it was seen, so that the next poll finds it again."""
        failures = self._failures.get(delivery.delivery_id, 0) + 1
        self._failures[delivery.delivery_id] = failures
        if failures < MAX_FAILURES:
            self._seen.discard(delivery.delivery_id)

    def _send(
        self,
        delivery: Delivery,
        emissions: Sequence[Emission],
        links: Sequence[Link],
        *,
        since: float = 0.0,
        round_name: str = "first",
    ) -> None:
        """Send the events of a delivery to sockets, except those that were sent it `since`."""
        now = asyncio.get_running_loop().time()
        waiting = self._waiting.get(delivery.delivery_id)
        for link in links:
            sent_at = waiting.sent.get(link) if waiting is not None else None
            if link.is_gone or (sent_at is not None and sent_at >= since):
                continue
            if self._send_to(link, delivery, emissions):
                waiting = self._note(delivery, link, now)
            metrics.FINALS.labels(round_name).inc()

    @staticmethod
    def _send_to(link: Link, delivery: Delivery, emissions: Sequence[Emission]) -> bool:
        """Send the events of a delivery. Returns whether the socket now owes an acknowledgement."""
        owes = False
        for emission in emissions:
            wants = emission.needs_ack and delivery.needs_ack
            sent = link.send(emission, delivery_id=delivery.delivery_id if wants else None)
            owes = owes or (wants and sent)
        return owes

    def _note(self, delivery: Delivery, link: Link, now: float) -> _Waiting:
        key = delivery.delivery_id
        waiting = self._waiting.setdefault(key, _Waiting(delivery, delivery.n_sent))
        waiting.sent[link] = now
        if key not in self._uncounted:
            self._uncounted.add(key)
            waiting.n_sent += 1
        return waiting

    async def replay(self, link: Link, room: str) -> None:
        """Tell a socket that joined what its person has not acknowledged in this room."""
        joined_at = asyncio.get_running_loop().time()
        link.joined_at[room] = self._db.clock.now()
        async with self._lane(room):
            await self._replay(link, room, joined_at)

    async def _replay(self, link: Link, room: str, joined_at: float) -> None:
        async with self._db.begin() as tx:
            waiting = await deliveries.list_waiting(tx, room=room, user_id=link.peer.user_id)
        for delivery in waiting:
            try:
                emissions = await link.face.encode(delivery)
            except Exception:  # the edge: one fact that cannot be told must not hide the others
                log.exception(
                    "a delivery failed", kind=delivery.kind, delivery_id=delivery.delivery_id
                )
                continue
            self._send(delivery, emissions, [link], since=joined_at, round_name="replayed")

    async def send_again(self) -> None:
        """Send what was not acknowledged in time, unless the row says that it was delivered."""
        now = asyncio.get_running_loop().time()
        due = {key: links for key, one in self._waiting.items() if (links := _due(one, now))}
        if due:
            async with self._db.begin() as tx:
                still = await deliveries.keep_waiting(tx, delivery_ids=due)
            for key, links in due.items():
                await self._send_again(key, links, is_waiting=key in still)
        await self._count()

    async def _send_again(self, key: int, links: list[Link], *, is_waiting: bool) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        for face, owing in _by_face(links).items():
            if not is_waiting or waiting.n_sent >= face.resend_policy.times:
                self._release(waiting, owing)
                continue
            now = asyncio.get_running_loop().time()
            try:
                emissions = await face.encode(waiting.delivery)
            except Exception:  # the edge: as in `_tell`; the next round tries again
                log.exception("a delivery failed", kind=waiting.delivery.kind, delivery=key)
                waiting.sent.update(dict.fromkeys(owing, now))
                continue
            here = [link for link in owing if link in waiting.sent]
            self._send(waiting.delivery, emissions, here, since=now, round_name="again")

    def _release(self, waiting: _Waiting, links: Sequence[Link]) -> None:
        """These sockets are not asked for an acknowledgement any more."""
        for link in links:
            waiting.sent.pop(link, None)
        if not waiting.sent:
            self._waiting.pop(waiting.delivery.delivery_id, None)

    async def _count(self) -> None:
        counted, self._uncounted = self._uncounted, set()
        if counted:
            async with self._db.begin() as tx:
                await deliveries.count_sent(tx, delivery_ids=counted)

    async def take_ack(self, link: Link, ack_id: int, data: Sequence[object]) -> None:
        """An acknowledgement came. An empty or a foreign one clears nothing."""
        key = link.settle(ack_id)
        waiting = self._waiting.get(key) if key is not None else None
        if waiting is None:
            return
        delivery = waiting.delivery
        is_own = link.peer.user_id == delivery.user_id
        if not is_own or not link.face.accepts_ack(delivery, data[0] if data else None):
            metrics.ACKS.labels("refused").inc()
            return
        async with self._db.begin() as tx:
            if await deliveries.acknowledge(tx, delivery_id=delivery.delivery_id):
                await link.face.acknowledged(tx, link.peer, delivery)
        metrics.ACKS.labels("accepted").inc()
        self._waiting.pop(delivery.delivery_id, None)

    def forget(self, link: Link, room: str | None = None) -> None:
        """The socket is gone, or has left a room."""
        for waiting in list(self._waiting.values()):
            if link in waiting.sent and room in (None, waiting.delivery.room):
                self._release(waiting, [link])


def _by_face(links: Iterable[Link]) -> dict[SocketFace, list[Link]]:
    grouped: dict[SocketFace, list[Link]] = {}
    for link in links:
        grouped.setdefault(link.face, []).append(link)
    return grouped


def _due(waiting: _Waiting, now: float) -> list[Link]:
    return [
        link
        for link, sent_at in waiting.sent.items()
        if now - sent_at >= link.face.resend_policy.every.total_seconds()
    ]
