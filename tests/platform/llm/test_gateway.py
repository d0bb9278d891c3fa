"""The gateway: one path, retries, stand-in, metering of every call."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from mojodex.kit.ids import new_id
from mojodex.platform.db import Database, TransactionOpen
from mojodex.platform.llm import (
    UNSEEN_PICTURES,
    Attribution,
    ChatMessage,
    DatabaseMeter,
    Finished,
    FinishReason,
    ImagePart,
    MemoryMeter,
    ModelGateway,
    ModelInfo,
    ModelKeyWrong,
    ModelNotConfigured,
    ModelRateLimited,
    ModelRequest,
    ModelStreamCut,
    ModelUnavailable,
    PicturesHidden,
    PicturesRefused,
    RetryPolicy,
    Role,
    ScriptedModel,
    TextDelta,
    UsageRecord,
)
from mojodex.platform.llm.tables import ModelUsageRow
from tests.platform.llm.wire import (
    DONE,
    STOP,
    End,
    Reply,
    chunk,
    engine_at,
    plain,
    says,
    sse_head,
    stream,
    wire_server,
)

REQUEST = ModelRequest(messages=(ChatMessage(Role.USER, "Hello there"),), label="greeting")
WHO = Attribution(purpose="test")
AT_ONCE = RetryPolicy(delays=(0.0, 0.0))


def gateway_of(*engines: ScriptedModel, meter: MemoryMeter | None = None) -> ModelGateway:
    return ModelGateway(engines, meter or MemoryMeter(), retries=AT_ONCE)


async def test_streaming_and_whole_are_one_path() -> None:
    engine = ScriptedModel("Hello world", "Hello world", chunk_size=4)
    gateway = gateway_of(engine)
    async with aclosing(gateway.stream(REQUEST, WHO)) as events:
        seen = [event async for event in events]
    assert seen[:-1] == [TextDelta("Hell"), TextDelta("o wo"), TextDelta("rld")]
    assert isinstance(seen[-1], Finished)
    completion = await gateway.complete(REQUEST, WHO)
    assert completion.text == "Hello world"
    assert completion.reason is FinishReason.STOP
    assert engine.requests == [REQUEST, REQUEST]


async def test_failures_before_the_first_word_are_tried_again() -> None:
    meter = MemoryMeter()
    engine = ScriptedModel(ModelUnavailable(), ModelUnavailable(), "fine")
    assert (await gateway_of(engine, meter=meter).complete(REQUEST, WHO)).text == "fine"
    (record,) = meter.records
    assert (record.outcome, record.n_attempts, record.error_code) == ("finished", 3, None)


async def test_tries_are_bounded() -> None:
    engine = ScriptedModel(*[ModelUnavailable()] * 9)
    with pytest.raises(ModelUnavailable):
        await gateway_of(engine).complete(REQUEST, WHO)
    assert len(engine.requests) == 3


async def test_nothing_is_tried_again_after_the_first_word() -> None:
    meter = MemoryMeter()
    engine = ScriptedModel(["half", ModelStreamCut()], "whole")
    with pytest.raises(ModelStreamCut):
        await gateway_of(engine, meter=meter).complete(REQUEST, WHO)
    (record,) = meter.records
    assert (record.outcome, record.error_code) == ("failed", "model_stream_cut")
    assert record.usage.is_estimated
    assert record.usage.output_tokens == 1


async def test_a_refusal_is_final() -> None:
    engine, stand_in = ScriptedModel(ModelKeyWrong()), ScriptedModel("x")
    with pytest.raises(ModelKeyWrong):
        await gateway_of(engine, stand_in).complete(REQUEST, WHO)
    assert len(engine.requests) == 1
    assert stand_in.requests == []


async def test_the_stand_in_takes_over_at_once_from_a_limited_model() -> None:
    meter = MemoryMeter()
    main, stand_in = ScriptedModel(ModelRateLimited()), ScriptedModel("fine", name="second")
    gateway = gateway_of(main, stand_in, meter=meter)
    assert (await gateway.complete(REQUEST, WHO)).text == "fine"
    assert len(main.requests) == 1
    assert meter.records[0].usage.model == "second"


async def test_the_stand_in_takes_over_after_the_tries() -> None:
    main = ScriptedModel(*[ModelUnavailable()] * 3)
    stand_in = ScriptedModel(ModelUnavailable(), "fine")
    assert (await gateway_of(main, stand_in).complete(REQUEST, WHO)).text == "fine"
    assert len(main.requests) == 3


async def test_a_model_named_alone_has_no_stand_in() -> None:
    main, other = ScriptedModel(ModelRateLimited(retry_after=99)), ScriptedModel("x", name="b")
    gateway = gateway_of(main, other)
    with pytest.raises(ModelRateLimited):
        await gateway.complete(replace(REQUEST, models=("scripted",)), WHO)
    assert other.requests == []


def test_the_delay_honours_the_advice_within_bounds() -> None:
    policy = RetryPolicy(delays=(1.0, 1.0), longest_wait=30)
    usual = policy.delay(0, ModelUnavailable())
    assert usual is not None
    assert 0.75 <= usual <= 1.25
    assert policy.delay(0, ModelRateLimited(retry_after=7)) == 7
    assert policy.delay(0, ModelRateLimited(retry_after=31)) is None
    assert policy.delay(2, ModelUnavailable()) is None
    assert policy.delay(0, ModelKeyWrong()) is None


async def test_retry_after_is_waited_for_on_the_wire() -> None:
    limited = plain(429, {"error": {"message": "slow"}}, "retry-after-ms: 200")
    fine = stream(says("fine"), STOP, DONE)
    async with wire_server(limited, fine) as wire, engine_at(wire.url) as engine:
        await engine.warm_up()
        gateway = ModelGateway([engine], MemoryMeter(), retries=AT_ONCE)
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert (await gateway.complete(REQUEST, WHO)).text == "fine"
        assert loop.time() - started >= 0.2


def test_models_are_chosen_in_order_of_preference() -> None:
    gateway = gateway_of(ScriptedModel(name="a"), ScriptedModel(name="b"))
    assert gateway.default_model.name == "a"
    assert gateway.choose(["x", "b", "default"]).name == "b"
    assert gateway.choose(["x", "default"]).name == "a"
    with pytest.raises(ModelNotConfigured) as caught:
        gateway.choose(["x", "y"])
    assert caught.value.data == {"accepted": "x, y", "configured": "a, b"}


def test_a_gateway_needs_an_engine() -> None:
    with pytest.raises(ValueError):
        ModelGateway([], MemoryMeter())


async def test_refuses_to_run_inside_a_transaction(db: Database) -> None:
    engine = ScriptedModel("x")
    async with db.begin():
        with pytest.raises(TransactionOpen):
            await gateway_of(engine).complete(REQUEST, WHO)
        with pytest.raises(TransactionOpen):
            await anext(engine.stream(REQUEST))
    assert engine.requests == []


async def rows(db: Database) -> list[ModelUsageRow]:
    async with db.begin() as tx:
        return list(await tx.scalars(select(ModelUsageRow).order_by(ModelUsageRow.model_usage_pk)))


async def test_usage_is_written_with_its_attribution(db: Database) -> None:
    who = Attribution(purpose="turn", user_id=new_id(), execution_id=12, step_id=3, task="minutes")
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    tail = b"data: " + orjson.dumps({"choices": [], "usage": usage}) + b"\n\n"
    reply = stream(says("Hello"), STOP, tail, DONE)
    async with wire_server(reply) as wire, engine_at(wire.url) as engine:
        await ModelGateway([engine], DatabaseMeter(db)).complete(REQUEST, who)
    (row,) = await rows(db)
    assert (row.user_id, row.execution_id, row.step_id) == (who.user_id, 12, 3)
    assert (row.purpose, row.task, row.label) == ("turn", "minutes", "greeting")
    assert (row.provider, row.model, row.outcome) == ("openai", "model-x", "finished")
    assert (row.input_tokens, row.output_tokens, row.is_estimated) == (7, 3, False)
    assert row.first_token_ms is not None
    assert row.duration_ms >= row.first_token_ms
    assert row.cost_usd is None


async def test_failed_and_abandoned_calls_are_written_too(db: Database) -> None:
    waiting = asyncio.Event()
    engine = ScriptedModel(["one ", "two ", waiting], ModelKeyWrong(), ["three", waiting])
    gateway = ModelGateway([engine], DatabaseMeter(db))
    async with aclosing(gateway.stream(REQUEST, WHO)) as events:
        assert await anext(events) == TextDelta("one ")
        assert await anext(events) == TextDelta("two ")
    with pytest.raises(ModelKeyWrong):
        await gateway.complete(REQUEST, WHO)
    task = asyncio.create_task(gateway.complete(REQUEST, WHO))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left, failed, cancelled = await rows(db)
    assert (left.outcome, left.is_estimated, left.output_tokens) == ("cancelled", True, 2)
    assert (failed.outcome, failed.error_code) == ("failed", "model_key_wrong")
    assert failed.first_token_ms is None
    assert (cancelled.outcome, cancelled.output_tokens) == ("cancelled", 2)
    assert engine.n_abandoned == 2


async def test_a_call_cancelled_twice_is_still_counted() -> None:
    class SlowMeter(MemoryMeter):
        async def record(self, record: UsageRecord) -> None:
            await asyncio.sleep(0.05)
            await super().record(record)

    meter = SlowMeter()
    gateway = gateway_of(ScriptedModel(["x", asyncio.Event()]), meter=meter)
    task = asyncio.create_task(gateway.complete(REQUEST, WHO))
    for _ in range(2):
        await asyncio.sleep(0.02)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gateway.aclose()
    assert [record.outcome for record in meter.records] == ["cancelled"]


async def test_a_lost_row_does_not_lose_the_answer() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none")
    gateway = ModelGateway([ScriptedModel("fine")], DatabaseMeter(db))
    assert (await gateway.complete(REQUEST, WHO)).text == "fine"
    await db.close()


async def test_leaving_early_is_seen_by_the_endpoint() -> None:
    reply: Reply = [sse_head(), chunk(says("one")), End.HANG]
    meter = MemoryMeter()
    async with wire_server(reply) as wire, engine_at(wire.url) as engine:
        gateway = ModelGateway([engine], meter)
        async with aclosing(gateway.stream(REQUEST, WHO)) as events:
            await anext(events)
        await asyncio.wait_for(wire.client_left.wait(), 2)
    assert meter.records[0].outcome == "cancelled"


async def test_an_endless_engine_is_named() -> None:
    class Silent(ScriptedModel):
        async def stream(self, request: ModelRequest) -> Any:
            yield TextDelta("x")

    with pytest.raises(ModelStreamCut):
        await gateway_of(Silent()).complete(REQUEST, WHO)


async def test_warming_up_and_closing_reach_all_engines() -> None:
    gateway = gateway_of(ScriptedModel(), ScriptedModel(name="b"))
    await gateway.warm_up()
    await gateway.aclose()
    assert [info.name for info in gateway.models] == ["scripted", "b"]


PICTURE = ImagePart(data=b"\x89PNG", media_type="image/png")
SHOWN = ModelRequest(
    messages=(ChatMessage(Role.SYSTEM, "Look"), ChatMessage(Role.USER, "Here", (PICTURE,))),
    label="picture",
)
REFUSED = PicturesRefused(model="scripted", provider="scripted", detail="no images")


async def test_a_model_that_refuses_pictures_is_asked_again_without() -> None:
    meter = MemoryMeter()
    engine = ScriptedModel(REFUSED, "I see nothing")
    events = [event async for event in gateway_of(engine, meter=meter).stream(SHOWN, WHO)]
    assert events[0] == PicturesHidden()
    assert (
        "".join(event.text for event in events if isinstance(event, TextDelta)) == "I see nothing"
    )
    first, again = engine.requests
    assert first == SHOWN
    assert again.messages[0] == SHOWN.messages[0]
    assert again.messages[1] == ChatMessage(Role.USER, f"Here\n\n{UNSEEN_PICTURES}")
    (record,) = meter.records
    assert (record.outcome, record.n_attempts) == ("finished", 2)
    whole = await gateway_of(ScriptedModel(REFUSED, "Nothing")).complete(SHOWN, WHO)
    assert whole.text == "Nothing"


async def test_pictures_are_refused_once_only_and_not_in_mid_answer() -> None:
    for steps in ([REFUSED, REFUSED], [["Well", REFUSED]]):
        meter = MemoryMeter()
        with pytest.raises(PicturesRefused):
            await gateway_of(ScriptedModel(*steps), meter=meter).complete(SHOWN, WHO)
        assert [record.error_code for record in meter.records] == ["model_pictures_refused"]
    with pytest.raises(PicturesRefused):
        await gateway_of(ScriptedModel(REFUSED)).complete(REQUEST, WHO)


async def test_a_model_without_vision_is_never_shown_pictures() -> None:
    class Blind(ScriptedModel):
        @property
        def info(self) -> ModelInfo:
            return replace(super().info, has_vision=False)

    engine = Blind("One", "Two")
    gateway = gateway_of(engine)
    events = [event async for event in gateway.stream(SHOWN, WHO)]
    assert events[0] == PicturesHidden()
    assert not any(message.images for message in engine.requests[0].messages)
    plain_events = [event async for event in gateway.stream(REQUEST, WHO)]
    assert PicturesHidden() not in plain_events
