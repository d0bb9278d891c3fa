"""The pure rules of executions, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mojodex.domains.catalog import Choice, Info, InputKind, TaskInput
from mojodex.domains.chat import Answer, AnswerReader, Channel, TurnState
from mojodex.domains.executions import (
    Author,
    Cause,
    Ending,
    ExecutionState,
    InputTooLong,
    InvalidChoice,
    MissingInput,
    ProducedTextId,
    TooManyFiles,
    UnknownInput,
    VersionId,
    WrongInputKind,
)
from mojodex.domains.executions.rules.delivery import (
    Delivery,
    Reply,
    instruct_route,
    missing_tags,
    read_answer,
    render_delivery,
)
from mojodex.domains.executions.rules.inputs import (
    MAX_INPUT_LENGTH,
    blank_inputs,
    decode_inputs,
    encode_inputs,
    fill_inputs,
)
from mojodex.domains.executions.rules.progress import SITTING, derive_state, is_same_sitting
from mojodex.domains.executions.rules.titling import (
    clip_summary,
    clip_title,
    search_pattern,
    search_text,
)
from mojodex.domains.executions.views import StoredVersion
from mojodex.kit.errors import AppError
from mojodex.kit.ids import new_id

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
INFOS = (Info(name="topics", description="what was said"),)
ROUTE = instruct_route(INFOS)


def answer(raw: str, *, is_stopped: bool = False, is_cut: bool = False) -> Answer:
    reader = AnswerReader(ROUTE)
    reader.feed(raw)
    if not is_stopped:
        reader.finish()
    return Answer(
        raw=raw.strip(),
        tagged=reader.answer,
        shown={channel: reader.shown(channel) for channel in Channel},
        is_stopped=is_stopped,
        is_cut=is_cut,
    )


MEANINGS: dict[str, tuple[str, Delivery | Reply | None]] = {
    "a delivery": (
        "<user_language>en</user_language><missing_topics>no</missing_topics>"
        "<execution>\n<title> The  title </title>\n<draft>\nBody\n\nmore\n</draft>\n</execution>",
        Delivery(title="The title", body="Body\n\nmore"),
    ),
    "without a title": (
        "<execution><draft>Body</draft></execution>",
        Delivery(title=None, body="Body"),
    ),
    "a question": (
        "<missing_topics>yes</missing_topics><ask_user_primary_info>Who? </ask_user_primary_info>",
        Reply(text="Who?", is_question=True),
    ),
    "a delivery wins over a question": (
        "<ask_user_primary_info>Who?</ask_user_primary_info>"
        "<execution><draft>Body</draft></execution>",
        Delivery(title=None, body="Body"),
    ),
    "an empty delivery does not": (
        "<execution><draft> </draft></execution>"
        "<ask_user_primary_info>Who?</ask_user_primary_info>",
        Reply(text="Who?", is_question=True),
    ),
    "without a draft it is a message": (
        "<execution>Just words</execution>",
        Reply(text="Just words"),
    ),
    "an unclosed draft: the four tags go, the whole is the text": (
        "<execution><title>T</title><draft>Body</execution>",
        Delivery(title=None, body="TBody"),
    ),
    "unclosed to the end": ("<execution>\n<draft>Body", Delivery(title=None, body="Body")),
    "raw words": ("Here you are.", Reply(text="Here you are.")),
    "raw words after notes": ("<user_language>en</user_language>Hello", Reply(text="Hello")),
    "only notes": ("<user_language>en</user_language>", None),
    "a question in the wrong place": (
        "<user_language>en</user_language><missing_topics>yes, what was said?</missing_topics>",
        Reply(text="yes, what was said?"),
    ),
    "the execution was forgotten": (
        "<title>T</title><draft>B</draft>",
        Delivery(title="T", body="B"),
    ),
    "forgotten and unclosed": (
        "<user_language>en</user_language><title>T</title><draft>B",
        Delivery(title=None, body="TB"),
    ),
    "a second draft is text": (
        "<execution><draft>A</draft></execution><execution><draft>B</draft></execution>",
        Delivery(title=None, body="A"),
    ),
    "thoughts are not the answer": (
        "<think>Maybe <execution><draft>no</draft></execution></think>"
        "<execution><draft>yes</draft></execution>",
        Delivery(title=None, body="yes"),
    ),
    "nothing": ("", None),
    "blanks": (" \n ", None),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_what_an_answer_means(name: str) -> None:
    raw, meaning = MEANINGS[name]
    assert read_answer(answer(raw)) == meaning


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("<execution><title>T</title><draft>Half a te", Delivery(title="T", body="Half a te")),
        ("<execution><title>Half a ti", None),
        ("<ask_user_primary_info>Half a que", Reply(text="Half a que")),
        ("Half an ans", Reply(text="Half an ans")),
        ("<user_language>en", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("how", [{"is_stopped": True}, {"is_cut": True}])
def test_what_was_seen_of_a_partial_answer_is_kept(
    raw: str, meaning: Delivery | Reply | None, how: dict[str, bool]
) -> None:
    assert read_answer(answer(raw, **how)) == meaning


def test_a_rendered_delivery_reads_back() -> None:
    delivery = Delivery(title="T", body="B")
    assert read_answer(answer(render_delivery(delivery))) == delivery


def test_missing_tags_have_a_name_when_a_task_has_no_infos() -> None:
    assert missing_tags(INFOS) == ("missing_topics",)
    assert missing_tags(()) == ("missing_primary_info",)


FORM = blank_inputs(
    [
        TaskInput(name="notes", label="Notes", purpose="notes", kind=InputKind.TEXT_AREA),
        TaskInput(
            name="tone",
            label="Tone",
            purpose="tone",
            kind=InputKind.DROP_DOWN_LIST,
            choices=(Choice(value="warm", label="Warm"), Choice(value="dry", label="Dry")),
            is_optional=True,
        ),
        TaskInput(
            name="photos",
            label="Photos",
            purpose="photos",
            kind=InputKind.MULTIPLE_IMAGES,
            is_optional=True,
        ),
        TaskInput(
            name="photo",
            label="Photo",
            purpose="photo",
            kind=InputKind.IMAGE,
            is_optional=True,
            placeholder="one",
        ),
    ]
)


def test_a_filled_form() -> None:
    filled = fill_inputs(
        FORM, {"notes": "  Some notes ", "tone": "dry"}, {"photos": ["a", "b"], "photo": ["c"]}
    )
    assert [item.value for item in filled] == ["Some notes", "dry", ("a", "b"), "c"]
    assert decode_inputs(encode_inputs(filled)) == filled
    assert decode_inputs(encode_inputs(FORM)) == FORM


def test_optional_fields_may_stay_empty() -> None:
    filled = fill_inputs(FORM, {"notes": "x", "tone": " "}, {})
    assert [item.value for item in filled] == ["x", None, None, None]


@pytest.mark.parametrize(
    ("values", "files", "error", "data"),
    [
        ({}, {}, MissingInput, {"name": "notes", "label": "Notes"}),
        ({"notes": " \n"}, {}, MissingInput, {"name": "notes", "label": "Notes"}),
        ({"notes": "\x00"}, {}, MissingInput, {"name": "notes", "label": "Notes"}),
        ({"notes": "x", "other": "y"}, {}, UnknownInput, {"name": "other"}),
        ({"notes": "x"}, {"other": ["y"]}, UnknownInput, {"name": "other"}),
        ({"notes": "x", "tone": "Warm"}, {}, InvalidChoice, {"name": "tone", "label": "Tone"}),
        (
            {"notes": "x" * (MAX_INPUT_LENGTH + 1)},
            {},
            InputTooLong,
            {"name": "notes", "label": "Notes", "limit": MAX_INPUT_LENGTH},
        ),
        (
            {"notes": "x"},
            {"notes": ["f"]},
            WrongInputKind,
            {"name": "notes", "label": "Notes"},
        ),
        (
            {"notes": "x", "photo": "C:\\photo.png"},
            {},
            WrongInputKind,
            {"name": "photo", "label": "Photo"},
        ),
        (
            {"notes": "x"},
            {"photo": ["a", "b"]},
            TooManyFiles,
            {"name": "photo", "label": "Photo", "limit": 1},
        ),
    ],
)
def test_what_a_form_refuses(
    values: dict[str, str], files: dict[str, list[str]], error: type[AppError], data: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        fill_inputs(FORM, values, files)
    assert caught.value.data == data


@pytest.mark.parametrize(
    ("turn", "has_text", "expected"),
    [
        (None, False, ExecutionState.ASKING),
        (TurnState.QUEUED, False, ExecutionState.WRITING),
        (TurnState.RUNNING, True, ExecutionState.WRITING),
        (TurnState.DONE, False, ExecutionState.ASKING),
        (TurnState.DONE, True, ExecutionState.DONE),
        (TurnState.FAILED, False, ExecutionState.FAILED),
        (TurnState.FAILED, True, ExecutionState.FAILED),
        (TurnState.STOPPED, False, ExecutionState.STOPPED),
        (TurnState.STOPPED, True, ExecutionState.STOPPED),
    ],
)
def test_where_an_execution_stands(
    turn: TurnState | None, has_text: bool, expected: ExecutionState
) -> None:
    assert derive_state(turn=turn, has_text=has_text) is expected


def test_a_sitting_ends_by_time_and_by_the_assistant() -> None:
    mine = StoredVersion(
        version_id=VersionId(1),
        produced_text_id=ProducedTextId(1),
        execution_id=None,
        task_id=None,
        index=1,
        title=None,
        body="",
        created_at=NOW,
        edited_at=NOW,
        revision=1,
        author=Author.USER,
        cause=Cause.EDIT,
        ending=Ending.WHOLE,
        restored_index=None,
        message_id=None,
        text_type_id=None,
        catalog_revision=new_id(),
    )
    assert is_same_sitting(mine, NOW + SITTING)
    assert not is_same_sitting(mine, NOW + SITTING + timedelta(seconds=1))
    for cause in (Cause.ANSWER, Cause.CHANGE, Cause.RESTORE):
        assert not is_same_sitting(replace(mine, cause=cause), NOW)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Start of the project", "Start of the project"),
        ('"Start"', "Start"),
        ("one two three four five six seven eight nine ten eleven", "one two three four five six "
         "seven eight nine ten"),
        ("a\nb", "a b"),
        (" ", None),
        ("\x00", None),
        ("x" * 300, "x" * 254 + "…"),
    ],
)  # fmt: skip
def test_titles_are_short(text: str, title: str | None) -> None:
    assert clip_title(text) == title


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("One. Two! Three? Four.", "One. Two! Three?"),
        ("One.\nTwo.", "One. Two."),
        ("Version 1.5 is out.", "Version 1.5 is out."),
        ("", None),
    ],
)
def test_summaries_are_short(text: str, summary: str | None) -> None:
    assert clip_summary(text) == summary


def test_searching_folds_both_sides_and_escapes_wildcards() -> None:
    assert search_text("Été", "ÉCOLE") == "ete\necole"
    assert search_text(None, None) == ""
    assert search_pattern(" ÉTÉ 100% a_b \\ ") == "%ete 100\\% a\\_b \\\\%"
    assert search_pattern("  ") is None
