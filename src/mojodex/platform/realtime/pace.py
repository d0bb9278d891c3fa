"""Spacing of events that carry the whole text so far."""

import asyncio
from typing import Protocol
from uuid import UUID

from mojodex.platform.realtime.bus import Delta
from mojodex.platform.realtime.faces import SocketFace
from mojodex.platform.realtime.fold import Fold
from mojodex.platform.realtime.frames import Encoded

#: A socket that does not read is looked at again after this long.
LAG_PAUSE_SECONDS = 0.25


class Outlet(Protocol):
    """One socket, as far as its pace needs it."""

    face: SocketFace

    @property
    def is_lagging(self) -> bool:
        """Whether it does not read."""

    def send_encoded(self, encoded: Encoded) -> None:
        """Put events into its line."""


class Pace:
    """What one socket of a cumulative face shall still get, and when.

    Such an event replaces the one before, so only the latest of each channel is kept. After n bytes
    the socket waits for n / `bytes_per_second`.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._rate = outlet.face.bytes_per_second
        self._wanted: dict[tuple[UUID, str], tuple[Fold, Delta]] = {}
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def want(self, fold: Fold, delta: Delta) -> None:
        """A channel grew: send its text now, or as soon as the pace allows."""
        self._wanted[fold.stream_id, delta.channel] = (fold, delta)
        if self._timer is None:
            self._send_due()

    def finish(self, fold: Fold) -> None:
        """The stream ended: its last texts go out at once, before what is told next."""
        for key, (owner, delta) in list(self._wanted.items()):
            if owner is fold:
                del self._wanted[key]
                self._outlet.send_encoded(fold.encoded(self._outlet.face, delta))

    def drop(self, stream_id: UUID) -> None:
        """What was wanted of a stream is out of date."""
        for key in [key for key in self._wanted if key[0] == stream_id]:
            del self._wanted[key]

    def close(self) -> None:
        """The socket is gone."""
        self._wanted.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send_due(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._wanted:
            pause = LAG_PAUSE_SECONDS if self._outlet.is_lagging else self._free_at - loop.time()
            if pause > 0:
                self._timer = loop.call_later(pause, self._send_due)
                return
            fold, delta = self._wanted.pop(next(iter(self._wanted)))
            encoded = fold.encoded(self._outlet.face, delta)
            self._outlet.send_encoded(encoded)
            if self._rate is not None:
                self._free_at = loop.time() + encoded.n_bytes / self._rate
