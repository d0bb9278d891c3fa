"""The double: scripts in order and by label, pauses, failures."""

import asyncio

import pytest

from mojodex.platform.llm import (
    ChatMessage,
    Finished,
    FinishReason,
    ModelEvent,
    ModelRequest,
    ModelUnavailable,
    Role,
    ScriptedModel,
    TextDelta,
)


def request(label: str) -> ModelRequest:
    return ModelRequest(messages=(ChatMessage(Role.USER, "x"),), label=label)


async def ask(model: ScriptedModel, label: str = "any") -> list[ModelEvent]:
    return [event async for event in model.stream(request(label))]


async def test_answers_come_in_order_and_by_label() -> None:
    model = ScriptedModel("one", by_label={"title": ["a title"]}, chunk_size=100)
    model.add("two")
    model.add("another title", label="title")
    assert (await ask(model, "title"))[0] == TextDelta("a title")
    assert (await ask(model))[0] == TextDelta("one")
    assert (await ask(model))[0] == TextDelta("two")
    assert (await ask(model, "title"))[0] == TextDelta("another title")
    assert [asked.label for asked in model.requests] == ["title", "any", "any", "title"]
    assert len(model.requests_for("title")) == 2


async def test_no_answer_is_a_mistake_of_the_test() -> None:
    with pytest.raises(AssertionError, match="nothing_scripted"):
        await ask(ScriptedModel(), "nothing_scripted")


async def test_steps_pause_fail_and_end() -> None:
    pause = asyncio.Event()
    model = ScriptedModel(["a", pause, "b", FinishReason.LENGTH], ["c", ModelUnavailable()])
    stream = model.stream(request("any"))
    assert await anext(stream) == TextDelta("a")
    waiting = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    pause.set()
    assert await waiting == TextDelta("b")
    last = await anext(stream)
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.LENGTH
    with pytest.raises(ModelUnavailable):
        await ask(model)
    await stream.aclose()
    assert model.n_abandoned == 0
    stream = model.stream(request("any"))
    model.add(["d", pause, "e"])
    await anext(stream)
    await stream.aclose()
    assert model.n_abandoned == 1
