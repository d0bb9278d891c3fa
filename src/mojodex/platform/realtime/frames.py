"""From what an encoder answered to what goes over the wire."""

from dataclasses import dataclass

import structlog

from mojodex.platform.realtime import metrics
from mojodex.platform.realtime.faces import Emission, Emissions, SocketFace
from mojodex.platform.realtime.outbox import Frame
from mojodex.platform.realtime.transport import encode_frame

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Encoded:
    """Frames that any number of sockets can be sent, and their size together."""

    frames: tuple[Frame, ...] = ()
    n_bytes: int = 0


def encode(face: SocketFace, emission: Emission, ack_id: int | None = None) -> Encoded | None:
    """The wire form of an event; None, and a log line, when it is too large for the face."""
    frame, size = encode_frame(face.namespace, emission.event, emission.payload, ack_id)
    if face.max_event_bytes is not None and size > face.max_event_bytes:
        metrics.OVERSIZED.labels(face.namespace).inc()
        log.error("an event is too large", face=face.namespace, name=emission.event, size=size)
        return None
    return Encoded((frame,), size)


def encode_all(face: SocketFace, emissions: Emissions) -> Encoded:
    """The wire form of several events, without those that are too large."""
    if emissions is None:
        return Encoded()
    if isinstance(emissions, Emission):
        return encode(face, emissions) or Encoded()
    parts = [part for one in emissions if (part := encode(face, one)) is not None]
    frames = tuple(frame for part in parts for frame in part.frames)
    return Encoded(frames, sum(part.n_bytes for part in parts))
