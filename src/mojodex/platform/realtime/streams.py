"""The publishing side: text that grows, numbered, coalesced and checkpointed."""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol
from uuid import UUID

from mojodex.kit.text import clean
from mojodex.platform.db import Database
from mojodex.platform.realtime import metrics
from mojodex.platform.realtime.bus import Bus, Delta, LocalBus, StreamClosed, StreamSnapshot
from mojodex.platform.realtime.checkpoints import Checkpointer

#: After a delta, the next one of the same stream waits this long and takes along what came since.
#: The first goes at once: a window before it would only add its length to every latency.
FLUSH_SECONDS = 0.020
#: Largest text of one delta. JSON escapes can make six bytes of a character, and no event of ours
#: may pass 64 KB.
MAX_DELTA_CHARS = 8_000


class Handle(Protocol):
    """A timer that can be called off."""

    def cancel(self) -> None: ...


class Timer(Protocol):
    """What of an event loop we use to wait; tests bring their own."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[[], object], /) -> Handle: ...


class Stream:
    """One attempt at a growing text, in channels. Made by `Streams.open`."""

    def __init__(self, streams: "Streams", snapshot: StreamSnapshot, timer: Timer) -> None:
        self.stream_id = snapshot.stream_id
        self.room = snapshot.room
        self.attempt = snapshot.attempt
        self.meta = snapshot.meta
        self._streams = streams
        self._timer = timer
        self._seq = 0
        self._texts: dict[str, str] = {}
        self._pending: list[tuple[str, str]] = []
        self._window: Handle | None = None
        self._window_ends_at = -math.inf
        self._is_open = True

    @property
    def seq(self) -> int:
        """The number of the last delta that was published."""
        return self._seq

    @property
    def texts(self) -> Mapping[str, str]:
        """Everything appended so far, by channel."""
        texts = dict(self._texts)
        for channel, text in _folded(self._pending):
            texts[channel] = texts.get(channel, "") + text
        return texts

    @property
    def is_open(self) -> bool:
        return self._is_open

    def append(self, channel: str, text: str) -> None:
        """Add text to a channel. Does nothing after the end, or once a higher attempt is open."""
        if not text or not self._is_open:
            return
        # An enumeration of texts is no key of JSON, and the checkpoint is JSON.
        self._pending.append((str(channel), text))
        if self._window is None:
            # Most windows end with nothing to take along, so that a timer for each would be wasted.
            left = self._window_ends_at - self._timer.time()
            if left > 0:
                self._window = self._timer.call_later(left, self._flush)
            else:
                self._flush()

    def snapshot(self) -> StreamSnapshot:
        """Where the stream stands for those who listen: without what waits for the window."""
        return StreamSnapshot(
            stream_id=self.stream_id,
            room=self.room,
            attempt=self.attempt,
            seq=self._seq,
            texts=dict(self._texts),
            meta=self.meta,
        )

    async def close(self) -> None:
        """Publish what waits, end the stream, and return when nothing shows it as running.

        Close *before* the transaction that announces the end: whoever joins after that
        announcement must not be shown a text that seems to grow still.
        """
        self.end()
        await self._streams.settle(self)

    def end(self) -> None:
        """`close` for those who cannot wait."""
        if not self._is_open:
            return
        if self._window is not None:
            self._window.cancel()
        if self._pending:
            self._publish_pending()
        self._is_open = False
        self._streams.forget(self)

    def _flush(self) -> None:
        self._window = None
        self._window_ends_at = self._timer.time() + FLUSH_SECONDS
        self._publish_pending()

    def _publish_pending(self) -> None:
        pending, self._pending = self._pending, []
        for channel, text in _folded(pending):
            for start in range(0, len(text), MAX_DELTA_CHARS):
                self._publish(channel, text[start : start + MAX_DELTA_CHARS])
        self._streams.mark(self)

    def _publish(self, channel: str, text: str) -> None:
        self._seq += 1
        self._texts[channel] = self._texts.get(channel, "") + text
        metrics.DELTAS.inc()
        self._streams.bus.publish(
            Delta(
                stream_id=self.stream_id,
                room=self.room,
                attempt=self.attempt,
                seq=self._seq,
                channel=channel,
                text=text,
            )
        )


def _folded(pending: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours on one channel become one text; their order across channels stays."""
    parts: list[str] = []
    current = ""
    for channel, text in pending:
        if parts and channel != current:
            yield current, clean("".join(parts))
            parts = []
        current = channel
        parts.append(text)
    if parts:
        yield current, clean("".join(parts))


class Streams:
    """All streams that this process publishes. Provided to whoever makes text."""

    def __init__(
        self,
        db: Database,
        *,
        bus: Bus | None = None,
        timer: Timer | None = None,
        checkpoint_seconds: float = 1.0,
    ) -> None:
        """`timer`: for tests, what to wait with instead of the running loop."""
        self.bus: Bus = bus or LocalBus()
        self.bus.answer_with(self.live)
        self._timer = timer
        self._open: dict[UUID, Stream] = {}
        self._by_room: dict[str, set[Stream]] = {}
        self._checkpointer = Checkpointer(db, seconds=checkpoint_seconds)

    def open(
        self,
        *,
        stream_id: UUID,
        room: str,
        attempt: int,
        meta: Mapping[str, str] | None = None,
    ) -> Stream:
        """Begin an attempt. Listeners get an empty snapshot first, which resets a lower attempt."""
        previous = self._open.get(stream_id)
        if previous is not None:
            previous.end()
        snapshot = StreamSnapshot(
            stream_id=stream_id, room=room, attempt=attempt, seq=0, texts={}, meta=dict(meta or {})
        )
        stream = Stream(self, snapshot, self._timer or asyncio.get_running_loop())
        self._open[stream_id] = stream
        self._by_room.setdefault(room, set()).add(stream)
        metrics.STREAMS.inc()
        self.bus.publish(snapshot)
        self.mark(stream)
        return stream

    def live(self, room: str) -> list[StreamSnapshot]:
        """The streams of a room that this process publishes."""
        return [stream.snapshot() for stream in self._by_room.get(room, ())]

    async def close_all(self) -> None:
        """End every stream; for the end of the process."""
        for stream in list(self._open.values()):
            stream.end()
        await self._checkpointer.close()

    def mark(self, stream: Stream) -> None:
        """The stream has something to checkpoint."""
        self._checkpointer.mark(stream)

    async def settle(self, stream: Stream) -> None:
        """The end of a stream is on its way to the web processes, its checkpoint is gone."""
        await asyncio.gather(self.bus.flush(), self._checkpointer.settle(stream))

    def forget(self, stream: Stream) -> None:
        """The stream has ended."""
        if self._open.get(stream.stream_id) is stream:
            del self._open[stream.stream_id]
        neighbours = self._by_room[stream.room]
        neighbours.discard(stream)
        if not neighbours:
            del self._by_room[stream.room]
        metrics.STREAMS.dec()
        self.bus.publish(
            StreamClosed(stream_id=stream.stream_id, room=stream.room, attempt=stream.attempt)
        )
        self._checkpointer.drop(stream)
