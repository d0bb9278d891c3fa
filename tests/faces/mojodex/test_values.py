"""Reading what clients send, tolerantly where the released ones need it."""

import json
from io import BytesIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from starlette.datastructures import UploadFile

from mojodex.faces.mojodex.errors import (
    BadValue,
    InputsMalformed,
    InputsUnreadable,
    MissingField,
    SpeechNotConfigured,
)
from mojodex.faces.mojodex.routes.executions import decode_inputs
from mojodex.faces.mojodex.talk import read_options, read_text
from mojodex.faces.mojodex.values import Values, as_integer

SESSION = UUID("0190a1b2c3d4e5f60718293a4b5c6d7e")
SCALARS: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text()
)
JSON_VALUES: st.SearchStrategy[JsonValue] = st.one_of(
    SCALARS, st.lists(SCALARS), st.dictionaries(st.text(), SCALARS)
)


@pytest.mark.parametrize(
    ("sent", "read"), [(12, 12), ("12", 12), (" 12 ", 12), ("-120", -120), (3.0, 3), ("+5", 5)]
)
def test_numbers_may_be_text(sent: JsonValue, read: int) -> None:
    assert Values({"n": sent}).integer("n") == read


@pytest.mark.parametrize(
    "sent", [True, "", "twelve", "1.5", 1.5, [1], None, "٣", 2**70, "9" * 30, float("inf")]
)
def test_what_is_no_number_is_refused(sent: JsonValue) -> None:
    with pytest.raises(BadValue):
        as_integer("n", sent)


@given(JSON_VALUES)
def test_any_json_is_read_or_refused(value: JsonValue) -> None:
    values = Values({"x": value})
    for read in (values.integer, values.text, values.session_id, values.find_integer):
        try:
            read("x")
        except (BadValue, MissingField):
            continue


@pytest.mark.parametrize("sent", [None, "", "null", "undefined"])
def test_what_mobile_writes_for_nothing_is_absent(sent: JsonValue) -> None:
    assert Values({"message_pk": sent}).find_integer("message_pk") is None


@pytest.mark.parametrize("spelling", [SESSION.hex, str(SESSION), SESSION.hex.upper()])
def test_sessions_have_two_spellings(spelling: str) -> None:
    assert Values({"session_id": spelling}).session_id("session_id") == SESSION


def test_pages_are_capped_at_fifty_and_never_negative() -> None:
    assert Values({}).limit("n") == 50
    assert Values({"n": "500"}).limit("n") == 50
    assert Values({"n": "7"}).limit("n") == 7
    with pytest.raises(BadValue):
        Values({"n": -1}).limit("n")
    with pytest.raises(BadValue):
        Values({"offset": -1}).offset()


def test_text_that_the_database_cannot_hold_is_cleaned() -> None:
    assert Values({"t": "a\x00b\ud800c"}).text("t") == "abc"


def test_inputs_are_a_list_of_names_and_values() -> None:
    text = json.dumps(
        [{"input_name": "a", "input_value": "x"}, {"input_name": "b", "input_value": None}]
    )
    assert decode_inputs(text) == {"a": "x", "b": ""}


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000])
def test_inputs_that_are_no_json(text: str) -> None:
    with pytest.raises(InputsUnreadable):
        decode_inputs(text)


@pytest.mark.parametrize(
    "text", ["{}", "[1]", '[{"input_name": "a"}]', '[{"input_name": "a", "input_value": [1]}]']
)
def test_inputs_of_another_shape(text: str) -> None:
    with pytest.raises(InputsMalformed):
        decode_inputs(text)


def test_a_recording_counts_only_without_a_text() -> None:
    recording = [("file", UploadFile(BytesIO(b"RIFF")))]
    assert read_text(Values({"text": "hello"}, recording)) == "hello"
    with pytest.raises(SpeechNotConfigured):
        read_text(Values({"text": ""}, recording))
    with pytest.raises(MissingField):
        read_text(Values({}))


@pytest.mark.parametrize(("sent", "asked"), [("true", True), ("false", False), ("True", False)])
def test_only_the_exact_word_asks_for_a_placeholder(sent: str, asked: bool) -> None:
    values = Values({"use_message_placeholder": sent})
    assert bool(read_options(values)) is asked
