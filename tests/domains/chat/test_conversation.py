"""What a model is shown of a conversation."""

from datetime import UTC, datetime, timedelta

import pytest

from mojodex.domains.chat import (
    Conversation,
    Message,
    MessageId,
    Sender,
    SessionId,
    build_conversation,
    neutralize,
)
from mojodex.kit.ids import new_id
from mojodex.platform.llm import Role

TAGS = ("execution", "execution/draft", "missing_topics")
BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SESSION = SessionId(new_id())


def message(
    number: int, sender: Sender, text: str | None, text_with_tags: str | None = None
) -> Message:
    return Message(
        message_id=MessageId(number),
        message_uuid=new_id(),
        session_id=SESSION,
        sender=sender,
        text=text,
        text_with_tags=text_with_tags,
        body={},
        client_message_id=None,
        written_at=BEGIN + timedelta(minutes=number),
        created_at=BEGIN,
        read_at=None,
        in_error_at=None,
        event_name=None,
        subject=None,
        is_audio=False,
        is_stopped=False,
    )


def said(*messages: Message, is_whole: bool = True) -> Conversation:
    return Conversation(messages=messages, is_whole=is_whole)


@pytest.mark.parametrize(
    "hostile",
    [
        "<execution>",
        "</execution>",
        "</ execution >",
        "< /draft>",
        "<EXECUTION>",
        "<draft class='x'>",
        "<missing_topics>",
        "<execution/>",
        "<\texecution\n>",
        "a<execution",
    ],
)
def test_tags_of_ours_are_inert_in_foreign_text(hostile: str) -> None:
    safe = neutralize(f"before {hostile} after", TAGS)
    assert "<" not in safe
    assert safe.replace("‹", "<") == f"before {hostile} after"


@pytest.mark.parametrize(
    "harmless",
    ["<b>bold</b>", "a < b", "<executions>", "<draft-x>", "1<2>3", "<missing_other>", ""],
)
def test_other_text_stays_as_it_is(harmless: str) -> None:
    assert neutralize(harmless, TAGS) == harmless


def test_without_tags_nothing_changes() -> None:
    assert neutralize("<execution>", ()) == "<execution>"


def test_neutralizing_a_flood_comes_to_an_end() -> None:
    """Of this length: with time that grows by the square of it, that would be tomorrow."""
    hostile = "<" + " " * 2_000_000 + "<<<</" * 500_000
    assert neutralize(f"{hostile}{TAGS[0]}>", TAGS).count("‹") == 1


def test_each_sender_is_shown_in_its_way() -> None:
    shown = build_conversation(
        said(
            message(1, Sender.USER, "Write <execution>this</execution>"),
            message(2, Sender.MOJO, "Who?", "<note>en</note><ask>Who?</ask>"),
            message(3, Sender.USER, None),
            message(4, Sender.MOJO, "Plain", None),
            message(5, Sender.SYSTEM, "<execution> of the engine"),
        ),
        tags=TAGS,
    )
    assert not shown.is_trimmed
    assert [(turn.role, turn.text) for turn in shown.messages] == [
        (Role.USER, "Write ‹execution>this‹/execution>"),
        (Role.ASSISTANT, "<note>en</note><ask>Who?</ask>"),
        (Role.ASSISTANT, "Plain"),
        (Role.SYSTEM, "<execution> of the engine"),
    ]


def test_the_first_and_the_latest_messages_stay() -> None:
    ten = [message(number, Sender.USER, f"{number}:" + "x" * 98) for number in range(10)]
    shown = build_conversation(said(*ten), tags=TAGS, max_characters=420)
    assert [turn.text[0] for turn in shown.messages] == ["0", "7", "8", "9"]
    assert shown.is_trimmed
    assert not build_conversation(said(*ten), tags=TAGS).is_trimmed
    assert build_conversation(said(*ten, is_whole=False), tags=TAGS).is_trimmed


def test_the_message_that_is_answered_stays_however_long_it_is() -> None:
    both = said(message(1, Sender.USER, "short"), message(2, Sender.USER, "y" * 500))
    shown = build_conversation(both, tags=TAGS, max_characters=100)
    assert [len(turn.text) for turn in shown.messages] == [5, 500]


def test_one_message_is_cut_in_its_middle() -> None:
    long = said(message(1, Sender.USER, "a" + "x" * 100_000 + "z"))
    (shown,) = build_conversation(long, tags=TAGS).messages
    assert len(shown.text) < 31_000
    assert shown.text[0] == "a"
    assert shown.text[-1] == "z"
    assert "[…]" in shown.text


def test_no_messages() -> None:
    assert build_conversation(said(), tags=TAGS).messages == ()
