"""What an endpoint bears: calls at a time, calls in a minute, tokens in its context.

Calls above a limit wait their turn, first come, first served, instead of being refused by the
endpoint. The limits are of one process: several workers share an account's limit by a part each.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from mojodex.platform.llm.engines import Engine, estimate_input
from mojodex.platform.llm.vocabulary import (
    ChatMessage,
    HistoryTrimmed,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    Role,
)

MINUTE = 60.0
#: Of the context, what an answer may take when the request does not say.
USUAL_ANSWER_TOKENS = 1000
#: The share of the context that is kept free for an answer that may be longer, and what one is
#: allowed when nothing is free.
LARGEST_ANSWER = 2
SHORTEST_ANSWER = 256
#: What the model reads in place of the messages that were left out.
LEFT_OUT = "\n\n[The next {n} messages of this conversation are left out here: they do not fit.]"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelLimits:
    """None: no limit. `period` is the minute of `calls_per_minute`, in seconds."""

    max_concurrent: int | None = None
    calls_per_minute: int | None = None
    context_tokens: int | None = None
    period: float = MINUTE

    @property
    def are_there(self) -> bool:
        return any((self.max_concurrent, self.calls_per_minute, self.context_tokens))


class LimitedEngine:
    """An engine whose calls wait their turn, and whose conversations are cut to fit."""

    def __init__(self, engine: Engine, limits: ModelLimits) -> None:
        self.inner = engine
        self._limits = limits
        self._places = asyncio.Semaphore(limits.max_concurrent) if limits.max_concurrent else None
        self._starting = asyncio.Lock()
        self._starts: deque[float] = deque()

    @property
    def info(self) -> ModelInfo:
        return self.inner.info

    async def warm_up(self) -> None:
        await self.inner.warm_up()

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """As the engine's; time in the queue counts for none of its deadlines.

        `HistoryTrimmed` comes with the first word: a call that failed before it tells nothing of a
        stand-in, which may bear more.
        """
        fitting, n_left_out = fit(request, self._limits.context_tokens)
        async with self._place():
            await self._wait_for_rate()
            async with aclosing(self.inner.stream(fitting)) as events:
                async for event in events:
                    if n_left_out:
                        yield HistoryTrimmed(n_left_out)
                        n_left_out = 0
                    yield event

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._places is None:
            yield
            return
        async with self._places:
            yield

    async def _wait_for_rate(self) -> None:
        """Until fewer calls than allowed began within the last minute."""
        allowed = self._limits.calls_per_minute
        if allowed is None:
            return
        clock = asyncio.get_running_loop().time
        async with self._starting:
            while len(self._starts) >= allowed:
                left = self._starts[0] + self._limits.period - clock()
                if left > 0:
                    await asyncio.sleep(left)
                else:
                    self._starts.popleft()
            self._starts.append(clock())


def fit(request: ModelRequest, context_tokens: int | None) -> tuple[ModelRequest, int]:
    """The request with its oldest messages left out until it fits, and how many these are.

    An answer gets what it may be long, and half of the context at most; it may be no longer than
    what the messages leave. The prompt (what the system says first), the first message, which began
    the work, and the last one always stay: when these alone are too long, the endpoint says so. The
    model is told.
    """
    if context_tokens is None:
        return request, 0
    budget = context_tokens - min(
        request.max_tokens or USUAL_ANSWER_TOKENS, context_tokens // LARGEST_ANSWER
    )
    messages = request.messages
    first = next((n for n, message in enumerate(messages) if message.role is not Role.SYSTEM), 0)
    n_left_out = 0
    while _needed(messages) > budget and len(messages) - first > 2:
        messages = messages[: first + 1] + messages[first + 2 :]
        n_left_out += 1
    if n_left_out:
        _log.warning("model_history_trimmed", label=request.label, messages=n_left_out)
        messages = _say(messages, first, n_left_out)
    room = context_tokens - _needed(messages)
    if request.max_tokens is not None and room < request.max_tokens:
        # Endpoints refuse what could become longer than their context.
        longest = min(request.max_tokens, max(room, SHORTEST_ANSWER))
        request = replace(request, max_tokens=longest)
    return (replace(request, messages=messages) if n_left_out else request), n_left_out


def _needed(messages: tuple[ChatMessage, ...]) -> int:
    """The estimate, with a tenth for what the endpoint counts besides the text."""
    return estimate_input(messages) * 11 // 10


def _say(messages: tuple[ChatMessage, ...], first: int, n: int) -> tuple[ChatMessage, ...]:
    """At the end of the message after which some are missing."""
    told = replace(messages[first], text=messages[first].text + LEFT_OUT.format(n=n))
    return (*messages[:first], told, *messages[first + 1 :])
