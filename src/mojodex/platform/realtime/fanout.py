"""The web side of streams: who is in which room, and what of each stream they have.

Every step is synchronous. A socket enters a room and gets the snapshot of its streams in one step,
so no delta can fall between; a socket that stops reading gets no deltas, and a fresh snapshot when
it reads again; a gap in the numbers makes us ask for a snapshot and keep what came after it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from mojodex.platform.realtime import metrics
from mojodex.platform.realtime.bus import Bus, Delta, StreamClosed, StreamItem, StreamSnapshot
from mojodex.platform.realtime.fold import Fold
from mojodex.platform.realtime.kept import Kept
from mojodex.platform.realtime.link import Link

#: A stream of which nothing was heard for so long, and of which there is no checkpoint, has ended;
#: one that lives has a checkpoint after a second.
SILENCE_SECONDS = 3.0
#: Ended streams that are remembered, so that nothing late revives them.
MAX_ENDED = 10_000


class RoomFold(Fold):
    """A stream with those in its room who have it."""

    def __init__(self, snapshot: StreamSnapshot) -> None:
        super().__init__(snapshot)
        self.heard_at = time.monotonic()
        #: Whether a checkpoint told us last: then others know more, and may know of its end.
        self.is_second_hand = False
        #: Those who have, or are owed by their pace, everything up to `seq`.
        self.synced: set[Link] = set()


class Fanout:
    """Rooms with their sockets, and the streams of those rooms."""

    def __init__(self, bus: Bus) -> None:
        self._rooms: dict[str, dict[Link, None]] = {}
        self._folds: dict[UUID, RoomFold] = {}
        self._by_room: dict[str, dict[UUID, RoomFold]] = {}
        self._kept = Kept()
        self._ended: OrderedDict[UUID, int] = OrderedDict()
        #: How to have the streams of a room told again.
        self.ask: Callable[[str], None] = bus.ask
        bus.subscribe(self.receive)

    def links(self, room: str) -> Iterable[Link]:
        """The sockets in a room, in order of entry."""
        return tuple(self._rooms.get(room, ()))

    def has_members(self, room: str) -> bool:
        """Whether any socket is in a room."""
        return room in self._rooms

    def enter(self, link: Link, room: str) -> None:
        """Put a socket into a room and send it the streams of the room as they stand.

        One that is in already gets them once more.
        """
        members = self._rooms.setdefault(room, {})
        is_first = not members
        members[link] = None
        folds = self._by_room.get(room, {}).values()
        for fold in folds:
            if not fold.is_second_hand:
                self._send_snapshot(fold, link)
        if is_first or any(fold.is_second_hand for fold in folds):
            self.ask(room)

    def leave(self, link: Link, room: str) -> None:
        """Take a socket out of a room; streams of an empty room are forgotten."""
        members = self._rooms.get(room)
        if members is None or link not in members:
            return
        del members[link]
        for fold in self._by_room.get(room, {}).values():
            fold.synced.discard(link)
            link.pace.drop(fold.stream_id)
        if not members:
            del self._rooms[room]
            for stream_id in self._by_room.pop(room, {}):
                del self._folds[stream_id]
            self._kept.forget_room(room)

    def rooms(self) -> list[str]:
        """The rooms of sessions with members."""
        return [room for room in self._rooms if not room.startswith("user:")]

    def snapshots(self, room: str) -> list[StreamSnapshot]:
        """The streams of a room with members, as they stand."""
        return [fold.snapshot() for fold in self._by_room.get(room, {}).values()]

    def positions(self, rooms: Iterable[str]) -> dict[UUID, tuple[int, int]]:
        """How far the streams of these rooms are known."""
        folds = (fold for room in rooms for fold in self._by_room.get(room, {}).values())
        return {fold.stream_id: fold.position for fold in folds}

    def receive(self, item: StreamItem) -> None:
        """Take the next item of the bus, or an end that the database remembers.

        Ends are noted for rooms that nobody is in as well: who comes later asks, and somebody who
        slept through the end may answer.
        """
        if isinstance(item, StreamClosed):
            self._receive_end(item)
        elif item.room not in self._rooms:
            return
        elif isinstance(item, Delta):
            self._receive_delta(item)
        else:
            self._receive_snapshot(item)

    def _has_ended(self, item: StreamSnapshot | Delta) -> bool:
        return self._ended.get(item.stream_id, -1) >= item.attempt

    def _receive_snapshot(self, item: StreamSnapshot) -> None:
        if self._has_ended(item):
            return
        fold = self._folds.get(item.stream_id)
        if fold is not None and fold.position > (item.attempt, item.seq):
            return
        if fold is None or fold.position < (item.attempt, item.seq):
            if fold is not None:
                self._forget(fold)
            fold = RoomFold(item)
            self._folds[fold.stream_id] = fold
            self._by_room.setdefault(fold.room, {})[fold.stream_id] = fold
        fold.is_second_hand = False
        fold.heard_at = time.monotonic()
        for link in self._rooms[fold.room]:
            if link not in fold.synced:
                self._send_snapshot(fold, link)
        for delta in self._kept.following(fold.stream_id, fold.position):
            self._take_delta(fold, delta)

    def receive_checkpoint(self, checkpoint: StreamSnapshot) -> bool:
        """Take what a publisher left in the database. True when it knew more than we did."""
        if checkpoint.room not in self._rooms or self._has_ended(checkpoint):
            return False
        fold = self._folds.get(checkpoint.stream_id)
        position = (checkpoint.attempt, checkpoint.seq)
        if fold is not None and fold.position > position:
            return False
        is_news = fold is None or fold.position < position
        was_second_hand = fold is None or fold.is_second_hand
        self._receive_snapshot(checkpoint)
        fold = self._folds[checkpoint.stream_id]
        fold.is_second_hand = fold.position == position and (is_news or was_second_hand)
        return is_news

    def end_silent(self, rooms: Collection[str], *, known: Collection[UUID], began: float) -> None:
        """End the streams of `rooms` that have no checkpoint (`known`) and are not heard of.

        `began`: when the checkpoints were read, on the monotonic clock in seconds. Should one live
        after all, its next delta has it asked for.
        """
        for room in rooms:
            for fold in list(self._by_room.get(room, {}).values()):
                if fold.stream_id in known:
                    continue
                patience = 0.0 if fold.is_second_hand else SILENCE_SECONDS
                if fold.heard_at < began - patience:
                    self._end(fold)

    def _receive_delta(self, delta: Delta) -> None:
        fold = self._folds.get(delta.stream_id)
        if fold is not None and (delta.attempt, delta.seq) <= fold.position:
            return
        if fold is not None and fold.attempt == delta.attempt and delta.seq == fold.seq + 1:
            self._take_delta(fold, delta)
            return
        if not self._has_ended(delta):
            self._kept.keep(delta)
            self.ask(delta.room)

    def _take_delta(self, fold: RoomFold, delta: Delta) -> None:
        fold.append(delta)
        fold.is_second_hand = False
        fold.heard_at = time.monotonic()
        for link in self._rooms[delta.room]:
            if link in fold.synced:
                self._send_delta(fold, delta, link)
            elif link.has_caught_up:
                self._send_snapshot(fold, link)

    def _receive_end(self, item: StreamClosed) -> None:
        self._ended[item.stream_id] = max(item.attempt, self._ended.pop(item.stream_id, -1))
        if len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)
        self._kept.forget(item.stream_id, item.attempt)
        fold = self._folds.get(item.stream_id)
        if fold is None or fold.attempt > item.attempt:
            return
        self._end(fold)

    def _end(self, fold: RoomFold) -> None:
        for link in fold.synced:
            link.pace.finish(fold)
        self._forget(fold)

    def _send_delta(self, fold: RoomFold, delta: Delta, link: Link) -> None:
        if link.is_lagging:
            fold.synced.discard(link)
            link.pace.drop(fold.stream_id)
            metrics.LAGGING.inc()
        elif link.face.is_cumulative:
            link.pace.want(fold, delta)
        else:
            link.send_encoded(fold.encoded(link.face, delta))

    def _send_snapshot(self, fold: RoomFold, link: Link) -> None:
        if link.is_lagging:
            return
        link.pace.drop(fold.stream_id)
        link.send_encoded(fold.encoded(link.face, None))
        fold.synced.add(link)

    def _forget(self, fold: RoomFold) -> None:
        for link in fold.synced:
            link.pace.drop(fold.stream_id)
        del self._folds[fold.stream_id]
        neighbours = self._by_room[fold.room]
        del neighbours[fold.stream_id]
        if not neighbours:
            del self._by_room[fold.room]
