"""A stream as the web side knows it."""

from collections.abc import Mapping

import structlog

from mojodex.platform.realtime.bus import Delta, StreamSnapshot
from mojodex.platform.realtime.faces import SocketFace
from mojodex.platform.realtime.frames import Encoded, encode_all

log = structlog.stdlib.get_logger(__name__)


class Fold:
    """The last snapshot of a stream with all deltas since."""

    def __init__(self, snapshot: StreamSnapshot) -> None:
        self.stream_id = snapshot.stream_id
        self.room = snapshot.room
        self.attempt = snapshot.attempt
        self.seq = snapshot.seq
        self._texts = dict(snapshot.texts)
        self._meta = snapshot.meta
        self._encoded: dict[tuple[str, str | None], tuple[int, Encoded]] = {}

    @property
    def texts(self) -> Mapping[str, str]:
        """As they stand; they go on growing."""
        return self._texts

    @property
    def position(self) -> tuple[int, int]:
        return (self.attempt, self.seq)

    def append(self, delta: Delta) -> None:
        """Take the next delta."""
        self.seq = delta.seq
        self._texts[delta.channel] = self._texts.get(delta.channel, "") + delta.text

    def snapshot(self) -> StreamSnapshot:
        return StreamSnapshot(
            stream_id=self.stream_id,
            room=self.room,
            attempt=self.attempt,
            seq=self.seq,
            texts=dict(self._texts),
            meta=self._meta,
        )

    def encoded(self, face: SocketFace, delta: Delta | None) -> Encoded:
        """The latest delta of a channel (None: the snapshot) for a face, encoded once."""
        key = (face.namespace, delta.channel if delta is not None else None)
        known = self._encoded.get(key)
        if known is not None and known[0] == self.seq:
            return known[1]
        encoded = self._encode(face, delta)
        self._encoded[key] = (self.seq, encoded)
        return encoded

    def _encode(self, face: SocketFace, delta: Delta | None) -> Encoded:
        try:
            if delta is None:
                return encode_all(face, face.encode_snapshot(self.snapshot()))
            return encode_all(face, face.encode_delta(delta, self))
        except Exception:  # the edge: a face that fails must not silence the others
            log.exception("a stream could not be encoded", face=face.namespace)
            return Encoded()
