"""Telling saved facts to sockets, until somebody has them."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from mojodex.kit.errors import AppError
from mojodex.platform.db import STATEMENT_ERRORS, Database, DatabaseUnavailable
from mojodex.platform.realtime import deliveries, metrics
from mojodex.platform.realtime.deliveries import Delivery, decode_delivery
from mojodex.platform.realtime.faces import Emission, SocketFace
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.link import Link
from mojodex.platform.realtime.owed import AckDesk, Ledger

log = structlog.stdlib.get_logger(__name__)

#: Of what waits, so much is told in one round.
MAX_ROUND = 200
#: A number may be committed this long after higher ones were seen (transactions are short).
LATE_COMMIT_SECONDS = 15.0
#: How often telling one delivery may fail (a face has a bug, the database is away).
MAX_FAILURES = 5


@dataclass(eq=False, frozen=True)
class _Telling:
    """A delivery that was heard of, at a time of the loop."""

    delivery: Delivery
    heard_at: float


@dataclass(eq=False, frozen=True)
class _Replay:
    """A socket has entered a room, at a time of the loop; `done` when it was told what waits."""

    link: Link
    room: str
    joined_at: float
    done: asyncio.Future[None]

    @property
    def asked(self) -> tuple[str, UUID]:
        return self.room, self.link.peer.user_id


@dataclass(eq=False)
class _Encoded:
    """What a face says of some deliveries, by their numbers, and those of which it could not."""

    emissions: dict[int, Sequence[Emission]] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)


class Courier:
    """The finals of one web process.

    A delivery is rung by NOTIFY, or found by the poll. It goes to every socket in its room. Where
    the fact and the face want it, the socket must acknowledge; it is sent again to sockets that do
    not, until one socket of the person has acknowledged (the row says so) or the face's policy is
    exhausted. What nobody acknowledged is told to each socket that joins the room.

    All of this happens in rounds, one after another: what waits when a round begins, in order, with
    one reading for all of it. So under load a reading serves many, and each room's order is kept.
    """

    def __init__(self, db: Database, fanout: Fanout) -> None:
        self._db = db
        self._fanout = fanout
        self._waiting: deque[_Telling | _Replay] = deque()
        self._rounds: asyncio.Task[None] | None = None
        self._ledger = Ledger(db)
        self._desk = AckDesk(db, self._ledger.settle)
        self._seen: set[int] = set()
        #: How often telling has failed, of what the next poll shall find once more, and of what is
        #: being told again.
        self._failures: dict[int, int] = {}
        self._again: set[int] = set()
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
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)
        self._give_back(self._waiting)
        await self._desk.stop()

    async def wait_for_poll(self, seconds: float) -> None:
        """Returns after `seconds`, or at once when notifications may have been lost."""
        try:
            async with asyncio.timeout(seconds):
                await self._missed.wait()
        except TimeoutError:
            return

    async def poll(self) -> None:
        """Find deliveries whose notification was lost, and those that could not be told.

        The latter by their numbers: one may have waited for its round so long that what was
        committed with it is old.
        """
        self._missed.clear()
        now = asyncio.get_running_loop().time()
        again = frozenset(self._again)
        async with self._db.read() as tx:
            height = await deliveries.latest_delivery_id(tx)
            if self._floor is None:
                self._floor = height
            missed = await deliveries.list_missed(
                tx, above=self._floor, known=self._seen, again=again
            )
        self._again -= again
        self._heights.append((now, height))
        while self._heights[0][0] < now - LATE_COMMIT_SECONDS:
            self._floor = max(self._floor, self._heights.popleft()[1])
        for delivery in missed:
            self._take(delivery)
        self._seen = {one for one in self._seen if one > self._floor}

    def _hear(self, payload: str) -> None:
        if not payload:
            self._missed.set()
        else:
            self._take(decode_delivery(payload))

    def _take(self, delivery: Delivery) -> None:
        """Tell a delivery once, in its turn."""
        if delivery.delivery_id in self._seen:
            return
        self._seen.add(delivery.delivery_id)
        if self._fanout.has_members(delivery.room):
            self._enqueue(_Telling(delivery, asyncio.get_running_loop().time()))
        else:
            self._failures.pop(delivery.delivery_id, None)

    async def replay(self, link: Link, room: str) -> None:
        """Tell a socket that joined what its person has not acknowledged in this room."""
        loop = asyncio.get_running_loop()
        link.joined_at[room] = self._db.clock.now()
        replay = _Replay(link, room, loop.time(), loop.create_future())
        self._enqueue(replay)
        await replay.done

    # Rounds

    def _enqueue(self, work: _Telling | _Replay) -> None:
        self._waiting.append(work)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._run(), name="courier")

    async def _run(self) -> None:
        """What one transaction announced is heard in one go, and told in one round."""
        while self._waiting:
            n_works = min(MAX_ROUND, len(self._waiting))
            works = [self._waiting.popleft() for _ in range(n_works)]
            try:
                await self._round(works)
            except asyncio.CancelledError:
                self._give_back(works)
                raise
            except Exception:  # the edge: the next round must come
                log.exception("a round of telling failed")
                self._give_back(works, AppError())

    def _give_back(
        self, works: Iterable[_Telling | _Replay], error: AppError | None = None
    ) -> None:
        """What was not told is found again by the poll, or at the next join; nobody waits here."""
        for work in works:
            if isinstance(work, _Telling):
                self._retry(work.delivery)
            elif not work.done.done() and error is not None:
                work.done.set_exception(error)
            elif not work.done.done():
                work.done.set_result(None)

    async def _round(self, works: Sequence[_Telling | _Replay]) -> None:
        replayed = await self._read_waiting([one for one in works if isinstance(one, _Replay)])
        wanted: dict[SocketFace, dict[int, Delivery]] = {}
        for work in works:
            for face, told in self._wanted_by(work, replayed):
                wanted.setdefault(face, {}).update((one.delivery_id, one) for one in told)
        encoded = {
            face: await self._encode(face, list(all_.values())) for face, all_ in wanted.items()
        }
        for work in works:
            if isinstance(work, _Telling):
                self._tell(work, encoded)
            elif not work.done.done():
                self._tell_joiner(work, replayed.get(work, ()), encoded)

    async def _read_waiting(self, replays: Sequence[_Replay]) -> dict[_Replay, Sequence[Delivery]]:
        """What is to be told to each of those who joined; they hear it when it cannot be read."""
        if not replays:
            return {}
        try:
            async with self._db.read() as tx:
                found = await deliveries.list_waiting(tx, asked={one.asked for one in replays})
        except (DatabaseUnavailable, *STATEMENT_ERRORS, OSError) as error:
            for replay in replays:
                if not replay.done.done():
                    replay.done.set_exception(error)
            return {}
        return {replay: found.get(replay.asked, ()) for replay in replays}

    def _wanted_by(
        self, work: _Telling | _Replay, replayed: Mapping[_Replay, Sequence[Delivery]]
    ) -> Iterable[tuple[SocketFace, Sequence[Delivery]]]:
        if isinstance(work, _Replay):
            return [(work.link.face, replayed.get(work, ()))]
        faces = dict.fromkeys(link.face for link in self._fanout.links(work.delivery.room))
        return [(face, [work.delivery]) for face in faces]

    async def _encode(self, face: SocketFace, told: Sequence[Delivery]) -> _Encoded:
        """What a face says of deliveries; one that it cannot tell must not hide the others."""
        if not told:
            return _Encoded()
        try:
            return _Encoded(dict(await face.encode(told)))
        except (DatabaseUnavailable, OSError) as error:
            log.warning("deliveries could not be read", n=len(told), error=str(error))
            return _Encoded(failed={delivery.delivery_id for delivery in told})
        except Exception:  # the edge: whatever a face does wrong, the next one must go out
            if len(told) == 1:
                (delivery,) = told
                log.exception("a delivery failed", kind=delivery.kind, ids=dict(delivery.ids))
                return _Encoded(failed={delivery.delivery_id})
        found = _Encoded()
        for delivery in told:
            alone = await self._encode(face, [delivery])
            found.emissions.update(alone.emissions)
            found.failed |= alone.failed
        return found

    def _tell(self, work: _Telling, encoded: Mapping[SocketFace, _Encoded]) -> None:
        delivery = work.delivery
        has_failed = False
        for face, links in _by_face(self._fanout.links(delivery.room)).items():
            # Of a face that came while the others were asked, a replay tells what waits.
            found = encoded.get(face, _Encoded())
            has_failed |= delivery.delivery_id in found.failed
            # The person may have read by other means what was told late; who entered after that
            # has read it, and some clients would show it twice.
            here = [
                link for link in links if not link.has_no_need_of(delivery, heard_at=work.heard_at)
            ]
            self._send(delivery, found.emissions.get(delivery.delivery_id, ()), here)
        if has_failed:
            self._retry(delivery)
        else:
            self._failures.pop(delivery.delivery_id, None)

    def _tell_joiner(
        self,
        work: _Replay,
        waiting: Sequence[Delivery],
        encoded: Mapping[SocketFace, _Encoded],
    ) -> None:
        found = encoded.get(work.link.face, _Encoded())
        for delivery in waiting:
            emissions = found.emissions.get(delivery.delivery_id, ())
            self._send(
                delivery, emissions, [work.link], since=work.joined_at, round_name="replayed"
            )
        work.done.set_result(None)

    def _retry(self, delivery: Delivery) -> None:
        """Forget that it was seen, so that the next poll finds it again."""
        failures = self._failures.pop(delivery.delivery_id, 0) + 1
        if failures < MAX_FAILURES:
            self._failures[delivery.delivery_id] = failures
            self._again.add(delivery.delivery_id)
            self._seen.discard(delivery.delivery_id)

    # Sending

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
        for link in links:
            owed = self._ledger.find(delivery.delivery_id)
            sent_at = owed.sent.get(link) if owed is not None else None
            if link.is_gone or (sent_at is not None and sent_at >= since):
                continue
            if self._send_to(link, delivery, emissions):
                self._ledger.note(delivery, link, now)
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

    async def send_again(self) -> None:
        """Send what was not acknowledged in time, unless the row says that it was delivered."""
        due = self._ledger.due(asyncio.get_running_loop().time())
        if due:
            async with self._db.read() as tx:
                still = await deliveries.keep_waiting(tx, delivery_ids=due)
            wanted: dict[SocketFace, dict[int, list[Link]]] = {}
            for key, links in due.items():
                for face, owing in self._still_owed(key, links, is_waiting=key in still):
                    wanted.setdefault(face, {})[key] = owing
            for face, owing_by_key in wanted.items():
                await self._send_again(face, owing_by_key)
        await self._ledger.count()

    def _still_owed(
        self, key: int, links: Sequence[Link], *, is_waiting: bool
    ) -> Iterable[tuple[SocketFace, list[Link]]]:
        """By face, who shall be asked once more; the others are let go."""
        owed = self._ledger.find(key)
        if owed is None:
            return
        for face, owing in _by_face(links).items():
            if is_waiting and owed.n_sent < face.resend_policy.times:
                yield face, owing
            else:
                self._ledger.release(owed, owing)

    async def _send_again(self, face: SocketFace, owing: Mapping[int, Sequence[Link]]) -> None:
        told = [owed.delivery for key in owing if (owed := self._ledger.find(key)) is not None]
        encoded = await self._encode(face, told)
        now = asyncio.get_running_loop().time()
        for delivery in told:
            owed = self._ledger.find(delivery.delivery_id)
            if owed is None:
                continue
            here = [link for link in owing[delivery.delivery_id] if link in owed.sent]
            if delivery.delivery_id in encoded.failed:
                # The next round tries again.
                owed.sent.update(dict.fromkeys(here, now))
                continue
            emissions = encoded.emissions.get(delivery.delivery_id, ())
            self._send(delivery, emissions, here, since=now, round_name="again")

    def take_ack(self, link: Link, ack_id: int, data: Sequence[object]) -> None:
        """An acknowledgement came. An empty or a foreign one clears nothing."""
        key = link.settle(ack_id)
        owed = self._ledger.find(key) if key is not None else None
        if owed is None:
            return
        delivery = owed.delivery
        is_own = link.peer.user_id == delivery.user_id
        if not is_own or not link.face.accepts_ack(delivery, data[0] if data else None):
            metrics.ACKS.labels("refused").inc()
            return
        self._desk.take(link, delivery)

    def forget(self, link: Link, room: str | None = None) -> None:
        """The socket is gone, or has left a room."""
        self._ledger.forget(link, room)


def _by_face(links: Iterable[Link]) -> dict[SocketFace, list[Link]]:
    grouped: dict[SocketFace, list[Link]] = {}
    for link in links:
        grouped.setdefault(link.face, []).append(link)
    return grouped
