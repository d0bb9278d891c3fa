"""Limits of an endpoint: calls wait their turn, and conversations are cut to fit."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    Finished,
    HistoryTrimmed,
    MemoryMeter,
    ModelConfigurationInvalid,
    ModelEvent,
    ModelGateway,
    ModelInfo,
    ModelQuotaSpent,
    ModelRateLimited,
    ModelRequest,
    ModelUnavailable,
    RetryPolicy,
    Role,
    ScriptedModel,
    TextDelta,
    build_engines,
)
from mojodex.platform.llm.engines import estimate_input
from mojodex.platform.llm.limits import LimitedEngine, ModelLimits, fit
from tests.harness.listening import wait_until

WHO = Attribution(purpose="test")


def ask_for(number: int) -> ModelRequest:
    return ModelRequest(messages=(ChatMessage(Role.USER, str(number)),), label="n")


class Gate:
    """An engine whose answers wait until they are let through; `began` has the questions."""

    info = ModelInfo(name="gate", provider="tests")

    def __init__(self) -> None:
        self.began: list[str] = []
        self.times: list[float] = []
        self.open = asyncio.Semaphore(0)

    def has_begun(self, n: int) -> bool:
        return len(self.began) == n

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        self.began.append(request.messages[-1].text)
        self.times.append(asyncio.get_running_loop().time())
        await self.open.acquire()
        async with aclosing(ScriptedModel("fine").stream(request)) as events:
            async for event in events:
                yield event

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


async def drain(engine: LimitedEngine, request: ModelRequest) -> str:
    async with aclosing(engine.stream(request)) as events:
        return "".join([event.text async for event in events if isinstance(event, TextDelta)])


async def test_calls_above_the_limit_wait_in_their_order() -> None:
    gate = Gate()
    engine = LimitedEngine(gate, ModelLimits(max_concurrent=2))
    calls = [asyncio.create_task(drain(engine, ask_for(n))) for n in range(5)]
    await wait_until(lambda: len(gate.began) == 2)
    for n in range(3, 6):
        gate.open.release()
        await wait_until(partial(gate.has_begun, n))
        assert sum(call.done() for call in calls) <= n - 2
    gate.open.release()
    gate.open.release()
    assert await asyncio.gather(*calls) == ["fine"] * 5
    assert gate.began == ["0", "1", "2", "3", "4"]


async def test_who_gives_up_in_the_queue_takes_no_place() -> None:
    gate = Gate()
    engine = LimitedEngine(gate, ModelLimits(max_concurrent=1))
    first, given_up, last = (asyncio.create_task(drain(engine, ask_for(n))) for n in range(3))
    await wait_until(lambda: gate.began)
    given_up.cancel()
    await asyncio.wait([given_up])
    gate.open.release()
    gate.open.release()
    assert list(await asyncio.gather(first, last)) == ["fine", "fine"]
    assert gate.began == ["0", "2"]


async def test_a_failed_call_gives_its_place_back() -> None:
    engine = LimitedEngine(ScriptedModel(ModelUnavailable(), "x"), ModelLimits(max_concurrent=1))
    with pytest.raises(ModelUnavailable):
        await drain(engine, ask_for(1))
    assert await drain(engine, ask_for(2)) == "x"


async def test_no_minute_has_more_calls_than_allowed() -> None:
    gate = Gate()
    for _ in range(7):
        gate.open.release()
    limits = ModelLimits(calls_per_minute=3, period=0.2)
    started = asyncio.get_running_loop().time()
    engine = LimitedEngine(gate, limits)
    assert await asyncio.gather(*(drain(engine, ask_for(n)) for n in range(7))) == ["fine"] * 7
    assert gate.began == [str(n) for n in range(7)]
    # The seventh waits for the fourth's minute to pass, which waited for the first's.
    assert gate.times[6] - started >= 0.4
    assert gate.times[3] - started >= 0.2


def conversation(n: int, size: int = 400) -> tuple[ChatMessage, ...]:
    """A prompt, then turns of 100 tokens each."""
    roles = (Role.USER, Role.ASSISTANT)
    turns = (ChatMessage(roles[k % 2], f"{k:03}".ljust(size, ".")) for k in range(n))
    return (ChatMessage(Role.SYSTEM, "the prompt"), *turns)


def test_a_long_conversation_is_cut_to_fit_and_says_so() -> None:
    request = ModelRequest(messages=conversation(30), label="n", max_tokens=1000)
    cut, n_left_out = fit(request, 2000)
    assert estimate_input(cut.messages) <= 1000
    assert estimate_input(cut.messages) > 700
    kept = [message.text[:3] for message in cut.messages]
    assert kept[:2] == ["the", "000"]
    assert kept[2:] == [f"{k:03}" for k in range(32 - len(kept), 30)]
    assert n_left_out == 30 - (len(kept) - 1)
    told = f"[The next {n_left_out} messages of this conversation are left out"
    assert told in cut.messages[1].text
    # It says less than a tenth more than it needs, and the answer may take all that is left.
    assert 900 <= (cut.max_tokens or 0) <= 1000


def test_a_long_answer_leaves_half_of_a_small_context_to_the_conversation() -> None:
    request = ModelRequest(messages=conversation(30), label="n", max_tokens=16_000)
    cut, n_left_out = fit(request, 4000)
    assert estimate_input(cut.messages) > 1600
    assert n_left_out == 30 - (len(cut.messages) - 1)
    needed = estimate_input(cut.messages)
    assert needed + (cut.max_tokens or 0) <= 4000
    assert (cut.max_tokens or 0) >= 1900
    whole, n_left_out = fit(request, 8000)
    assert n_left_out == 0
    assert whole.messages == request.messages
    assert 4000 <= (whole.max_tokens or 0) < 5000


@pytest.mark.parametrize("tokens", [None, 100_000])
def test_what_fits_is_left_alone(tokens: int | None) -> None:
    request = ModelRequest(messages=conversation(30), label="n")
    assert fit(request, tokens) == (request, 0)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_cannot_be_cut_is_sent_as_it_is(n: int) -> None:
    request = ModelRequest(messages=conversation(n, size=40_000), label="n", max_tokens=100)
    cut, n_left_out = fit(request, 4100)
    assert (cut.messages, n_left_out) == (request.messages, 0)
    assert cut.max_tokens == 100


async def test_what_was_left_out_is_told_by_whoever_answers() -> None:
    small = LimitedEngine(
        ScriptedModel("fine", ModelUnavailable()), ModelLimits(context_tokens=2000)
    )
    gateway = ModelGateway(
        [small, ScriptedModel("all")], MemoryMeter(), retries=RetryPolicy(delays=())
    )
    request = ModelRequest(messages=conversation(30), label="n", max_tokens=1000)
    first, *others = [event async for event in gateway.stream(request, WHO)]
    assert isinstance(first, HistoryTrimmed)
    assert first.n_messages == fit(request, 2000)[1]
    assert not any(isinstance(event, HistoryTrimmed) for event in others)
    # The stand-in was shown everything.
    events = [event async for event in gateway.stream(request, WHO)]
    assert isinstance(events[0], TextDelta)


SECTIONS = """
[openai/main]
openai_api_key = x
max_concurrent = 2
calls_per_minute = 60
context_tokens = 8192

