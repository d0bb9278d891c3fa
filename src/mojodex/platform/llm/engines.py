"""The port behind which a model stands, whoever makes it."""

from collections.abc import AsyncGenerator
from typing import Protocol

from mojodex.platform.llm.vocabulary import (
    ChatMessage,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    Usage,
)

#: Tokens of an image, as OpenAI counts one of usual size: 85 + 170 for each of four tiles.
IMAGE_TOKENS = 765


class Engine(Protocol):
    """One model. Real and pretended ones alike are an engine; the gateway adds the rest."""

    @property
    def info(self) -> ModelInfo: ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """One try: text deltas, then `Finished`. Raises `ModelError`. Closing it ends the call."""
        ...

    async def warm_up(self) -> None:
        """Load what is slow to load. Never raises `ModelError`."""
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...


def count_tokens(text: str) -> int:
    """A rough count, where the endpoint gives none: a token is about four bytes of text."""
    return (len(text.encode("utf-8", "surrogatepass")) + 3) // 4


def estimate_input(messages: tuple[ChatMessage, ...]) -> int:
    """Roughly the tokens of a conversation."""
    texts = sum(count_tokens(message.text) for message in messages)
    return texts + IMAGE_TOKENS * sum(len(message.images) for message in messages)


def estimate_usage(request: ModelRequest, text: str, model: str) -> Usage:
    """Usage counted from the texts themselves."""
    return Usage(
        input_tokens=estimate_input(request.messages),
        output_tokens=count_tokens(text),
        model=model,
        is_estimated=True,
    )
