"""How long one call may wait, and for what."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mojodex.platform.llm.configuration import ModelTimeouts
from mojodex.platform.llm.errors import ModelTimeout
from mojodex.platform.llm.vocabulary import ModelInfo

#: How long usage and `[DONE]` may come after the last word, in seconds.
TAIL_WAIT = 5.0

T = TypeVar("T")
#: The next bytes of an answer; none at the end.
Read = Callable[[], Awaitable[bytes]]


class Deadlines:
    """The deadlines of one call; they bound its own waiting only, never the consumer's work.

    One alarm serves all tokens of a call: it is set anew only where a deadline came nearer, and
    where it rings too early. To be closed at the end.

    Raises `ModelTimeout` with the phase: first_token, between_tokens or total.
    """

    def __init__(self, timeouts: ModelTimeouts, info: ModelInfo) -> None:
        self._timeouts = timeouts
        self._info = info
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.time
        started = self._clock()
        self._total = started + timeouts.total
        self._next = started + timeouts.first_token
        self._phase = "first_token"
        self._alarm: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._has_rung = False

    def close(self) -> None:
        """The call is over."""
        if self._alarm is not None:
            self._alarm.cancel()

    async def wait_for(self, work: Awaitable[T]) -> T:
        """The result of `work`, which is cancelled at the deadline."""
        try:
            async with asyncio.timeout_at(self._due):
                return await work
        except TimeoutError as error:
            raise self._too_late() from error

    async def next_bytes(self, read: Read) -> bytes | None:
        """The next bytes, or None at the end, or when nothing follows the last word."""
        if self._alarm is None or self._due < self._alarm.when():
            self._set_alarm()
        task = asyncio.current_task()
        n_cancelled = 0 if task is None else task.cancelling()
        self._waiting = task
        try:
            return await read() or None
        except asyncio.CancelledError as error:
            # As `asyncio.timeout` does: who was cancelled by somebody else as well stays cancelled.
            if not self._has_rung or task is None or task.uncancel() > n_cancelled:
                raise
            if self._phase == "tail":
                return None
            raise self._too_late() from error
        finally:
            self._waiting = None

    @property
    def _due(self) -> float:
        return min(self._next, self._total)

    def _set_alarm(self) -> None:
        self.close()
        self._alarm = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiting is None:
            return
        if self._due > self._clock():
            self._set_alarm()
            return
        self._has_rung = True
        self._waiting.cancel()

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
