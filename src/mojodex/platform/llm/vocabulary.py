"""Our words for a call to a model. No vendor's types pass this room's door."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from mojodex.platform.llm.contract import PLAIN_TEXT, OutputContract

#: In a list of preferred models: whichever chat model is configured.
DEFAULT_MODEL = "default"


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagePart:
    """An image shown to the model. `media_type` is for example `image/png`."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of the conversation that the model sees."""

    role: Role
    text: str
    images: tuple[ImagePart, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """What is asked of a model.

    `models` is the order of preference, by exact model name; `default` is the configured chat
    model. `label` names the prompt. `is_json` asks for the endpoint's JSON mode.
    """

    messages: tuple[ChatMessage, ...]
    label: str
    contract: OutputContract = PLAIN_TEXT
    models: tuple[str, ...] = (DEFAULT_MODEL,)
    temperature: float | None = 0.0
    max_tokens: int | None = 4000
    stop: tuple[str, ...] = ()
    is_json: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """On whose behalf, and for what, a model is called. Every call has one."""

    purpose: str
    user_id: UUID | None = None
    execution_id: int | None = None
    step_id: int | None = None
    task: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens of one call. `is_estimated`: the endpoint gave none, the text was counted."""

    input_tokens: int
    output_tokens: int
    model: str
    cached_tokens: int = 0
    is_estimated: bool = False


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is whole. Always the last event; without it the answer failed or was given up."""

    reason: FinishReason
    usage: Usage


@dataclass(frozen=True, slots=True)
class PicturesHidden:
    """The model that answers cannot see the pictures of the request; it was told so instead."""


@dataclass(frozen=True, slots=True)
class HistoryTrimmed:
    """The model that answers was not shown all messages: so many of them were left out."""

    n_messages: int


ModelEvent = TextDelta | PicturesHidden | HistoryTrimmed | Finished


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """A whole answer."""

    text: str
    reason: FinishReason
    usage: Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInfo:
    """A configured model. `is_demo`: it only pretends, and the person is told.

    `has_vision`: it may be shown pictures.
    """

    name: str
    provider: str
    is_demo: bool = False
    has_vision: bool = True
