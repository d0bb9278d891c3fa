"""The pure pieces: clock, ids, errors, pagination, text."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.kit.clock import FrozenClock, SystemClock
from mojodex.kit.errors import AppError, ErrorKind, all_errors
from mojodex.kit.ids import decode_uuid, encode_hex, hash_token, new_id, new_token
from mojodex.kit.pagination import (
    InvalidCursor,
    Page,
    Window,
    cut_page,
    decode_cursor,
    encode_cursor,
)
from mojodex.kit.text import clean, normalize, shorten


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(seconds=-1))
    assert clock.now() == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(ValueError):
        FrozenClock(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


def test_ids_are_version_7_and_ordered_by_time() -> None:
    ids = [new_id() for _ in range(50)]
    assert {i.version for i in ids} == {7}
    assert len(set(ids)) == 50
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)


@given(st.uuids())
def test_both_spellings_of_a_uuid_are_read(value: UUID) -> None:
    assert decode_uuid(encode_hex(value)) == value
    assert decode_uuid(str(value).upper()) == value


@pytest.mark.parametrize(
    "text", ["", "x", "g" * 32, "{" + "0" * 34 + "}", "0" * 8 + "-" * 4 + "0" * 24, "0" * 33]
)
def test_other_texts_are_no_uuid(text: str) -> None:
    assert decode_uuid(text) is None


def test_tokens_are_long_and_without_colons() -> None:
    token = new_token()
    assert len(token) == 43
    assert ":" not in token
    assert hash_token(token) != hash_token(new_token())
    assert len(hash_token("\ud800")) == 32


class TeapotEmpty(AppError):
    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "teapot_empty"


class TeapotVeryEmpty(TeapotEmpty):
    """Inherits its code."""


def test_an_error_describes_itself_for_logs() -> None:
    assert str(TeapotEmpty(cups=2)) == "teapot_empty (cups=2)"
    assert str(TeapotEmpty()) == "teapot_empty"
    found = list(all_errors())
    assert TeapotEmpty in found
    assert TeapotVeryEmpty not in found


@given(st.lists(st.one_of(st.integers(), st.text()), max_size=4))
def test_a_cursor_gives_back_its_values(values: list[int | str]) -> None:
    kinds: list[type[str] | type[int]] = [int if isinstance(v, int) else str for v in values]
    assert decode_cursor(encode_cursor(*values), *kinds) == tuple(values)


@given(st.text())
def test_any_text_is_a_cursor_or_a_named_error(text: str) -> None:
    try:
        decode_cursor(text, int)
    except InvalidCursor:
        return


def test_a_cursor_of_another_list_is_refused() -> None:
    for cursor in (encode_cursor("a"), encode_cursor(1, 2), encode_cursor(None)):
        with pytest.raises(InvalidCursor):
            decode_cursor(cursor, int)


def test_a_window_is_checked() -> None:
    for limit, offset in ((-1, 0), (201, 0), (10, -1)):
        with pytest.raises(ValueError):
            Window(limit=limit, offset=offset)
    with pytest.raises(ValueError):
        Window(cursor="a", offset=1)


def test_a_page_is_cut_at_its_limit() -> None:
    assert cut_page([1, 2, 3], 2, str) == Page(items=(1, 2), next_cursor="2")
    assert cut_page([1, 2], 2, str) == Page(items=(1, 2))
    assert cut_page([1], 0, str) == Page(items=())
    assert Page(items=(1, 2), next_cursor="n").map(str) == Page(items=("1", "2"), next_cursor="n")


def test_normalize_folds_accents_and_case() -> None:
    assert normalize("ÉTÉ ﬁn") == "ete fin"


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_shorten_keeps_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…")


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("one two three four", 15) == "one two three…"


@given(st.text())
def test_clean_text_can_be_stored(text: str) -> None:
    assert "\x00" not in clean(text)
    clean(text + "\ud800").encode()
