"""Answers as values: what is read, what is mended, and when it ends."""

from dataclasses import replace

import pytest
from pydantic import BaseModel, RootModel

from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    ContractKind,
    DemoModel,
    FinishReason,
    MalformedAnswer,
    MemoryMeter,
    ModelGateway,
    ModelRequest,
    OutputContract,
    Role,
    ScriptedModel,
)
from mojodex.platform.llm.structured import SCHEMA_MARK, extract_json

REQUEST = ModelRequest(messages=(ChatMessage(Role.USER, "Find the to-dos"),), label="todos")
WHO = Attribution(purpose="test")


class Todo(BaseModel):
    what: str
    days: int


class Todos(BaseModel):
    todos: list[Todo]


GOOD = '{"todos": [{"what": "call Ada", "days": 2}]}'
VALUE = Todos(todos=[Todo(what="call Ada", days=2)])


async def structured(engine: ScriptedModel, **options: int) -> Todos:
    gateway = ModelGateway([engine], MemoryMeter())
    return await gateway.structured(REQUEST, Todos, WHO, **options)


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"Here it is:\n```json\n{GOOD}\n```\nBye",
        f"Sure! {GOOD} Anything else?",
        f"  {GOOD}\n",
    ],
)
async def test_talk_and_fences_are_borne(answer: str) -> None:
    engine = ScriptedModel(answer)
    assert await structured(engine) == VALUE
    assert len(engine.requests) == 1


async def test_the_schema_is_asked_for_in_words_and_in_json_mode() -> None:
    engine = ScriptedModel(GOOD)
    await structured(engine)
    (request,) = engine.requests
    assert request.is_json
    assert request.messages[0].text.startswith("Find the to-dos\n\n")
    assert SCHEMA_MARK in request.messages[0].text
    assert "JSON" in request.messages[0].text
    assert request.contract.kind is ContractKind.JSON


async def test_a_prompt_with_a_json_contract_speaks_for_itself() -> None:
    schema = {"type": "object", "properties": {"todos": {"type": "array"}}}
    contract = OutputContract(kind=ContractKind.JSON, schema=schema)
    engine = ScriptedModel(GOOD)
    gateway = ModelGateway([engine], MemoryMeter())
    await gateway.structured(replace(REQUEST, contract=contract), Todos, WHO)
    assert engine.requests[0].messages == REQUEST.messages
    assert engine.requests[0].contract.schema == schema


async def test_mistakes_are_shown_and_mended() -> None:
    wrong = '{"todos": [{"what": 1}]}'
    engine = ScriptedModel(wrong, "nothing at all", GOOD)
    assert await structured(engine) == VALUE
    second, third = engine.requests[1:]
    assert second.messages[-2] == ChatMessage(Role.ASSISTANT, wrong)
    assert "todos.0.days: Field required" in second.messages[-1].text
    assert "todos.0.what" in second.messages[-1].text
    assert len(third.messages) == len(second.messages)
    assert third.messages[-2].text == "nothing at all"


async def test_repairs_are_bounded() -> None:
    meter = MemoryMeter()
    engine = ScriptedModel(*["[]"] * 9)
    gateway = ModelGateway([engine], meter)
    with pytest.raises(MalformedAnswer) as caught:
        await gateway.structured(REQUEST, Todos, WHO, max_repairs=2)
    assert len(engine.requests) == 3
    assert len(meter.records) == 3
    assert caught.value.data["attempts"] == 3
    assert caught.value.data["label"] == "todos"
    assert caught.value.data["answer"] == "[]"


async def test_an_answer_cut_by_length_says_so() -> None:
    engine = ScriptedModel(['{"todos": [', FinishReason.LENGTH])
    with pytest.raises(MalformedAnswer, match="limit of tokens"):
        await structured(engine, max_repairs=0)


async def test_an_empty_answer_is_a_mistake() -> None:
    engine = ScriptedModel([], GOOD)
    assert await structured(engine) == VALUE


async def test_many_mistakes_are_not_all_told() -> None:
    many = '{"todos": [' + ",".join(["{}"] * 50) + "]}"
    engine = ScriptedModel(many, GOOD)
    await structured(engine)
    assert engine.requests[1].messages[-1].text.count("Field required") == 8


async def test_lists_do_without_json_mode() -> None:
    class Words(RootModel[list[str]]):
        pass

    engine = ScriptedModel('["a", "b"]')
    gateway = ModelGateway([engine], MemoryMeter())
    assert (await gateway.structured(REQUEST, Words, WHO)).root == ["a", "b"]
    assert not engine.requests[0].is_json


async def test_the_demo_model_fits_the_schema_at_once() -> None:
    gateway = ModelGateway([DemoModel(pace=0)], MemoryMeter())
    value = await gateway.structured(REQUEST, Todos, WHO, max_repairs=0)
    assert value.todos


@pytest.mark.parametrize("text", ["", "none", "```", "```json", "} {", "42"])
def test_what_is_no_json_is_left_as_it_is(text: str) -> None:
    assert extract_json(text) == text


@pytest.mark.parametrize("flood", ["```\n" * 200_000, "{" * 1_000_000, "```" + "\n" * 1_000_000])
async def test_floods_end_soon(flood: str) -> None:
    engine = ScriptedModel([flood])
    with pytest.raises(MalformedAnswer):
        await structured(engine, max_repairs=0)
