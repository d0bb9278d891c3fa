"""The mock endpoint as its users meet it: over HTTP, and through our own gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace

import aiohttp
import orjson
import pytest
from pydantic import BaseModel

from mojodex.apps.mock_llm import (
    MockKnobs,
    MockLlm,
    RunningMock,
    now_us,
    read_stamps,
    run_mock_llm,
    serve_mock_llm,
)
from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    ContractKind,
    DemoAuthor,
    MemoryMeter,
    ModelGateway,
    ModelRateLimited,
    ModelRequest,
    ModelStreamCut,
    ModelUnavailable,
    OutputContract,
    RetryPolicy,
    Role,
    build_engines,
    parse_tags,
)
from mojodex.platform.prompts import PromptLibrary

AT_ONCE = MockKnobs(first_token=0, between_tokens=0)
CONTRACT = OutputContract(kind=ContractKind.TAGS, tags=("title", "summary"))
ASKED: dict[str, object] = {
    "model": "any",
    "messages": [{"role": "user", "content": "Tell me about boats and harbours"}],
}
WHO = Attribution(purpose="test")


@pytest.fixture
async def running() -> AsyncIterator[RunningMock]:
    contracts = {"title_only": CONTRACT}
    async with run_mock_llm(AT_ONCE, find_contract=contracts.get) as mock:
        yield mock


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def gateway_of(running: RunningMock, retries: RetryPolicy | None = None) -> ModelGateway:
    engines = build_engines(openai_base_url=running.url, chat_model="any")
    return ModelGateway(engines, MemoryMeter(), retries=retries or RetryPolicy(delays=()))


def request(label: str = "none") -> ModelRequest:
    words = ChatMessage(Role.USER, "Tell me about boats and harbours")
    return ModelRequest(messages=(words,), label=label)


async def post(
    http: aiohttp.ClientSession, url: str, body: object, **headers: str
) -> tuple[int, dict[str, object]]:
    async with http.post(f"{url}/chat/completions", json=body, headers=headers) as response:
        return response.status, orjson.loads(await response.read())


def text_of(body: dict[str, object]) -> str:
    choices = body["choices"]
    assert isinstance(choices, list)
    return str(choices[0]["message"]["content"])


async def test_lists_its_model(running: RunningMock, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{running.url}/models") as response:
        assert (await response.json())["data"][0]["id"] == "demo"


async def test_answers_whole(running: RunningMock, http: aiohttp.ClientSession) -> None:
    status, body = await post(http, running.url, ASKED)
    assert status == 200
    assert "boats and harbours" in text_of(body)
    usage = body["usage"]
    assert isinstance(usage, dict)
    assert usage["completion_tokens"] > 0


async def test_streams_events(running: RunningMock, http: aiohttp.ClientSession) -> None:
    asked = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}
    async with http.post(f"{running.url}/chat/completions", json=asked) as response:
        assert response.content_type == "text/event-stream"
        lines = (await response.read()).decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [orjson.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] == len(chunks) - 3


async def test_words_carry_their_number_and_time() -> None:
    knobs = replace(AT_ONCE, has_stamps=True)
    before = now_us()
    async with run_mock_llm(knobs, find_contract={"titled": CONTRACT}.get) as running:
        gateway = gateway_of(running)
        completion = await gateway.complete(request("titled"), WHO)
        await gateway.aclose()
    stamps = list(read_stamps(completion.text))
    assert [stamp.number for stamp in stamps] == list(range(1, len(stamps) + 1))
    assert len(stamps) > 5
    times = [before, *(stamp.sent_at for stamp in stamps), now_us()]
    assert times == sorted(times)
    assert parse_tags(completion.text, CONTRACT.tags).has_proper("summary")


async def test_only_the_named_prompt_is_drawn_out(http: aiohttp.ClientSession) -> None:
    knobs = replace(AT_ONCE, n_words=300, words_for="long")
    async with run_mock_llm(knobs, find_contract=lambda _: None) as running:
        lengths = [
            len(text_of((await post(http, running.url, ASKED, **{"X-Mojodex-Prompt": label}))[1]))
            for label in ("long", "other")
        ]
    assert lengths[0] > 1_000 > lengths[1]


async def test_the_label_finds_the_contract(
    running: RunningMock, http: aiohttp.ClientSession
) -> None:
    _, body = await post(http, running.url, ASKED, **{"X-Mojodex-Prompt": "title_only"})
    assert parse_tags(text_of(body), CONTRACT.tags).find("title")
    _, body = await post(http, running.url, ASKED, **{"X-Mojodex-Prompt": "unknown"})
    assert "<" not in text_of(body)


async def test_it_is_one_code_path_with_the_demo_model(running: RunningMock) -> None:
    gateway = gateway_of(running)
    completion = await gateway.complete(request("title_only"), WHO)
    assert completion.text == DemoAuthor().write(CONTRACT, request().messages)
    await gateway.aclose()


async def test_installed_prompts_are_answered_in_their_contract() -> None:
    library = PromptLibrary.scan()
    label = next(source.label for source in library if source.contract.tags)
    prompt = library.build_sample(label)
    async with run_mock_llm(AT_ONCE) as running:
        gateway = gateway_of(running)
        completion = await prompt.run(gateway, WHO)
        await gateway.aclose()
    assert parse_tags(completion.text, prompt.contract.tags).proper


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ({"type": "json_object"}, "answer"),
        (
            {
                "type": "json_schema",
                "json_schema": {
                    "schema": {"type": "object", "properties": {"city": {"type": "string"}}}
                },
            },
            "city",
        ),
    ],
)
async def test_json_mode(
    running: RunningMock, http: aiohttp.ClientSession, form: object, key: str
) -> None:
    _, body = await post(http, running.url, {**ASKED, "response_format": form})
    assert set(orjson.loads(text_of(body))) == {key}


async def test_a_structured_call_needs_no_contract(running: RunningMock) -> None:
    class Plan(BaseModel):
        title: str
        days: int

    gateway = gateway_of(running)
    plan = await gateway.structured(request(), Plan, WHO, max_repairs=0)
    assert plan.title
    await gateway.aclose()


class Pauses:
    """A time that passes only by sleeping. Keeps how long each sleep was."""

    def __init__(self, mock: MockLlm) -> None:
        self.lengths: list[float] = []
        mock.clock = lambda: sum(self.lengths)
        mock.sleep = self._sleep

    async def _sleep(self, seconds: float) -> None:
        self.lengths.append(seconds)


async def test_knobs_for_time_and_length(http: aiohttp.ClientSession) -> None:
    knobs = MockKnobs(first_token=0.15, between_tokens=0.01, n_words=30)
    async with run_mock_llm(knobs) as running:
        pauses = Pauses(running.mock)
        await post(http, running.url, ASKED)
        n_tokens = running.mock.calls[0].n_tokens
        async with http.post(
            f"{running.url}/chat/completions", json={**ASKED, "stream": True}
        ) as response:
            await response.read()
    whole, *paced = pauses.lengths
    assert whole == pytest.approx(0.15 + n_tokens * 0.01)
    assert paced == pytest.approx([0.15, *[0.01] * (n_tokens - 1)])
    assert 25 <= n_tokens <= 60


async def test_a_limit_of_tokens_is_kept(running: RunningMock, http: aiohttp.ClientSession) -> None:
    await post(http, running.url, {**ASKED, "max_tokens": 3})
    assert running.mock.calls[0].n_tokens == 3


async def test_failures_are_drawn_by_rate_and_seed() -> None:
    outcomes = []
    for _ in range(2):
        knobs = MockKnobs(first_token=0, between_tokens=0, failure_rate=0.5, seed=7)
        async with run_mock_llm(knobs) as running:
            gateway = gateway_of(running)
            for _ in range(30):
                with suppress(ModelRateLimited, ModelUnavailable):
                    await gateway.complete(request(), WHO)
            await gateway.aclose()
            outcomes.append([call.outcome for call in running.mock.calls])
            assert sum(running.mock.counts.values()) == 30
    assert outcomes[0] == outcomes[1]
    assert set(outcomes[0]) == {"finished", "rate_limit", "server_error", "cut"}


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ("rate_limit", ModelRateLimited),
        ("server_error", ModelUnavailable),
        ("cut", ModelStreamCut),
    ],
)
async def test_each_failure_is_what_it_says(
    failure: str, expected: type[ModelUnavailable | ModelRateLimited]
) -> None:
    knobs = MockKnobs(first_token=0, between_tokens=0, failure_rate=1, failures=(failure,))
    async with run_mock_llm(knobs) as running:
        gateway = gateway_of(running)
        with pytest.raises(expected) as caught:
            await gateway.complete(request(), WHO)
        await gateway.aclose()
    if isinstance(caught.value, ModelRateLimited):
        assert caught.value.retry_after == 1


async def test_it_sees_its_client_leave() -> None:
    async with run_mock_llm(MockKnobs(first_token=0, between_tokens=0.01)) as running:
        gateway = gateway_of(running)
        async with aclosing(gateway.stream(request(), WHO)) as events:
            await anext(events)
        for _ in range(100):
            if running.mock.counts["client_gone"]:
                break
            await asyncio.sleep(0.02)
        assert running.mock.calls[0].outcome == "client_gone"
        await gateway.aclose()


async def test_many_streams_at_once() -> None:
    async with run_mock_llm(MockKnobs(first_token=0.05, between_tokens=0.002)) as running:
        gateway = gateway_of(running)
        answers = await asyncio.gather(*(gateway.complete(request(), WHO) for _ in range(100)))
        await gateway.aclose()
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /nowhere HTTP/1.1\r\n\r\n", b"404"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (
            b'POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 16\r\n\r\n{"messages":[1]}',
            b"400",
        ),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", b"400"),
    ],
)
async def test_nonsense_is_refused(running: RunningMock, raw: bytes, status: bytes) -> None:
    port = int(running.url.rsplit(":", 1)[1].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    assert (await reader.readline()).split()[1] == status
    writer.close()


async def test_a_broken_connection_harms_nobody(
    running: RunningMock, http: aiohttp.ClientSession
) -> None:
    port = int(running.url.rsplit(":", 1)[1].partition("/")[0])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nContent-Le")
    await writer.drain()
    writer.close()
    status, _ = await post(http, running.url, ASKED)
    assert status == 200


async def test_content_in_parts_is_read(running: RunningMock, http: aiohttp.ClientSession) -> None:
    parts = [
        {"type": "text", "text": "Tell me about lighthouses"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
    ]
    _, body = await post(http, running.url, {"messages": [{"role": "user", "content": parts}]})
    assert "lighthouses" in text_of(body)


@pytest.mark.parametrize(
    "image", [{"url": "data:"}, {"url": "https://example.org/a.png"}, {"url": 7}, "x", None,
              {"url": "data:image/png;base64,iVBORw"}],
)  # fmt: skip
async def test_an_image_is_data_or_refused(
    image: object, running: RunningMock, http: aiohttp.ClientSession
) -> None:
    parts = [{"type": "image_url", "image_url": image}]
    asked = {"messages": [{"role": "user", "content": parts}]}
    assert (await post(http, running.url, asked))[0] == 400


async def test_serves_until_it_is_stopped(http: aiohttp.ClientSession) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_mock_llm(AT_ONCE, host="127.0.0.1", port=0, on_ready=ready.set_result)
    )
    url = await ready
    assert (await post(http, url, ASKED))[0] == 200
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
