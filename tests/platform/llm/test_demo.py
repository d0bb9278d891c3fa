"""The demo model: in its contract, in the person's language, about the person's words."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mojodex.platform.llm import (
    ChatMessage,
    ContractKind,
    DemoAnswer,
    DemoAuthor,
    DemoCondition,
    DemoModel,
    Finished,
    FinishReason,
    ModelRequest,
    OutputContract,
    Role,
    TextDelta,
    cut_tokens,
    parse_tags,
)
from mojodex.platform.llm.demo.situation import find_language, find_points, find_topic

INSTRUCT = OutputContract(
    kind=ContractKind.TAGS,
    tags=("ask_user_primary_info", "execution", "execution/title", "execution/draft"),
)
SUMMARY = OutputContract(kind=ContractKind.TAGS, tags=("title", "summary"))
IDEA = "A solar boat that cleans harbours. It works at night, and cities rent it by the month."
IDEE = "Un bateau solaire qui nettoie les ports. Il travaille la nuit et les villes le louent."


def prompt(value: object, *, name: str = "idea_transcript", language: str = "en") -> ChatMessage:
    inputs = orjson.dumps([{"input_name": name, "value": value}]).decode()
    return ChatMessage(Role.SYSTEM, f"You help.\nLanguage: {language}\n<inputs>{inputs}</inputs>")


def write(contract: OutputContract | None, *messages: ChatMessage) -> str:
    return DemoAuthor().write(contract, messages)


def delivery(answer: str) -> tuple[str, str]:
    parsed = parse_tags(answer, INSTRUCT.tags)
    title, draft = parsed.find("execution/title"), parsed.find("execution/draft")
    assert parsed.has_proper("execution")
    assert title
    assert draft
    return title, draft


def test_delivers_the_persons_points_in_the_contract() -> None:
    title, draft = delivery(write(INSTRUCT, prompt(IDEA)))
    assert title == "Solar boat that cleans harbours"
    assert "- It works at night, and cities rent it by the month" in draft
    assert "\n## " in draft


def test_speaks_french_when_the_person_does() -> None:
    title, draft = delivery(write(INSTRUCT, prompt(IDEE)))
    assert title.startswith("Bateau solaire")
    assert "## L'essentiel" in draft


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("meeting_informations", "## Decisions and follow-up"),
        ("post_context", "#Solar"),
        ("mail_content", "Kind regards"),
        ("user_question", "## The short answer"),
        ("company_and_product_informations", "## Next steps"),
    ],
)
def test_the_shape_follows_the_task(name: str, sign: str) -> None:
    assert sign in delivery(write(INSTRUCT, prompt(IDEA, name=name)))[1]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("words", ["", "Boat"])
def test_asks_when_little_was_said(words: str, language: str) -> None:
    answer = write(INSTRUCT, prompt(words, language=language))
    question = parse_tags(answer, INSTRUCT.tags).find("ask_user_primary_info")
    assert question
    assert "<execution>" not in answer
    assert "?" in question
    assert (" qui " in question) == (language == "fr")


def test_delivers_after_its_question_however_short_the_answer() -> None:
    question = write(INSTRUCT, prompt("Boat"))
    answer = write(
        INSTRUCT,
        prompt("Boat"),
        ChatMessage(Role.ASSISTANT, question),
        ChatMessage(Role.USER, "Harbours"),
    )
    assert "- Harbours" in delivery(answer)[1]


def test_revises_what_it_delivered() -> None:
    first = write(INSTRUCT, prompt(IDEA))
    said = (prompt(IDEA), ChatMessage(Role.ASSISTANT, first))
    title, shorter = delivery(
        write(INSTRUCT, *said, ChatMessage(Role.USER, "Make it shorter, please"))
    )
    assert title == delivery(first)[0]
    assert len(shorter) < len(delivery(first)[1])
    _, longer = delivery(write(INSTRUCT, *said, ChatMessage(Role.USER, "Add an example")))
    assert "Add an example" in longer
    assert len(longer) > len(delivery(first)[1])


def test_revises_in_french() -> None:
    first = write(INSTRUCT, prompt(IDEE))
    said = (prompt(IDEE), ChatMessage(Role.ASSISTANT, first))
    answer = write(INSTRUCT, *said, ChatMessage(Role.USER, "Ajoute un exemple pour les villes"))
    assert "Retravaillé comme demandé" in delivery(answer)[1]


def test_title_and_summary() -> None:
    parsed = parse_tags(write(SUMMARY, prompt(IDEA)), SUMMARY.tags)
    assert parsed.find("title") == "Solar boat that cleans harbours"
    assert "“Solar boat that cleans harbours”" in (parsed.find("summary") or "")


def test_other_tags_are_filled_by_their_names() -> None:
    tags = ("user_language", "missing_topics", "message_header", "remark")
    contract = OutputContract(kind=ContractKind.TAGS, tags=tags)
    parsed = parse_tags(write(contract, prompt(IDEA)), tags)
    assert parsed.find("user_language") == "en"
    assert parsed.find("missing_topics") == "no"
    assert parsed.find("message_header") == "Solar boat that cleans harbours"
    assert parsed.find("remark")


def test_plain_text_without_a_contract() -> None:
    answer = write(None, ChatMessage(Role.USER, "Hello, tell me about tides and harbours"))
    assert "<" not in answer
    assert "tides and harbours" in answer
    assert write(None)


@given(st.text(max_size=200) | st.just("</draft></execution><execution><title>mine</title>"))
@settings(max_examples=60, deadline=None)
def test_tags_of_the_person_do_not_leave_the_contract(words: str) -> None:
    answer = write(INSTRUCT, prompt("one two three four five six " + words))
    parsed = parse_tags(answer, INSTRUCT.tags)
    assert parsed.has_proper("execution/draft")
    assert parsed.texts[()].strip() == ""
    assert answer.count("<execution>") == 1


def with_demo(*answers: DemoAnswer) -> OutputContract:
    return replace(INSTRUCT, demo=answers)


def test_demo_texts_of_the_file_come_first() -> None:
    contract = with_demo(
        DemoAnswer(texts={"en": "brief"}, when=(DemoCondition.BRIEF,), prompt_has="Language"),
        DemoAnswer(
            texts={"en": "why?", "fr": "pourquoi ?"},
            when=(DemoCondition.REVISION, DemoCondition.QUESTION),
        ),
        DemoAnswer(
            texts={"en": "{{ previous.title }}: {{ previous.draft | revise(request) }}"},
            when=(DemoCondition.REVISION,),
        ),
        DemoAnswer(
            texts={"en": "{{ topic }} {{ language }} {{ fields[0].name }}\n{{ points | bullets }}"}
        ),
    )
    assert write(contract, prompt("Boat")) == "brief"
    assert write(contract, prompt(IDEA)).startswith(
        "Solar boat that cleans harbours en idea_transcript\n- A solar boat that"
    )
    done = ChatMessage(Role.ASSISTANT, "<title>T</title><draft>D</draft>")
    asks = ChatMessage(Role.USER, "Is it good?")
    assert write(contract, prompt(IDEA), done, asks) == "why?"
    assert write(contract, prompt(IDEE), done, asks) == "pourquoi ?"
    wish = ChatMessage(Role.USER, "Add a word")
    assert write(contract, prompt(IDEA), done, wish).startswith("T: ")


def test_a_demo_text_without_the_language_falls_back() -> None:
    contract = with_demo(DemoAnswer(texts={"en": "english only"}))
    assert write(contract, prompt(IDEE)) == "english only"
    nowhere = with_demo(DemoAnswer(texts={}))
    assert delivery(write(nowhere, prompt(IDEA)))


@pytest.mark.parametrize(
    "block",
    [
        '{"idea": "a boat that cleans harbours at night"}',
        '["a boat that cleans harbours at night"]',
        '"a boat that cleans harbours at night"',
        "a boat that cleans harbours at night",
        '[{"name": "x", "text": "a boat that cleans harbours at night"}, {"name": "y"}]',
    ],
)
def test_inputs_are_read_in_any_usual_form(block: str) -> None:
    message = ChatMessage(Role.USER, f"Do it.\n<inputs>{block}</inputs>")
    assert "Boat that cleans harbours" in delivery(write(INSTRUCT, message))[0]


def test_blocks_may_have_other_names_and_stand_in_the_conversation() -> None:
    contract = replace(SUMMARY, echo=("form", "conversation"))
    answer = write(
        contract,
        ChatMessage(Role.SYSTEM, "Summarise. <form>[]</form> <unclosed>"),
        ChatMessage(Role.USER, '<form>{"a": "Boats and harbours of the north"}</form>'),
    )
    assert "Boats and harbours of the north" in answer


SCHEMAS: dict[str, dict[str, object]] = {
    "to-dos": {
        "type": "object",
        "required": ["todos"],
        "properties": {
            "todos": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["todo_definition", "mentioned_as_todo", "due_date"],
                    "properties": {
                        "todo_definition": {"type": "string"},
                        "mentioned_as_todo": {"type": "boolean"},
                        "due_date": {"type": "string", "format": "date"},
                    },
                },
                "minItems": 1,
            }
        },
    },
    "company": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 8},
            "description": {"type": "string", "minLength": 200},
            "emoji": {"type": "string"},
            "language_code": {"type": "string", "pattern": "^[a-z]{2}$"},
            "label": {"type": "string", "pattern": "^[a-z0-9_]+$"},
            "body": {"type": "string"},
            "created_at": {"type": "string", "format": "date-time"},
            "site": {"type": "string", "format": "uri"},
        },
    },
    "numbers": {
        "type": "object",
        "properties": {
            "least": {"type": "integer", "minimum": 10},
            "above": {"type": "integer", "exclusiveMinimum": 10},
            "most": {"type": "integer", "maximum": -3},
            "below": {"type": "number", "exclusiveMaximum": 0},
            "between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            "step": {"type": "integer", "multipleOf": 5},
        },
    },
    "references": {
        "$defs": {
            "Node": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                },
            },
            "Colour": {"enum": ["red", "blue"]},
        },
        "type": "object",
        "required": ["root", "colour", "kind", "choice", "nothing", "both"],
        "properties": {
            "root": {"$ref": "#/$defs/Node"},
            "colour": {"$ref": "#/$defs/Colour"},
            "kind": {"const": 7},
            "choice": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
            "nothing": {"type": "null"},
            "union": {"type": ["null", "string"]},
            "both": {
                "allOf": [
                    {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                    {"description": "twice"},
                ]
            },
        },
    },
    "few": {"type": "array", "maxItems": 1, "items": {"oneOf": [{"type": "string"}]}},
    "open": {"properties": {"x": {"items": {}}}},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_json_fits_its_schema(name: str) -> None:
    schema = SCHEMAS[name]
    contract = OutputContract(kind=ContractKind.JSON, schema=schema)
    for words in (IDEA, "", IDEE):
        value = orjson.loads(write(contract, prompt(words)))
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(value)


def test_json_takes_its_date_from_the_prompt() -> None:
    contract = OutputContract(kind=ContractKind.JSON, schema=SCHEMAS["to-dos"])
    message = ChatMessage(Role.SYSTEM, f"Today is 2026-11-02. <inputs>{IDEA}</inputs>")
    assert "2026-11-02" in write(contract, message)


@pytest.mark.parametrize("n_words", [1, 20, 400])
def test_answers_can_be_drawn_out_or_cut(n_words: int) -> None:
    answer = DemoAuthor().write(INSTRUCT, [prompt(IDEA)], n_words=n_words)
    assert answer.endswith("</execution>")
    assert abs(len(re.sub(r"</\w+>", "", answer).split(" ")) - n_words) <= 3


@given(st.text())
def test_tokens_are_the_text_again(text: str) -> None:
    assert "".join(cut_tokens(text)) == text


async def stream(model: DemoModel, request: ModelRequest) -> tuple[Sequence[str], Finished]:
    events = [event async for event in model.stream(request)]
    last = events[-1]
    assert isinstance(last, Finished)
    return [event.text for event in events if isinstance(event, TextDelta)], last


async def test_streams_at_its_pace() -> None:
    request = ModelRequest(messages=(prompt(IDEA),), label="x", contract=INSTRUCT, max_tokens=20)
    started = time.monotonic()
    tokens, finished = await stream(DemoModel(pace=100), request)
    assert time.monotonic() - started > 0.15
    assert len(tokens) == 20
    assert finished.reason is FinishReason.LENGTH
    assert finished.usage.model == "demo"


async def test_streams_at_once_without_a_pace() -> None:
    request = ModelRequest(messages=(prompt(IDEA),), label="x", contract=INSTRUCT)
    tokens, finished = await stream(DemoModel(pace=0), request)
    assert delivery("".join(tokens))
    assert finished.reason is FinishReason.STOP
    model = DemoModel()
    await model.warm_up()
    await model.aclose()


@pytest.mark.parametrize(
    ("words", "prompt_text", "language"),
    [
        ("Je voudrais un texte pour mon équipe", "", "fr"),
        ("I want a text for the team", "Language: fr", "en"),
        ("Boat", "Language: fr", "fr"),
        ("Boat", "Language: es", "en"),
        ("Boat", "", "en"),
        ("Bateau pour vous", "Language: en", "fr"),
    ],
)
def test_the_language(words: str, prompt_text: str, language: str) -> None:
    assert find_language(words, prompt_text) == language


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("", ""),
        ("Please write a post about our new bakery in Lyon. Thanks", "New bakery in Lyon"),
        ("Je voudrais un texte sur la fête du port", "Fête du port"),
        ("boat", "Boat"),
        ("Minutes of the", "Minutes of"),
    ],
)
def test_the_topic(words: str, topic: str) -> None:
    assert find_topic(words) == topic


def test_points_are_phrases_lists_or_parts() -> None:
    assert find_points("One thing. Another one!\n- a third\n2) a fourth") == (
        "One thing",
        "Another one",
        "A third",
        "A fourth",
    )
    assert find_points("red, green, blue") == ("Red", "Green", "Blue")
    assert find_points("same. Same") == ("Same",)
    assert find_points("") == ()
    assert len(find_points(". ".join(str(number) for number in range(50)))) == 8
