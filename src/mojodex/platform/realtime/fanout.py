"""The web side of streams: who is in which room, and what of each stream they have.

Every step is synchronous. A socket enters a room and gets the snapshot of its streams in one step,
so no delta can fall between; a socket that stops reading gets no deltas, and a fresh snapshot when
it reads again; a gap in the numbers makes us ask for a snapshot.
"""

from collections.abc import Iterable
from uuid import UUID

from mojodex.platform.realtime import metrics
from mojodex.platform.realtime.bus import Bus, Delta, StreamClosed, StreamItem, StreamSnapshot
from mojodex.platform.realtime.fold import Fold
from mojodex.platform.realtime.link import Link


class RoomFold(Fold):
    """A stream with those in its room who have it."""

    def __init__(self, snapshot: StreamSnapshot) -> None:
        super().__init__(snapshot)
        #: Those who have, or are owed by their pace, everything up to `seq`.
        self.synced: set[Link] = set()


class Fanout:
    """Rooms with their sockets, and the streams of those rooms."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._rooms: dict[str, dict[Link, None]] = {}
        self._folds: dict[UUID, RoomFold] = {}
        self._by_room: dict[str, dict[UUID, RoomFold]] = {}
        bus.subscribe(self.receive)

    def links(self, room: str) -> Iterable[Link]:
        """The sockets in a room, in order of entry."""
        return tuple(self._rooms.get(room, ()))

    def enter(self, link: Link, room: str) -> None:
        """Put a socket into a room and send it the streams of the room as they stand.

        One that is in already gets them once more.
        """
        members = self._rooms.setdefault(room, {})
        is_first = not members
        members[link] = None
        for fold in self._by_room.get(room, {}).values():
            self._send_snapshot(fold, link)
        if is_first:
            self._bus.ask(room)

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

    def snapshots(self, room: str) -> list[StreamSnapshot]:
        """The streams of a room with members, as they stand."""
        return [fold.snapshot() for fold in self._by_room.get(room, {}).values()]

    def receive(self, item: StreamItem) -> None:
        """Take the next item of the bus."""
        if item.room not in self._rooms:
            return
        if isinstance(item, Delta):
            self._receive_delta(item)
        elif isinstance(item, StreamSnapshot):
            self._receive_snapshot(item)
        else:
            self._receive_end(item)

    def _receive_snapshot(self, item: StreamSnapshot) -> None:
        fold = self._folds.get(item.stream_id)
        if fold is not None and fold.position > (item.attempt, item.seq):
            return
        if fold is None or fold.position < (item.attempt, item.seq):
            if fold is not None:
                self._forget(fold)
            fold = RoomFold(item)
            self._folds[fold.stream_id] = fold
            self._by_room.setdefault(fold.room, {})[fold.stream_id] = fold
        for link in self._rooms[fold.room]:
            if link not in fold.synced:
                self._send_snapshot(fold, link)

    def _receive_delta(self, delta: Delta) -> None:
        fold = self._folds.get(delta.stream_id)
        if fold is None:
            self._bus.ask(delta.room)
            return
        if (delta.attempt, delta.seq) <= fold.position:
            return
        if delta.attempt != fold.attempt or delta.seq != fold.seq + 1:
            self._bus.ask(delta.room)
            return
        fold.append(delta)
        for link in self._rooms[delta.room]:
            if link in fold.synced:
                self._send_delta(fold, delta, link)
            elif link.has_caught_up:
                self._send_snapshot(fold, link)

    def _receive_end(self, item: StreamClosed) -> None:
        fold = self._folds.get(item.stream_id)
        if fold is None or fold.attempt > item.attempt:
            return
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
