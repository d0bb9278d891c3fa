"""From running answers to notices: snapshots in parts that fit, and deltas."""

from collections.abc import Iterator, Mapping

from mojodex.faces.v1.encode.sizes import split_text
from mojodex.faces.v1.wire.notices import Channel, TurnSnapshot, TurnTexts
from mojodex.platform.realtime import Delta, StreamSnapshot, room_id

#: Text of one part of a snapshot, in bytes on the wire; the rest of the event needs little.
MAX_PART_BYTES = 48 * 1024
CHANNELS: tuple[Channel, ...] = ("message", "draft_title", "draft_body")


def encode_snapshot(snapshot: StreamSnapshot) -> list[TurnSnapshot]:
    """A snapshot in as many parts as it needs; one with no text yet is one empty part."""
    pieces = list(_pieces(snapshot)) or [TurnTexts()]
    return [
        TurnSnapshot(
            session_id=str(room_id(snapshot.room)),
            turn_id=str(snapshot.stream_id),
            attempt=snapshot.attempt,
            seq=snapshot.seq,
            texts=texts,
            part=number,
            n_parts=len(pieces),
        )
        for number, texts in enumerate(pieces, 1)
    ]


def _pieces(snapshot: StreamSnapshot) -> Iterator[TurnTexts]:
    whole = TurnTexts(**{channel: snapshot.texts.get(channel, "") for channel in CHANNELS})
    if sum(len(text) for text in snapshot.texts.values()) * 6 <= MAX_PART_BYTES:
        yield whole
        return
    for channel in CHANNELS:
        text = snapshot.texts.get(channel, "")
        if text:
            for piece in split_text(text, MAX_PART_BYTES):
                yield TurnTexts(**{channel: piece})


def encode_delta(delta: Delta) -> Mapping[str, object] | None:
    """A delta, as a `TurnDelta` is spelt; None for a channel that v1 does not tell.

    Made by hand: each word is one, and a model would cost more than all the rest of its way out.
    """
    if delta.channel not in CHANNELS:
        return None
    return {
        "type": "turn_delta",
        "session_id": delta.room.partition(":")[2],
        "turn_id": str(delta.stream_id),
        "attempt": delta.attempt,
        "seq": delta.seq,
        "channel": delta.channel,
        "text": delta.text,
    }
