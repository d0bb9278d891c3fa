"""The server: which calls it answers, how fast, and which it fails."""

import asyncio
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from mojodex.apps.mock_llm.http import (
    MAX_HEAD_BYTES,
    BadRequest,
    HttpRequest,
    JsonObject,
    read_request,
    send_error,
    send_json,
)
from mojodex.apps.mock_llm.protocol import MODEL, Frames, contract_of_format, decode_messages
from mojodex.apps.mock_llm.stamps import Stamper
from mojodex.kit.ids import new_id
from mojodex.platform.llm import DemoAuthor, OutputContract, count_tokens, cut_tokens
from mojodex.platform.prompts import PromptLibrary

_FAILURES = ("rate_limit", "server_error", "cut")
#: Failures that are told by a status: the status, the code and the words.
_REFUSALS = {
    "rate_limit": (429, "rate_limit_exceeded", "Slow down."),
    "server_error": (500, "server_error", "Something broke."),
    "wrong_key": (401, "invalid_api_key", "Incorrect API key provided."),
    "no_vision": (400, "invalid_request_error", "This model does not support image input."),
}

FindContract = Callable[[str], OutputContract | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class MockKnobs:
    """How the mock behaves. Durations in seconds, `failure_rate` from 0 to 1.

    `n_words` draws answers out or cuts them, those to the prompt `words_for` or to all; `failures`
    are those among which one is drawn: rate_limit (429), server_error (500), wrong_key (401),
    no_vision (400, pictures are not taken) and cut (the stream ends in the middle). `has_stamps`
    puts into the place of each word its number and the time at which it is sent (`stamps`).
    """

    first_token: float = 0.2
    between_tokens: float = 0.016
    n_words: int | None = None
    words_for: str | None = None
    has_stamps: bool = False
    failure_rate: float = 0.0
    failures: tuple[str, ...] = _FAILURES
    retry_after: int = 1
    seed: int | None = None


@dataclass(slots=True)
class MockCall:
    """One call as the server saw it. The outcome is running, finished, client_gone or a failure."""

    label: str
    request: JsonObject
    outcome: str = "running"
    n_tokens: int = 0


@dataclass(slots=True)
class MockLlm:
    """The server's behaviour; `serve` is what asyncio calls for each connection."""

    knobs: MockKnobs = MockKnobs()
    find_contract: FindContract = lambda _: None
    #: The last calls, for tests; `counts` has all outcomes.
    calls: list[MockCall] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    author: DemoAuthor = field(default_factory=DemoAuthor)
    keeps_calls: bool = True
    #: What the next calls with a label meet, in order: a failure, or "" for an answer.
    planned: dict[str, list[str]] = field(default_factory=dict)
    #: What the pauses go by.
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _dice: "_Dice" = field(init=False)

    def __post_init__(self) -> None:
        self._dice = _Dice(self.knobs.seed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another."""
        try:
            while (request := await read_request(reader)) is not None:
                await self._answer(request, reader, writer)
        except BadRequest as error:
            await send_error(writer, 400, "invalid_request_error", str(error))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, request: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if request.method == "GET" and request.path.endswith("/models"):
            model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "mojodex"}
            await send_json(writer, 200, {"object": "list", "data": [model]})
        elif request.method == "POST" and request.path.endswith("/chat/completions"):
            call = self._start_call(request)
            try:
                await self._complete(call, reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                if call.outcome == "running":
                    call.outcome = "client_gone"
                raise
            finally:
                self.counts[call.outcome] += 1
        else:
            await send_error(writer, 404, "not_found", f"no such path: {request.path}")

    def _start_call(self, request: HttpRequest) -> MockCall:
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise BadRequest("the body is not JSON") from error
        if not isinstance(body, dict):
            raise BadRequest("the body is not an object")
        call = MockCall(label=request.headers.get("x-mojodex-prompt", ""), request=body)
        if self.keeps_calls:
            self.calls.append(call)
        return call

    async def _complete(
        self, call: MockCall, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        failure = self._choose_failure(call.label)
        if failure in _REFUSALS:
            call.outcome = failure
            is_limit = failure == "rate_limit"
            headers = {"Retry-After": str(self.knobs.retry_after)} if is_limit else {}
            await send_error(writer, *_REFUSALS[failure], headers)
        else:
            tokens = self._write_tokens(call)
            if call.request.get("stream"):
                await self._stream(call, tokens, reader, writer, is_cut=failure == "cut")
            else:
                await self._send_whole(call, tokens, writer)

    def _choose_failure(self, label: str) -> str:
        """What is planned for the label, else what the dice say; empty for an answer."""
        if planned := self.planned.get(label):
            return planned.pop(0)
        if self._dice.throw() >= self.knobs.failure_rate:
            return ""
        return self.knobs.failures[int(self._dice.throw() * len(self.knobs.failures))]

    def _write_tokens(self, call: MockCall) -> list[str]:
        messages = decode_messages(call.request.get("messages"))
        contract = self.find_contract(call.label) or contract_of_format(call.request)
        is_long = self.knobs.words_for in (None, call.label)
        answer = self.author.write(
            contract, messages, n_words=self.knobs.n_words if is_long else None
        )
        tokens = cut_tokens(answer)
        limit = call.request.get("max_tokens") or call.request.get("max_completion_tokens")
        return tokens[:limit] if isinstance(limit, int) else tokens

    async def _stream(
        self,
        call: MockCall,
        tokens: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        is_cut: bool,
    ) -> None:
        frames = Frames()
        stamper = Stamper()
        await self._pause(self.knobs.first_token)
        writer.write(frames.head())
        started = self.clock()
        last = len(tokens) // 2 if is_cut else len(tokens)
        for number, token in enumerate(tokens[:last]):
            delay = started + number * self.knobs.between_tokens - self.clock()
            if number and self.knobs.between_tokens:
                await self.sleep(delay)
            if reader.at_eof() or writer.is_closing():
                raise ConnectionResetError
            writer.write(frames.token(stamper.stamp(token) if self.knobs.has_stamps else token))
            call.n_tokens += 1
            await writer.drain()
        if is_cut:
            call.outcome = "cut"
            writer.transport.abort()
            raise ConnectionResetError
        writer.write(frames.tail(_usage(call) if _wants_usage(call) else None))
        await writer.drain()
        call.outcome = "finished"

    async def _send_whole(
        self, call: MockCall, tokens: list[str], writer: asyncio.StreamWriter
    ) -> None:
        await self._pause(self.knobs.first_token + len(tokens) * self.knobs.between_tokens)
        call.n_tokens = len(tokens)
        message = {"role": "assistant", "content": "".join(tokens)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {
            "id": f"chatcmpl-{new_id().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [choice],
            "usage": _usage(call),
        }
        await send_json(writer, 200, body)
        call.outcome = "finished"

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await self.sleep(seconds)


class _Dice:
    """Even numbers from 0 to 1, the same for the same seed."""

    def __init__(self, seed: int | None) -> None:
        self._seed = secrets.token_bytes(8) if seed is None else str(seed).encode()
        self._n_throws = 0

    def throw(self) -> float:
        self._n_throws += 1
        digest = hashlib.sha256(b"%b:%d" % (self._seed, self._n_throws)).digest()
        return int.from_bytes(digest[:6], "big") / (1 << 48)


def _wants_usage(call: MockCall) -> bool:
    options = call.request.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))


def _usage(call: MockCall) -> JsonObject:
    n_prompt = count_tokens(orjson.dumps(call.request.get("messages")).decode())
    return {
        "prompt_tokens": n_prompt,
        "completion_tokens": call.n_tokens,
        "total_tokens": n_prompt + call.n_tokens,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningMock:
    """A mock that listens. `url` is what `OPENAI_BASE_URL` wants."""

    url: str
    mock: MockLlm


@asynccontextmanager
async def run_mock_llm(
    knobs: MockKnobs | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    find_contract: FindContract | None = None,
    keeps_calls: bool = True,
) -> AsyncIterator[RunningMock]:
    """Listen while the block runs; port 0 takes a free one.

    Contracts come from the installed prompts, unless `find_contract` says otherwise.
    """
    mock = MockLlm(
        knobs=knobs or MockKnobs(),
        find_contract=find_contract or PromptLibrary.scan().find_contract,
        keeps_calls=keeps_calls,
    )
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(mock.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, host, port, limit=MAX_HEAD_BYTES)
    try:
        bound = server.sockets[0].getsockname()
        yield RunningMock(url=f"http://{bound[0]}:{bound[1]}/v1", mock=mock)
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def serve_mock_llm(
    knobs: MockKnobs, *, host: str, port: int, on_ready: Callable[[str], None]
) -> None:
    """Listen until cancelled; `on_ready` is told the address."""
    async with run_mock_llm(knobs, host=host, port=port, keeps_calls=False) as running:
        on_ready(running.url)
        await asyncio.Event().wait()
