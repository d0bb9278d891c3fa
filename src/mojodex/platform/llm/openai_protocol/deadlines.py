"""How long one call may wait, and for what."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

from mojodex.platform.llm.configuration import ModelTimeouts
from mojodex.platform.llm.errors import ModelTimeout
from mojodex.platform.llm.vocabulary import ModelInfo

#: How long usage and `[DONE]` may come after the last word, in seconds.
TAIL_WAIT = 5.0

T = TypeVar("T")


class Deadlines:
    """The deadlines of one call; they bound its own waiting only, never the consumer's work.

    Raises `ModelTimeout` with the phase: first_token, between_tokens or total.
    """

    def __init__(self, timeouts: ModelTimeouts, info: ModelInfo) -> None:
        self._timeouts = timeouts
        self._info = info
        self._clock = asyncio.get_running_loop().time
        started = self._clock()
        self._total = started + timeouts.total
        self._next = started + timeouts.first_token
        self._phase = "first_token"

    async def wait_for(self, work: Awaitable[T]) -> T:
        """The result of `work`, which is cancelled at the deadline."""
        try:
            async with asyncio.timeout_at(min(self._next, self._total)):
                return await work
        except TimeoutError as error:
            raise self._too_late() from error

    async def next_bytes(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The next bytes, or None at the end, or when nothing follows the last word."""
        try:
            async with asyncio.timeout_at(min(self._next, self._total)):
                return await anext(chunks, None)
        except TimeoutError as error:
            if self._phase == "tail":
                return None
            raise self._too_late() from error

    def saw_progress(self) -> None:
        """A word or a thought came: the time between tokens starts anew."""
        self._next = self._clock() + self._timeouts.between_tokens
        self._phase = "between_tokens"

    def saw_reason(self) -> None:
        """The last word is said; only usage and the end mark may follow."""
        if self._phase != "tail":
            self._next = self._clock() + TAIL_WAIT
            self._phase = "tail"

    def _too_late(self) -> ModelTimeout:
        phase = "total" if self._clock() >= self._total else self._phase
        limits = {
            "first_token": self._timeouts.first_token,
            "between_tokens": self._timeouts.between_tokens,
            "total": self._timeouts.total,
        }
        return ModelTimeout(
            model=self._info.name,
            provider=self._info.provider,
            phase=phase,
            seconds=limits.get(phase),
        )
