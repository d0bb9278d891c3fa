"""What a definition may say, and how precisely it is told what it may not."""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.domains.catalog import (
    FieldProblem,
    InvalidTaskDefinition,
    decode_changes,
    decode_definition,
)
from mojodex.domains.catalog.rules.definitions import TaskChanges
from mojodex.domains.catalog.service import EXAMPLES, read_example
from mojodex.domains.catalog.views import choose_language
from tests.domains.catalog.definitions import (
    make_action,
    make_definition,
    make_display,
    make_input,
)

DROP_DOWN = make_input(
    type="drop_down_list", possible_values=[{"value": "a", "displayed_text": "A"}]
)


def problems_of(raw: Any) -> tuple[FieldProblem, ...]:
    with pytest.raises(InvalidTaskDefinition) as caught:
        decode_definition(raw)
    return caught.value.problems


def displays(*inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"task_displayed_data": [make_display("en", *inputs, **changes)]}


@pytest.mark.parametrize(
    ("changes", "field", "reason", "allowed"),
    [
        ({"task_type": "workflow", "steps": []}, "task_type", "cannot be run yet", "instruct"),
        ({"task_type": "chat"}, "task_type", "not one of the allowed", "instruct"),
        ({"surprise": 1}, "surprise", "not a known field", "task_type, name_for_system"),
        ({"name_for_system": "Write Letter"}, "name_for_system", "form", "lower-case"),
        ({"name_for_system": "x" * 101}, "name_for_system", "too long", "at most 100"),
        ({"name_for_system": 7}, "name_for_system", "must be a text", "a text"),
        ({"definition_for_system": "  "}, "definition_for_system", "empty", "at least 1"),
        ({"definition_for_system": "a\x00b"}, "definition_for_system", "NUL", "without NUL"),
        ({"definition_for_system": "\ud800"}, "definition_for_system", "must be a text", ""),
        ({"icon": None}, "icon", "must be a text", ""),
        ({"platforms": ["webapp", "desk"]}, "platforms[1]", "not one of", "'mobile', 'webapp'"),
        ({"platforms": []}, "platforms", "too few", "at least 1"),
        ({"platforms": ["webapp", "webapp"]}, "platforms[1]", "twice", ""),
        ({"platforms": "webapp"}, "platforms", "must be a list", "a list"),
        ({"result_chat_enabled": "yes"}, "result_chat_enabled", "true or false", ""),
        ({"task_displayed_data": []}, "task_displayed_data", "too few", ""),
        (
            {"task_displayed_data": [make_display("fr")]},
            "task_displayed_data",
            "lacks English",
            "language_code en",
        ),
        (
            {"task_displayed_data": [make_display("en"), make_display("en")]},
            "task_displayed_data[1].language_code",
            "twice",
            "",
        ),
        (
            {"task_displayed_data": [make_display("english")]},
            "task_displayed_data[0].language_code",
            "",
            "",
        ),
        (
            displays(make_input(), make_input(type="textarea", input_name="b")),
            "task_displayed_data[0].json_input[1].type",
            "not one of",
            "'text_area', 'image'",
        ),
        (displays(json_input=[]), "task_displayed_data[0].json_input", "too few", "at least 1"),
        (
            displays(make_input(), make_input()),
            "task_displayed_data[0].json_input[1].input_name",
            "twice",
            "",
        ),
        (
            displays(make_input(input_name="my notes")),
            "task_displayed_data[0].json_input[0].input_name",
            "form",
            "letters",
        ),
        (
            displays(
                make_input(type="multiple_images", input_name="photo"),
                make_input(input_name="photo_2"),
            ),
            "task_displayed_data[0].json_input[1].input_name",
            "looks like an image of photo",
            "another name",
        ),
        (
            displays(make_input(type="drop_down_list")),
            "task_displayed_data[0].json_input[0].possible_values",
            "is required",
            "at least one entry",
        ),
        (
            displays(make_input(possible_values=DROP_DOWN["possible_values"])),
            "task_displayed_data[0].json_input[0].possible_values",
            "only for the type drop_down_list",
            "",
        ),
        (
            displays({**DROP_DOWN, "possible_values": DROP_DOWN["possible_values"] * 2}),
            "task_displayed_data[0].json_input[0].possible_values[1].value",
            "twice",
            "",
        ),
        (
            displays({**DROP_DOWN, "possible_values": [{"value": "a", "text": "A"}]}),
            "task_displayed_data[0].json_input[0].possible_values[0].displayed_text",
            "is required",
            "",
        ),
        (
            displays(make_input(optional=1)),
            "task_displayed_data[0].json_input[0].optional",
            "true or false",
            "",
        ),
        (
            {"infos_to_extract": [{"info_name": "a b", "description": "x"}]},
            "infos_to_extract[0].info_name",
            "form",
            "digits and _",
        ),
        (
            {"infos_to_extract": [{"info_name": "a", "description": "x"}] * 2},
            "infos_to_extract[1].info_name",
            "twice",
            "",
        ),
        (
            {"predefined_actions": [make_action(1, "fr")]},
            "predefined_actions[0].displayed_data",
            "lacks English",
            "",
        ),
        (
            {"predefined_actions": [make_action(1), make_action(1)]},
            "predefined_actions[1].task_pk",
            "twice",
            "",
        ),
        (
            {"predefined_actions": [make_action(1, "en", "en")]},
            "predefined_actions[0].displayed_data[1].language_code",
            "twice",
            "",
        ),
        ({"predefined_actions": [make_action(0)]}, "predefined_actions[0].task_pk", "small", "1"),
        (
            {"predefined_actions": [make_action(2**63)]},
            "predefined_actions[0].task_pk",
            "large",
            "",
        ),
    ],
)
def test_a_problem_names_field_reason_and_what_is_allowed(
    changes: Mapping[str, Any], field: str, reason: str, allowed: str
) -> None:
    first = problems_of(make_definition(**changes))[0]
    assert first.field == field
    assert reason in first.reason
    assert allowed in (first.allowed or "")


