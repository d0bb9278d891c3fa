"""Acknowledgements, with the ancestor's semantics to the letter."""

from collections.abc import Mapping

import pytest

from mojodex.faces.mojodex.acks import clears

SESSION = "0190a1b2-c3d4-7e5f-8071-8293a4b5c6d7"
HEX = SESSION.replace("-", "")
PLAIN: Mapping[str, str | int | None] = {"message_pk": 12, "session_id": SESSION}
DRAFT: Mapping[str, str | int | None] = {**PLAIN, "version_pk": 7}


@pytest.mark.parametrize(
    "ack",
    [
        {"session_id": HEX, "message_pk": 12},
        {"session_id": HEX, "message_pk": "12"},
        {"session_id": SESSION, "message_pk": 12},
        {"message_pk": 12},
        {"message_pk": 12, "produced_text_version_pk": 99},
        {"message_pk": 12, "backend_event_manager": False},
    ],
)
def test_a_message_is_acknowledged_by_its_key(ack: object) -> None:
    assert clears(PLAIN, ack)


@pytest.mark.parametrize(
    "ack",
    [
        {"session_id": HEX, "produced_text_version_pk": 7},
        {"session_id": HEX, "produced_text_version_pk": "7"},
        {"produced_text_version_pk": 7, "message_pk": None},
        {"produced_text_version_pk": 7, "message_pk": ""},
    ],
)
def test_a_draft_is_acknowledged_by_its_version(ack: object) -> None:
    assert clears(DRAFT, ack)


@pytest.mark.parametrize(
    "ack",
    [
        None,
        {},
        [],
        "12",
        12,
        True,
        {"session_id": HEX},
        {"message_pk": 13},
        {"message_pk": "twelve"},
        {"message_pk": True},
        {"message_pk": [12]},
        {"message_pk": {"pk": 12}},
        {"message_pk": "0" * 5_000},
        {"message_pk": 12, "session_id": "f" * 32},
        {"message_pk": 12, "session_id": 5},
        {"message_pk": 12, "backend_event_manager": True},
        {"produced_text_version_pk": 12},
    ],
)
def test_an_empty_or_foreign_one_clears_no_message(ack: object) -> None:
    assert not clears(PLAIN, ack)


@pytest.mark.parametrize(
    "ack",
    [
        {"message_pk": 12},
        {"message_pk": 12, "produced_text_version_pk": 7},
        {"message_pk": 7},
        {"produced_text_version_pk": 8},
        {"produced_text_version_pk": 7, "backend_event_manager": True},
    ],
)
def test_a_draft_must_be_acknowledged_by_its_version_only(ack: object) -> None:
    assert not clears(DRAFT, ack)
