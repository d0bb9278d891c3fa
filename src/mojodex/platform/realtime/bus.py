"""The way from the side that publishes streams to the side that holds sockets.

Items of one stream arrive in the order in which they were published. A web side that enters a room
asks; the publishing sides answer with snapshots *through the same ordered way*, so that a snapshot
at number n is followed by delta n + 1 and there is no hole between them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog

log = structlog.stdlib.get_logger(__name__)

#: How long processes that are asked for a room have to answer.
ANSWER_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True)
class StreamSnapshot:
    """Where a stream stands after delta `seq`: the whole text of each channel.

    `meta` is what the publisher said when it opened the stream.
    """

    stream_id: UUID
    room: str
    attempt: int
    seq: int
    texts: Mapping[str, str]
    meta: Mapping[str, str] = field(default_factory=dict)


class Growing(Protocol):
    """A stream as it stands, for those who tell the whole of it: the text of each channel."""

    @property
    def room(self) -> str: ...
    @property
    def texts(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, kw_only=True)
class Delta:
    """More text on one channel. `seq` counts the deltas of (stream, attempt), from 1."""

    stream_id: UUID
    room: str
    attempt: int
    seq: int
    channel: str
    text: str


@dataclass(frozen=True, kw_only=True)
class StreamClosed:
    """The stream's attempt ended; what became of it is told by finals."""

    stream_id: UUID
    room: str
    attempt: int


StreamItem = StreamSnapshot | Delta | StreamClosed


class Bus(Protocol):
    """Carries stream items. No call blocks; a lost item shows as a gap in the numbers."""

    @property
    def is_live(self) -> bool:
        """Whether everything that other processes publish arrives, as long as nothing is lost."""

    @property
    def answer_seconds(self) -> float:
        """How long to wait for the answer of another process; 0 when none can hear us."""

    def publish(self, item: StreamItem) -> None:
        """Publishing side: tell every subscriber."""

    def answer_with(self, snapshots: Callable[[str], Iterable[StreamSnapshot]]) -> None:
        """Publishing side: how to answer those who ask for a room."""

    def subscribe(self, receive: Callable[[StreamItem], None]) -> None:
        """Web side: be told every item."""

    def ask(self, room: str) -> None:
        """Web side: have the snapshots of the streams of `room` published again."""

    def renew(self, rooms: Collection[str]) -> None:
        """Web side: text of these rooms does not come by itself; it is wanted still."""

    def on_reset(self, tell: Callable[[], None]) -> None:
        """Web side: be told when items may have been lost, and when the way is open again."""

    async def flush(self) -> None:
        """Publishing side: returns when what was published is on its way, or cannot be."""

    def carrying(self) -> AbstractAsyncContextManager[None]:
        """Items travel between processes while the block runs."""


class LocalBus:
    """Both sides in one process: a function call, so joining needs no wait at all."""

    is_live = False
    answer_seconds = 0.0

    def __init__(self) -> None:
        self._subscribers: list[Callable[[StreamItem], None]] = []
        self._publishers: list[Callable[[str], Iterable[StreamSnapshot]]] = []

    def publish(self, item: StreamItem) -> None:
        for receive in self._subscribers:
            try:
                receive(item)
            except Exception:  # the edge: who listens must not stop who writes
                log.exception("a subscriber to streams failed", room=item.room)

    def answer_with(self, snapshots: Callable[[str], Iterable[StreamSnapshot]]) -> None:
        self._publishers.append(snapshots)

    def subscribe(self, receive: Callable[[StreamItem], None]) -> None:
        self._subscribers.append(receive)

    def ask(self, room: str) -> None:
        for snapshots in self._publishers:
            for snapshot in snapshots(room):
                self.publish(snapshot)

    def renew(self, rooms: Collection[str]) -> None:
        """Nobody else hears it."""

    def on_reset(self, tell: Callable[[], None]) -> None:
        """Nothing is ever lost."""

    async def flush(self) -> None:
        """Nothing is ever under way."""

    def carrying(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()