def test_every_problem_is_told_and_the_first_is_data() -> None:
    raw = make_definition(icon=7)
    del raw["final_instruction"], raw["infos_to_extract"]
    with pytest.raises(InvalidTaskDefinition) as caught:
        decode_definition(raw)
    assert [problem.field for problem in caught.value.problems] == [
        "icon",
        "final_instruction",
        "infos_to_extract",
    ]
    assert caught.value.data == {
        "field": "icon",
        "reason": "must be a text",
        "allowed": "a text",
        "n_problems": 3,
    }


def test_an_unknown_key_is_answered_with_the_keys_of_its_place() -> None:
    unknown = problems_of(make_definition(**displays(make_input(json_inputs=1))))[0]
    assert unknown.field == "task_displayed_data[0].json_input[0].json_inputs"
    assert unknown.allowed is not None
    assert unknown.allowed.startswith("type, input_name")
    action = make_action(1)
    action["displayed_data"][0]["data"]["title"] = "x"
    unknown = problems_of(make_definition(predefined_actions=[action]))[0]
    assert unknown.allowed == "name, button_text, message_prefix"


@pytest.mark.parametrize("raw", [None, [], "x", 3, {}])
def test_what_is_no_object_is_refused(raw: Any) -> None:
    assert problems_of(raw)


def test_the_clock_of_the_sender_is_ignored() -> None:
    decode_definition({**make_definition(), "datetime": "now"})
    decode_changes({"datetime": "now"})


def test_optional_and_placeholder_are_free() -> None:
    decoded = decode_definition(
        make_definition(
            **displays(make_input(optional=True, placeholder=""), DROP_DOWN | {"input_name": "b"})
        )
    )
    inputs = decoded.task_displayed_data[0].json_input
    assert [each.optional for each in inputs] == [True, False]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"icon": None}, "icon"),
        ({"steps": []}, "steps"),
        ({"task_type": "workflow"}, "task_type"),
        ({"platforms": ["webapp", "webapp"]}, "platforms[1]"),
        (
            {"task_displayed_data": [make_display("fr"), make_display("fr")]},
            "task_displayed_data[1].language_code",
        ),
    ],
)
def test_a_change_is_checked_like_a_definition(raw: Mapping[str, Any], field: str) -> None:
    with pytest.raises(InvalidTaskDefinition) as caught:
        decode_changes(raw)
    assert caught.value.data["field"] == field


def test_a_change_may_lack_english() -> None:
    assert decode_changes({"task_displayed_data": [make_display("fr")]}).task_displayed_data


def test_a_definition_is_a_change_of_everything() -> None:
    definition = decode_definition(make_definition())
    changes = TaskChanges.of(definition)
    assert changes.model_dump() == definition.model_dump()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_speak_english_and_french(name: str) -> None:
    definition = decode_definition(read_example(name))
    by_language = {each.language_code: each for each in definition.task_displayed_data}
    assert list(by_language) == ["en", "fr"]
    english, french = by_language["en"].json_input, by_language["fr"].json_input
    assert [each.input_name for each in english] == [each.input_name for each in french]
    assert all(each.placeholder for each in [*english, *french])


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("fr", "fr"), ("fr-CA", "fr"), ("PT-br", "pt-BR"), ("pt", "en"), ("de", "en"), ("", "en")],
)
def test_a_language_falls_back_to_two_letters_then_english(language: str, chosen: str) -> None:
    assert choose_language(dict.fromkeys(["en", "fr", "pt-BR"]), language) == chosen


def test_without_english_any_language_is_better_than_none() -> None:
    assert choose_language({"it": None, "fr": None}, "de") == "fr"
    with pytest.raises(LookupError):
        choose_language({}, "en")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a JSON value."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    found = [path] if path else []
    return found + [place for key, item in items for place in _places(item, (*path, key))]


FULL = make_definition(
    predefined_actions=[make_action(1, "en", "fr")],
    task_displayed_data=[make_display("en", DROP_DOWN, make_input(input_name="b"))],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from(_places(FULL)), JSON)
def test_one_wrong_value_is_named_by_its_place(place: tuple[Any, ...], value: Any) -> None:
    raw = copy.deepcopy(FULL)
    target = raw
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    try:
        decoded = decode_definition(raw)
    except InvalidTaskDefinition as error:
        problems = error.problems
    else:
        problems = ()
        json.dumps(decoded.model_dump()).encode()
    spelled = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)[1:]
    assert {re.split(r"[.\[]", each.field)[0] for each in problems} <= {str(place[0])}
    assert all(each.reason for each in problems)
    if problems and place[-1] not in ("type", "language_code"):
        assert any(
            each.field.startswith(spelled) or spelled.startswith(each.field) for each in problems
        )


@given(st.dictionaries(st.text(max_size=10), JSON, max_size=4))
def test_a_hostile_definition_is_refused_with_words(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidTaskDefinition) as caught:
        decode_definition({**make_definition(), "\x00": 1, **raw, "icon": 1})
    for problem in caught.value.problems:
        problem.field.encode()
        assert "\x00" not in problem.field
        assert len(problem.field) < 300
