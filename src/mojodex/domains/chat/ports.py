"""What chat needs from above: assistants, registered by kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ClassVar

from mojodex.domains.chat.errors import AssistantMissing
from mojodex.domains.chat.rules.routing import AnswerReader, Channel, TagRoute
from mojodex.domains.chat.views import Message, Turn
from mojodex.platform.db import Tx
from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    Finished,
    FinishReason,
    HistoryTrimmed,
    ModelGateway,
    ModelRequest,
    PicturesHidden,
    TaggedAnswer,
    TextDelta,
    parse_tags,
)
from mojodex.platform.prompts import MPT

TokenCallback = Callable[[Channel, str], None]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model answered.

    `is_stopped`: the person stopped it. `is_cut`: it reached the limit of its length. Either way
    it ends anywhere, and `shown` is what the person has seen of it, by channel.
    """

    raw: str
    tagged: TaggedAnswer
    shown: Mapping[Channel, str]
    is_stopped: bool = False
    is_cut: bool = False

    @property
    def is_partial(self) -> bool:
        return self.is_stopped or self.is_cut


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """What an assistant made of an answer: the message it stored, None when there was no word.

    `ids` go with the announcement of the message, for example `{"version_pk": 3}`.
    """

    message: Message | None
    ids: Mapping[str, int | str] = field(default_factory=dict)


class ChatAssistant(ABC):
    """Answers one turn: made for it, asked in this order, and thrown away.

    1. `prepare` in the transaction that claims the turn: reads all that the answer needs.
    2. `generate_message`, without a transaction: asks the model and shows its words.
    3. `finish` in the transaction that ends the turn: stores the answer and its results. It runs
       only while the turn is still this worker's, and everything it does is undone with the turn.

    After a crash another instance does all of it again.
    """

    kind: ClassVar[str]

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        #: The model could not see the pictures that it should have been shown.
        self.are_pictures_hidden = False
        #: The model was not shown all that had been said.
        self.is_history_trimmed = False
        self.reader: AnswerReader | None = None

    @abstractmethod
    async def prepare(self, tx: Tx) -> None:
        """Read what the answer needs, and write nothing. An `AppError` fails the turn with its
        code."""

    @property
    @abstractmethod
    def mpt(self) -> MPT:
        """The prompt. Called after `prepare`."""

    @property
    @abstractmethod
    def conversation(self) -> tuple[ChatMessage, ...]:
        """What the model is shown after the prompt; the prompt stands alone when empty."""

    @property
    @abstractmethod
    def response_tags(self) -> TagRoute:
        """The tags that the model may answer with, and where their words are shown."""

    @property
    @abstractmethod
    def attribution(self) -> Attribution:
        """On whose behalf the model is called."""

    @abstractmethod
    async def finish(self, tx: Tx, answer: Answer) -> TurnResult:
        """Store the answer. An `AppError` fails the turn with its code."""

    def build_request(self, gateway: ModelGateway) -> ModelRequest:
        """What is asked of the model that the gateway chooses."""
        if self.conversation:
            return self.mpt.request_chat(
                self.conversation, chooser=gateway, max_tokens=gateway.max_answer_tokens
            )
        return self.mpt.request_run(chooser=gateway, max_tokens=gateway.max_answer_tokens)

    async def generate_message(
        self, gateway: ModelGateway, token_callback: TokenCallback
    ) -> Answer:
        """Ask the model and show its words as they come. Raises `ModelError`.

        What was read when the task is cancelled stands in `self.partial_answer`.
        """
        self.reader = AnswerReader(self.response_tags)
        is_cut = False
        request = self.build_request(gateway)
        async with aclosing(gateway.stream(request, self.attribution)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    self.show(event.text, token_callback)
                elif isinstance(event, Finished):
                    is_cut = event.reason is FinishReason.LENGTH
                else:
                    self.note_event(event)
        return self.end_answer(token_callback, is_cut=is_cut)

    def note_event(self, event: PicturesHidden | HistoryTrimmed) -> None:
        """Remember what the model was not shown."""
        if isinstance(event, PicturesHidden):
            self.are_pictures_hidden = True
        else:
            self.is_history_trimmed = True

    def show(self, text: str, token_callback: TokenCallback) -> None:
        """Read a piece of the answer and tell what of it is shown."""
        if self.reader is None:
            self.reader = AnswerReader(self.response_tags)
        for routed in self.reader.feed(text):
            token_callback(routed.channel, routed.text)

    def end_answer(self, token_callback: TokenCallback, *, is_cut: bool = False) -> Answer:
        """The whole answer, when all of it was shown."""
        reader = self.reader or AnswerReader(self.response_tags)
        for routed in reader.finish():
            token_callback(routed.channel, routed.text)
        return self._answer(reader, is_cut=is_cut)

    @property
    def partial_answer(self) -> Answer:
        """What was read of an answer that was stopped."""
        reader = self.reader or AnswerReader(self.response_tags)
        return self._answer(reader, is_stopped=True)

    def recover_answer(self, shown: Mapping[str, str]) -> Answer:
        """A stopped answer of which only what was shown is left, by channel."""
        return Answer(
            raw="",
            tagged=parse_tags("", ()),
            shown={channel: shown.get(channel, "") for channel in Channel},
            is_stopped=True,
        )

    def _answer(
        self, reader: AnswerReader, *, is_stopped: bool = False, is_cut: bool = False
    ) -> Answer:
        return Answer(
            raw=reader.raw.strip(),
            tagged=reader.answer,
            shown={channel: reader.shown(channel) for channel in Channel},
            is_stopped=is_stopped,
            is_cut=is_cut,
        )


class AssistantRegistry:
    """Which assistant answers turns of which kind. Filled once, by the composition root."""

    def __init__(self) -> None:
        self._assistants: dict[str, Callable[[Turn], ChatAssistant]] = {}

    def register(self, kind: str, assistant: Callable[[Turn], ChatAssistant]) -> None:
        """`assistant` is the class, or whatever makes one for a turn."""
        self._assistants[kind] = assistant

    def get(self, turn: Turn) -> ChatAssistant:
        """A new assistant for this turn. Raises `AssistantMissing`."""
        if turn.assistant_kind not in self._assistants:
            raise AssistantMissing(assistant_kind=turn.assistant_kind)
        return self._assistants[turn.assistant_kind](turn)
