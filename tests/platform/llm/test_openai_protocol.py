"""The adapter against endpoints on loopback: what real ones send, and how they fail."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

import orjson
import pytest

from mojodex.apps.mock_llm import MockKnobs, run_mock_llm
from mojodex.platform.llm import (
    ChatMessage,
    ContentFiltered,
    ContextTooLong,
    Finished,
    FinishReason,
    ImagePart,
    ModelError,
    ModelKeyWrong,
    ModelQuotaSpent,
    ModelRateLimited,
    ModelRefused,
    ModelRequest,
    ModelStreamCut,
    ModelStreamMalformed,
    ModelTimeout,
    ModelUnavailable,
    ModelUnknown,
    ModelUnreachable,
    PicturesRefused,
    Role,
    TextDelta,
)
from mojodex.platform.llm.configuration import ModelTimeouts
from mojodex.platform.llm.openai_protocol import OpenAIEngine
from tests.platform.llm.wire import (
    DONE,
    LAST,
    STOP,
    End,
    Reply,
    chunk,
    engine_at,
    event,
    plain,
    says,
    sse_head,
    stream,
    wire_server,
)

Reply_ = None
REQUEST = ModelRequest(messages=(ChatMessage(Role.USER, "Hello there"),), label="greeting")
USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 2},
}


async def ask(engine: OpenAIEngine, request: ModelRequest = REQUEST) -> tuple[str, Finished]:
    """The whole text and the last event."""
    pieces: list[str] = []
    async with aclosing(engine.stream(request)) as events:
        async for item in events:
            if isinstance(item, Finished):
                return "".join(pieces), item
            assert isinstance(item, TextDelta)
            assert item.text
            pieces.append(item.text)
    raise AssertionError("the stream has no end")


async def play(*replies: Reply, request: ModelRequest = REQUEST) -> tuple[str, Finished]:
    async with wire_server(*replies) as wire, engine_at(wire.url) as engine:
        return await ask(engine, request)


async def test_talks_to_the_mock_server() -> None:
    async with run_mock_llm(MockKnobs(first_token=0, between_tokens=0)) as running:
        async with engine_at(running.url) as engine:
            text, finished = await ask(engine)
        call = running.mock.calls[0]
    assert "Hello there" in text
    assert finished.reason is FinishReason.STOP
    assert finished.usage.output_tokens == call.n_tokens
    assert not finished.usage.is_estimated
    assert finished.usage.model == "demo"
    assert call.label == "greeting"
    assert call.outcome == "finished"


UTF8 = "déjà 🚢 vu".encode()
QUIRKS: dict[str, Sequence[bytes]] = {
    "as the book says": [says("déjà "), says("🚢 vu"), STOP, DONE],
    "usage in a chunk without choices": [
        says("déjà 🚢 vu"),
        STOP,
        b"data: " + orjson.dumps({"choices": [], "usage": USAGE}) + b"\n\n",
        DONE,
    ],
    "first a role, then null": [
        event({"role": "assistant"}),
        event({"role": "assistant", "content": None}),
        event(None),
        says("déjà 🚢 vu"),
        STOP,
        DONE,
    ],
    "azure begins with empty choices": [
        b'data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}\n\n',
        says("déjà 🚢 vu"),
        STOP,
        DONE,
    ],
    "choices are null": [b'data: {"choices":null}\n\n', says("déjà 🚢 vu"), STOP, DONE],
    "carriage returns": [
        says("déjà 🚢 vu").replace(b"\n", b"\r\n"),
        STOP.replace(b"\n", b"\r\n"),
        DONE.replace(b"\n", b"\r\n"),
    ],
    "comments keep the line alive": [b": ping\n\n", says("déjà 🚢 vu"), b":\n\n", STOP, DONE],
    "event names and ids": [b"event: message\nid: 1\n" + says("déjà 🚢 vu"), STOP, DONE],
    "no space after data": [says("déjà 🚢 vu").replace(b"data: ", b"data:"), STOP, DONE],
    "no end mark": [says("déjà 🚢 vu"), STOP],
    "no reason, only the end mark": [says("déjà 🚢 vu"), DONE],
    "no newline at the end": [says("déjà 🚢 vu"), STOP.rstrip()],
    "content is a list of parts": [
        event(
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "déjà 🚢 vu"},
                ]
            }
        ),
        STOP,
        DONE,
    ],
    "thoughts are not the answer": [
        event({"reasoning_content": "hm"}),
        says("déjà 🚢 vu"),
        STOP,
        DONE,
    ],
    "one event in pieces": [bytes([byte]) for byte in says("déjà 🚢 vu")] + [STOP, DONE],
    "all events at once": [says("déjà ") + says("🚢 vu") + STOP + DONE],
    "raw bytes instead of escapes": [
        b'data: {"choices":[{"delta":{"content":"' + UTF8 + b'"}}]}\n\n',
        STOP,
        DONE,
    ],
    "an empty reason": [event({"content": "déjà 🚢 vu"}, ""), STOP, DONE],
    "words after the end mark": [says("déjà 🚢 vu"), STOP, DONE, says("more")],
}


@pytest.mark.parametrize("quirk", QUIRKS)
async def test_bears_what_real_endpoints_send(quirk: str) -> None:
    text, finished = await play(stream(*QUIRKS[quirk]))
    assert text == "déjà 🚢 vu"
    assert finished.reason is FinishReason.STOP


async def test_usage_is_read_where_it_is_given() -> None:
    tail = b"data: " + orjson.dumps({"choices": [], "usage": USAGE}) + b"\n\n"
    _, finished = await play(stream(says("x"), STOP, tail, DONE))
    assert (finished.usage.input_tokens, finished.usage.output_tokens) == (7, 3)
    assert finished.usage.cached_tokens == 2
    assert not finished.usage.is_estimated
    _, finished = await play(stream(says("x"), event({}, "stop", x_groq={"usage": USAGE})))
    assert finished.usage.input_tokens == 7


async def test_usage_is_estimated_and_flagged_where_it_is_absent() -> None:
    _, finished = await play(stream(says("12345678"), STOP, DONE))
    assert finished.usage.is_estimated
    assert finished.usage.output_tokens == 2
    assert finished.usage.input_tokens > 0


@pytest.mark.parametrize("reason", ["length", "model_length", "max_tokens"])
async def test_an_answer_cut_by_length_says_so(reason: str) -> None:
    _, finished = await play(stream(says("x"), event({}, reason), DONE))
    assert finished.reason is FinishReason.LENGTH


async def test_a_whole_document_instead_of_a_stream() -> None:
    message = {"role": "assistant", "content": "whole"}
    document = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE}
    text, finished = await play(plain(200, document))
    assert text == "whole"
    assert finished.usage.input_tokens == 7


FAILURES: dict[str, tuple[Reply, type[ModelError]]] = {
    "wrong key": (plain(401, {"error": {"code": "invalid_api_key"}}), ModelKeyWrong),
    "forbidden": (plain(403, {"error": {"message": "no access"}}), ModelKeyWrong),
    "openai unknown model": (
        plain(404, {"error": {"code": "model_not_found", "message": "The model does not exist"}}),
        ModelUnknown,
    ),
    "ollama unknown model": (
        plain(404, {"error": {"message": 'model "x" not found, try pulling it first'}}),
        ModelUnknown,
    ),
    "mistral unknown model": (
        plain(400, {"message": "Invalid model: x", "type": "invalid_model", "code": "1500"}),
        ModelUnknown,
    ),
    "azure deployment": (plain(404, {"error": {"code": "DeploymentNotFound"}}), ModelUnknown),
    "wrong path": (plain(404, b"<html>nope</html>", "Content-Type: text/html"), ModelUnknown),
    "openai context": (
        plain(400, {"error": {"code": "context_length_exceeded", "message": "too long"}}),
        ContextTooLong,
    ),
    "vllm context": (
        plain(400, {"message": "This model's maximum context length is 4096 tokens."}),
        ContextTooLong,
    ),
    "too large": (plain(413, {"error": {"message": "Payload"}}), ContextTooLong),
    "azure filter": (
        plain(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                }
            },
        ),
        ContentFiltered,
    ),
    "quota": (plain(429, {"error": {"code": "insufficient_quota"}}), ModelQuotaSpent),
    "no credit": (plain(402, {"error": {"message": "pay"}}), ModelQuotaSpent),
    "rate": (plain(429, {"error": {"code": "rate_limit_exceeded"}}), ModelRateLimited),
    "server": (plain(500, {"error": {"message": "oops"}}), ModelUnavailable),
    "overloaded": (plain(529, b"overloaded", "Content-Type: text/plain"), ModelUnavailable),
    "bad gateway": (plain(502, b"<html>", "Content-Type: text/html"), ModelUnavailable),
    "conflict": (plain(409, {"error": {"message": "again"}}), ModelUnavailable),
    "refused": (plain(400, {"error": {"message": "bad role"}}), ModelRefused),
    "an error text": (plain(400, {"error": "bad role"}), ModelRefused),
    "an error inside the stream": (
        stream(b'data: {"error":{"message":"overloaded","code":"server_error"}}\n\n'),
        ModelUnavailable,
    ),
    "a rate limit inside the stream": (
        stream(b'data: {"error":{"message":"x","code":"rate_limit_exceeded"}}\n\n'),
        ModelRateLimited,
    ),
    "the filter stops the answer": (
        stream(says("x"), event({}, "content_filter"), DONE),
        ContentFiltered,
    ),
    "not JSON": (stream(b"data: {nope\n\n"), ModelStreamMalformed),
    "not an object": (stream(b"data: [1]\n\n"), ModelStreamMalformed),
    "a choice that is none": (stream(b'data: {"choices":[1]}\n\n'), ModelStreamMalformed),
    "a web page": (plain(200, b"<html>", "Content-Type: text/html"), ModelStreamMalformed),
    "an empty document": (plain(200, {}), ModelStreamMalformed),
    "an endless line": ([sse_head(), *([chunk(b"x" * 65536)] * 20), LAST], ModelStreamMalformed),
    "the end without an end": (stream(says("x")), ModelStreamCut),
    "cut before the head": ([End.CUT], ModelUnavailable),
    "cut after a word": ([sse_head(), chunk(says("x")), 0.02, End.CUT], ModelStreamCut),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_failures_have_names(failure: str) -> None:
    reply, expected = FAILURES[failure]
    with pytest.raises(expected) as caught:
        await play(reply)
    if expected is not ModelUnavailable:
        assert type(caught.value) is expected
    assert caught.value.data["provider"] == "openai"


async def test_the_key_stays_out_of_errors_and_texts() -> None:
    async with (
        wire_server(plain(401, {"error": {"message": "no"}})) as wire,
        engine_at(wire.url) as engine,
    ):
        with pytest.raises(ModelKeyWrong) as caught:
            await ask(engine)
        assert "secret-key" not in repr(engine.endpoint)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Retry-After: 7",), 7.0),
        (("retry-after-ms: 250", "Retry-After: 1"), 0.25),
        (("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT",), 0.0),
        (("Retry-After: soon",), None),
        (("Retry-After: -1",), None),
        ((), None),
    ],
)
async def test_the_advice_to_wait_is_read(headers: tuple[str, ...], seconds: float | None) -> None:
    with pytest.raises(ModelRateLimited) as caught:
        await play(plain(429, {"error": {"message": "slow"}}, *headers))
    assert caught.value.retry_after == seconds


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        async with engine_at(url) as engine:
            with pytest.raises(ModelUnreachable):
                await ask(engine)


async def test_nobody_accepts() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}/v1"
        async with engine_at(url, timeouts=ModelTimeouts(connect=0.2)) as engine:
            try:
                with pytest.raises(ModelTimeout) as caught:
                    await ask(engine)
            finally:
                for client in waiting:
                    client.close()
    assert caught.value.data["phase"] == "connect"


_WORDS: Reply = [chunk(says("x")), 0.02]
SLOW: dict[str, tuple[Reply, ModelTimeouts]] = {
    "first_token": ([End.HANG], ModelTimeouts(first_token=0.15)),
    "between_tokens": (
        [sse_head(), chunk(says("x")), End.HANG],
        ModelTimeouts(between_tokens=0.15),
    ),
    "total": (
        [sse_head(), *(list(_WORDS) * 50), End.HANG],
        ModelTimeouts(total=0.2),
    ),
}


@pytest.mark.parametrize("phase", SLOW)
async def test_slowness_has_its_limits(phase: str) -> None:
    reply, timeouts = SLOW[phase]
    async with wire_server(reply) as wire, engine_at(wire.url, timeouts=timeouts) as engine:
        with pytest.raises(ModelTimeout) as caught:
            await ask(engine)
        await asyncio.wait_for(wire.client_left.wait(), 30)
    assert caught.value.data["phase"] == phase


async def test_comments_and_roles_prolong_nothing() -> None:
    alive: Reply = [chunk(b": ping\n\n"), chunk(event({"role": "assistant"})), 0.02]
    reply: Reply = [sse_head(), *(list(alive) * 100), chunk(says("late")), chunk(STOP), LAST]
    timeouts = ModelTimeouts(first_token=0.3)
    async with wire_server(reply) as wire, engine_at(wire.url, timeouts=timeouts) as engine:
        with pytest.raises(ModelTimeout):
            await ask(engine)


async def test_thoughts_prolong_the_wait() -> None:
    thought: Reply = [chunk(event({"reasoning": "hm"})), 0.05]
    reply: Reply = [sse_head(), *(list(thought) * 8), chunk(says("late")), chunk(STOP), LAST]
    timeouts = ModelTimeouts(first_token=0.2, between_tokens=0.2)
    async with wire_server(reply) as wire, engine_at(wire.url, timeouts=timeouts) as engine:
        assert (await ask(engine))[0] == "late"


async def test_an_endpoint_that_does_not_close_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mojodex.platform.llm.openai_protocol.deadlines.TAIL_WAIT", 0.1)
    text, finished = await play([sse_head(), chunk(says("x")), chunk(STOP), End.HANG])
    assert text == "x"
    assert finished.reason is FinishReason.STOP


async def test_leaving_early_closes_the_stream_at_the_server() -> None:
    reply: Reply = [sse_head(), chunk(says("one")), chunk(says("two")), End.HANG]
    async with wire_server(reply) as wire, engine_at(wire.url) as engine:
        async with aclosing(engine.stream(REQUEST)) as events:
            first = await anext(events)
        assert isinstance(first, TextDelta)
        await asyncio.wait_for(wire.client_left.wait(), 2)


@pytest.mark.parametrize("reply", [[End.HANG], [sse_head(), chunk(says("one")), End.HANG]])
async def test_cancelling_closes_the_stream_at_the_server(reply: Reply) -> None:
    async with wire_server(reply) as wire, engine_at(wire.url) as engine:
        task = asyncio.create_task(ask(engine))
        while not wire.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(wire.client_left.wait(), 2)


async def test_the_engine_is_usable_after_failures() -> None:
    replies: list[Reply] = [
        plain(500, {}),
        [sse_head(), chunk(says("x")), End.CUT],
        stream(says("fine"), STOP, DONE),
    ]
    async with wire_server(*replies) as wire, engine_at(wire.url) as engine:
        for _ in range(2):
            with pytest.raises(ModelUnavailable):
                await ask(engine)
        assert (await ask(engine))[0] == "fine"


FULL = replace(REQUEST, temperature=0.3, max_tokens=50, stop=("END",), is_json=True)


async def test_the_request_on_the_wire() -> None:
    async with wire_server(stream(says("x"), STOP, DONE)) as wire, engine_at(wire.url) as engine:
        await ask(engine, FULL)
    assert wire.bodies == [
        {
            "model": "model-x",
            "messages": [{"role": "user", "content": "Hello there"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.3,
            "max_tokens": 50,
            "stop": ["END"],
            "response_format": {"type": "json_object"},
        }
    ]
    assert wire.requests[0].path == "/v1/chat/completions"
    assert wire.requests[0].headers["authorization"] == "Bearer secret-key"
    assert wire.requests[0].headers["x-mojodex-prompt"] == "greeting"


REFUSALS = {
    "stream_options": {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]},
    "temperature": {
        "error": {
            "message": "Unsupported value: 'temperature' does not support 0.3 with this model.",
            "param": "temperature",
        }
    },
    "response_format": {"error": {"message": "response_format is not supported"}},
    "stop": {"error": {"message": "Unknown argument", "param": "stop"}},
}


@pytest.mark.parametrize("option", REFUSALS)
async def test_a_refused_option_is_left_out_and_remembered(option: str) -> None:
    fine = stream(says("x"), STOP, DONE)
    async with (
        wire_server(plain(422, REFUSALS[option]), fine) as wire,
        engine_at(wire.url) as engine,
    ):
        await ask(engine, FULL)
        await ask(engine, FULL)
    first, second, third = wire.bodies
    assert set(first) - set(second) == {option}
    assert second == third


async def test_the_limit_is_renamed_for_newer_models() -> None:
    refusal = {
        "error": {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "param": "max_tokens",
        }
    }
    async with (
        wire_server(plain(400, refusal), stream(says("x"), STOP, DONE)) as wire,
        engine_at(wire.url) as engine,
    ):
        await ask(engine, FULL)
    assert "max_tokens" not in wire.bodies[1]
    assert wire.bodies[1]["max_completion_tokens"] == 50


async def test_mistral_is_not_asked_for_usage() -> None:
    async with (
        wire_server(stream(says("x"), STOP, DONE)) as wire,
        engine_at(wire.url, provider="mistral") as engine,
    ):
        await ask(engine)
    assert "stream_options" not in wire.bodies[0]


async def test_azure_has_its_own_address_and_key() -> None:
    async with wire_server(stream(says("x"), STOP, DONE)) as wire:
        base = wire.url.removesuffix("/v1")
        async with engine_at(base, provider="azure", api_version="2024-02-01") as engine:
            await ask(engine)
    assert wire.requests[0].path == "/openai/deployments/deployment-x/chat/completions"
    assert wire.requests[0].headers["api-key"] == "secret-key"


async def test_images_travel_as_data() -> None:
    message = ChatMessage(
        Role.USER, "See", images=(ImagePart(data=b"\x89PNG", media_type="image/png"),)
    )
    async with wire_server(stream(says("x"), STOP, DONE)) as wire, engine_at(wire.url) as engine:
        await ask(engine, replace(REQUEST, messages=(message,)))
    assert wire.bodies[0]["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "See"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ],
        }
    ]


SHOWN = ModelRequest(
    messages=(
        ChatMessage(Role.USER, "See", (ImagePart(data=b"\x89PNG", media_type="image/png"),)),
    ),
    label="see",
)


@pytest.mark.parametrize(
    ("status", "words", "is_blind"),
    [
        (400, "This model does not support image input.", True),
        (404, "No endpoints found that support image input", True),
        (400, "Invalid content type. image_url is only supported by certain models.", True),
        (422, "messages.0.content: Input should be a valid string", True),
        (400, "messages[0].content must be a string", True),
        (400, "unknown variant `image_url`, expected `text`", True),
        (500, "image input is not supported - hint: provide the mmproj", True),
        (400, "You uploaded an unparsable image.", False),
        (413, "The images are too heavy.", False),
    ],
)
async def test_pictures_that_are_refused_have_a_name(
    status: int, words: str, is_blind: bool
) -> None:
    reply = plain(status, {"error": {"message": words, "type": "invalid_request_error"}})
    async with wire_server(reply) as wire, engine_at(wire.url) as engine:
        assert engine.info.has_vision
        with pytest.raises(PicturesRefused) as refused:
            await ask(engine, SHOWN)
        assert words in str(refused.value.data["detail"])
        # Who cannot see is shown none any more; who refused these may like others.
        assert engine.info.has_vision is not is_blind
        assert len(wire.requests) == 1


async def test_what_has_nothing_to_do_with_pictures_keeps_its_name() -> None:
    words = {"error": {"message": "The image was rejected by our content filter."}}
    for status, error, request in (
        (400, words, SHOWN),
        (400, {"error": {"message": "no image support"}}, REQUEST),
        (401, {"error": {"message": "no image without a key"}}, SHOWN),
    ):
        with pytest.raises(ModelRefused) as refused:
            await play(plain(status, error), request=request)
        assert not isinstance(refused.value, PicturesRefused)


async def test_without_a_model_the_first_listed_one_is_taken() -> None:
    names = ["nomic-embed-text", "whisper-1", "llama3", "other"]
    listed = plain(200, {"object": "list", "data": [{"id": name} for name in names]})
    async with (
        wire_server(listed, stream(says("x"), STOP, DONE)) as wire,
        engine_at(wire.url, model=None) as engine,
    ):
        assert engine.info.name == "auto"
        await ask(engine)
        await ask(engine)
        assert engine.info.name == "llama3"
    assert [request.path for request in wire.requests] == [
        "/v1/models",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (plain(200, {"object": "list", "data": []}), ModelUnknown),
        (plain(401, {"error": {"message": "who?"}}), ModelKeyWrong),
    ],
)
async def test_a_list_of_models_that_does_not_help(
    reply: Reply, expected: type[ModelError]
) -> None:
    async with wire_server(reply) as wire, engine_at(wire.url, model=None) as engine:
        with pytest.raises(expected):
            await ask(engine)


def test_the_sdk_is_imported_at_first_use_only() -> None:
    code = "import sys, mojodex.platform.llm, mojodex.apps.mock_llm; print('openai' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


async def test_warming_up_imports_it_and_finds_the_model() -> None:
    listed = plain(200, {"object": "list", "data": [{"id": "llama3"}]})
    async with wire_server(listed) as wire, engine_at(wire.url, model=None) as engine:
        await engine.warm_up()
        await engine.warm_up()
        assert engine.info.name == "llama3"
        assert len(wire.requests) == 1
    assert "openai" in sys.modules


async def test_warming_up_bears_an_endpoint_that_is_away() -> None:
    async with engine_at("http://127.0.0.1:1/v1", model=None) as engine:
        await engine.warm_up()
        assert engine.info.name == "auto"