[groq/other]
groq_api_key = y
"""


async def test_limits_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "models.conf").write_text(SECTIONS)
    main, other = build_engines(models_conf=tmp_path / "models.conf")
    assert isinstance(main, LimitedEngine)
    assert not isinstance(other, LimitedEngine)
    assert (main.info.name, other.info.name) == ("main", "other")
    for engine in (main, other):
        await engine.aclose()


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_limit_that_is_no_number_is_named(tmp_path: Path, value: str) -> None:
    (tmp_path / "models.conf").write_text(SECTIONS.replace("= 60", f"= {value}"))
    with pytest.raises(ModelConfigurationInvalid, match="CALLS_PER_MINUTE"):
        build_engines(models_conf=tmp_path / "models.conf")


async def test_each_model_stands_in_for_the_ones_before_it() -> None:
    spent, limited, broken = (
        ScriptedModel(ModelQuotaSpent(), name="spent"),
        ScriptedModel(ModelRateLimited(), name="limited"),
        ScriptedModel(ModelUnavailable(), ModelUnavailable(), name="broken"),
    )
    last = ScriptedModel("fine", name="last")
    meter = MemoryMeter()
    engines = (spent, limited, broken, last)
    gateway = ModelGateway(engines, meter, retries=RetryPolicy(delays=(0.0,)))
    request = ModelRequest(messages=(ChatMessage(Role.USER, "Hello"),), label="n")
    events = [event async for event in gateway.stream(request, WHO)]
    assert isinstance(events[-1], Finished)
    assert events[-1].usage.model == "last"
    assert [len(engine.requests) for engine in engines] == [1, 1, 2, 1]
    assert meter.records[0].n_attempts == 5


async def test_without_a_stand_in_no_credit_is_told_at_once() -> None:
    engine = ScriptedModel(ModelQuotaSpent(), "never")
    gateway = ModelGateway([engine], MemoryMeter(), retries=RetryPolicy(delays=(0.0,)))
    with pytest.raises(ModelQuotaSpent):
        await gateway.complete(ask_for(1), WHO)
    assert len(engine.requests) == 1
