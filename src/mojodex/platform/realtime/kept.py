"""Deltas that came before the snapshot they belong to."""

from collections import deque
from uuid import UUID

from mojodex.platform.realtime.bus import Delta

#: Deltas kept of one stream: at 50 a second, more than any answer takes to come.
MAX_KEPT = 500
#: Streams that deltas are kept of.
MAX_STREAMS = 1_000


class Kept:
    """Deltas with a hole before them, until a snapshot has caught up with the first of them."""

    def __init__(self) -> None:
        self._streams: dict[UUID, deque[Delta]] = {}

    def keep(self, delta: Delta) -> None:
        """Keep a delta; what does not follow the one before it starts anew."""
        kept = self._streams.get(delta.stream_id)
        if kept is None:
            if len(self._streams) >= MAX_STREAMS:
                return
            kept = self._streams[delta.stream_id] = deque(maxlen=MAX_KEPT)
        last = kept[-1] if kept else None
        if last is not None and (delta.attempt, delta.seq) <= (last.attempt, last.seq):
            return
        if last is not None and (delta.attempt, delta.seq) != (last.attempt, last.seq + 1):
            kept.clear()
        kept.append(delta)

    def following(self, stream_id: UUID, position: tuple[int, int]) -> list[Delta]:
        """Give up the deltas that follow `position` (attempt, number); older ones are forgotten."""
        kept = self._streams.get(stream_id, deque())
        while kept and (kept[0].attempt, kept[0].seq) <= position:
            kept.popleft()
        found: list[Delta] = []
        if kept and (kept[0].attempt, kept[0].seq) == (position[0], position[1] + 1):
            found = list(kept)
            kept.clear()
        if not kept:
            self._streams.pop(stream_id, None)
        return found

    def forget(self, stream_id: UUID, attempt: int) -> None:
        """An attempt has ended."""
        kept = self._streams.get(stream_id)
        if kept is not None and (not kept or kept[-1].attempt <= attempt):
            del self._streams[stream_id]

    def forget_room(self, room: str) -> None:
        """Nobody is in the room any more."""
        for stream_id in [key for key, kept in self._streams.items() if kept[-1].room == room]:
            del self._streams[stream_id]
