"""No event of v1 is larger than 64 KB, and nothing is lost by splitting."""

from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.faces.v1.encode.sizes import cut_text, split_text, wire_size
from mojodex.faces.v1.encode.streams import CHANNELS, encode_delta, encode_snapshot
from mojodex.faces.v1.wire.notices import Channel, TurnDelta
from mojodex.platform.realtime import Delta, StreamSnapshot, room_id, session_room

ROOM = session_room(UUID(int=1))
MAX_EVENT_BYTES = 64 * 1024
#: Letters, characters that JSON escapes to six bytes, and ones of four bytes.
texts = st.text(st.sampled_from(["a", " ", "é", '"', "\x01", "𝄞"]), max_size=300).map(
    lambda text: text * 300
)


def snapshot(**channels: str) -> StreamSnapshot:
    return StreamSnapshot(stream_id=UUID(int=2), room=ROOM, attempt=1, seq=7, texts=channels)


@given(texts, st.integers(min_value=6, max_value=50_000))
def test_pieces_are_small_and_together_the_text(text: str, max_bytes: int) -> None:
    pieces = list(split_text(text, max_bytes))
    assert "".join(pieces) == text
    assert all(wire_size(piece) <= max(max_bytes, 8) for piece in pieces)
    assert text.startswith(cut_text(text, max_bytes))


@given(texts, texts, texts)
def test_a_snapshot_comes_whole_in_small_parts(message: str, title: str, body: str) -> None:
    parts = encode_snapshot(snapshot(message=message, draft_title=title, draft_body=body))
    folded = dict.fromkeys(CHANNELS, "")
    for number, part in enumerate(parts, 1):
        assert len(orjson.dumps(part.model_dump(mode="json"))) <= MAX_EVENT_BYTES
        assert (part.part, part.n_parts, part.seq) == (number, len(parts), 7)
        for channel in CHANNELS:
            folded[channel] += getattr(part.texts, channel)
    assert folded == {"message": message, "draft_title": title, "draft_body": body}


def test_an_empty_stream_is_one_empty_part() -> None:
    [part] = encode_snapshot(snapshot())
    assert part.texts.model_dump() == dict.fromkeys(CHANNELS, "")


def test_a_channel_of_somebody_else_is_not_told() -> None:
    def delta(channel: str) -> Delta:
        return Delta(stream_id=UUID(int=2), room=ROOM, attempt=1, seq=1, channel=channel, text="a")

    assert encode_delta(delta("thoughts")) is None
    assert encode_delta(delta("draft_body")) is not None


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_delta_is_spelt_as_its_model(channel: Channel) -> None:
    told = encode_delta(
        Delta(stream_id=UUID(int=2), room=ROOM, attempt=2, seq=7, channel=channel, text="é\u2028")
    )
    model = TurnDelta(
        session_id=str(room_id(ROOM)),
        turn_id=str(UUID(int=2)),
        attempt=2,
        seq=7,
        channel=channel,
        text="é\u2028",
    )
    assert orjson.dumps(told) == orjson.dumps(model.model_dump(mode="json"))
