"""The demo model as an engine."""

import asyncio
import re
from collections.abc import AsyncGenerator

from mojodex.platform.llm.demo.author import DemoAuthor
from mojodex.platform.llm.engines import estimate_usage
from mojodex.platform.llm.vocabulary import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    TextDelta,
)

#: Tokens per second, so that a person can read along.
USUAL_PACE = 60.0
_TOKEN = re.compile(r"\s*\S{1,8}|\s+")


def cut_tokens(text: str) -> list[str]:
    """The text in pieces about as long as a model's tokens; joined they are the text again."""
    return _TOKEN.findall(text)


class DemoModel:
    """Answers in process at `pace` tokens per second; 0 means at once."""

    def __init__(self, *, pace: float = USUAL_PACE, author: DemoAuthor | None = None) -> None:
        self._pace = pace
        self._author = author or DemoAuthor()

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(name="demo", provider="demo", is_demo=True)

    async def warm_up(self) -> None:
        """Nothing is slow to load."""

    async def aclose(self) -> None:
        """Nothing is held."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The answer to the request, in tokens, evenly spaced."""
        answer = self._author.write(request.contract, request.messages)
        tokens = cut_tokens(answer)
        is_cut = request.max_tokens is not None and len(tokens) > request.max_tokens
        if is_cut:
            tokens = tokens[: request.max_tokens]
        clock = asyncio.get_running_loop().time
        started = clock()
        for number, token in enumerate(tokens, start=1):
            if self._pace > 0:
                await asyncio.sleep(started + number / self._pace - clock())
            yield TextDelta(token)
        reason = FinishReason.LENGTH if is_cut else FinishReason.STOP
        yield Finished(reason, estimate_usage(request, "".join(tokens), self.info.name))
