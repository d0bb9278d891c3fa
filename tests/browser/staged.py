"""A demo model that a test can hold in the middle of an answer, or let fail."""

import asyncio
from collections.abc import AsyncGenerator

from mojodex.platform.llm import DemoModel
from mojodex.platform.llm.errors import ModelError
from mojodex.platform.llm.vocabulary import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    TextDelta,
)

#: Prompts that name a run; they answer at once, so that only the answer itself is staged.
NAMING = "title"
POLL_SECONDS = 0.01


class StagedModel:
    """Answers as the demo model does. Its attributes are set from the thread of the test.

    While `hold_after` is a number, an answer stops after that many characters; a `failure` is
    raised in the place where it would stop. After `cut_after` characters an answer is at its limit.
    """

    def __init__(self, *, pace: float = 0) -> None:
        self._demo = DemoModel(pace=pace)
        self.hold_after: int | None = None
        self.failure: ModelError | None = None
        self.cut_after: int | None = None

    @property
    def info(self) -> ModelInfo:
        return self._demo.info

    async def warm_up(self) -> None:
        """Nothing is slow to load."""

    async def aclose(self) -> None:
        """Nothing is held."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        is_staged = NAMING not in request.label
        said = 0
        async for event in self._demo.stream(request):
            is_cut = is_staged and self.cut_after is not None and said >= self.cut_after
            if isinstance(event, Finished):
                yield Finished(FinishReason.LENGTH, event.usage) if is_cut else event
            elif not is_cut:
                yield event
            if is_staged and isinstance(event, TextDelta):
                said += len(event.text)
                await self._stop_at(said)

    async def _stop_at(self, said: int) -> None:
        while self.hold_after is not None and said >= self.hold_after:
            await asyncio.sleep(POLL_SECONDS)
        if self.failure is not None and said >= 100:
            raise self.failure
