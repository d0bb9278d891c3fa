"""Where the words of a tagged answer go while it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mojodex.platform.llm import (
    Opened,
    TagEvent,
    TaggedAnswer,
    TagParser,
    Text,
    fold_events,
)

#: The names of the tags around a text, outermost first.
Path = tuple[str, ...]
#: Tags in which some models think aloud; nobody sees what they hold.
THOUGHTS = ("think", "thinking")


class Channel(StrEnum):
    """What a person sees growing."""

    MESSAGE = "message"
    DRAFT_TITLE = "draft_title"
    DRAFT_BODY = "draft_body"


@dataclass(frozen=True, kw_only=True)
class TagRoute:
    """The tags of an answer and the channel of each that is shown.

    `tags` are paths, as the parser takes them. Text of a tag without a channel is not shown. Once
    a tag of `first` said something, what comes in other tags is not shown any more; it may still
    become the result. (Source: behaviour §3.5, priorities of the stream.)
    """

    tags: tuple[str, ...]
    channels: Mapping[str, Channel]
    first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Routed:
    """A piece of text for a channel."""

    channel: Channel
    text: str


class AnswerReader:
    """Follows one answer: takes its chunks, yields what is shown, and knows it as a whole.

    Blanks at the beginning and end of a channel are never shown, so that what was streamed is
    what the stripped texts of the answer are.
    """

    def __init__(self, route: TagRoute) -> None:
        self._route = route
        self._channels: dict[Path, Channel] = {
            tuple(tag.split("/")): channel for tag, channel in route.channels.items()
        }
        self._parser = TagParser((*route.tags, *THOUGHTS))
        self._events: list[TagEvent] = []
        self._raw: list[str] = []
        self._held: dict[Channel, str] = {}
        self._shown: dict[Channel, list[str]] = {}
        self._has_tag = False
        self._has_answer_tag = False
        self._is_first_told = False
        self._is_markup: bool | None = None

    @property
    def raw(self) -> str:
        """The answer as the model wrote it."""
        return "".join(self._raw)

    def shown(self, channel: Channel) -> str:
        """All that this channel has shown so far."""
        return "".join(self._shown.get(channel, ()))

    @property
    def answer(self) -> TaggedAnswer:
        """What was read so far, by tag."""
        return fold_events(self._events, is_plain=self._parser.is_plain)

    def feed(self, chunk: str) -> list[Routed]:
        self._raw.append(chunk)
        return self._route_all(self._parser.feed(chunk))

    def finish(self) -> list[Routed]:
        """The end of the answer; what was held back as a possible tag is text."""
        return self._route_all(self._parser.finish())

    def _route_all(self, events: list[TagEvent]) -> list[Routed]:
        self._events.extend(events)
        routed = []
        for event in events:
            if isinstance(event, Opened):
                self._has_tag = True
                self._has_answer_tag |= event.path in self._channels
            elif isinstance(event, Text):
                channel = self._channel(event)
                text = "" if channel is None else self._trim(channel, event.text)
                if channel is not None and text:
                    self._shown.setdefault(channel, []).append(text)
                    routed.append(Routed(channel, text))
        return routed

    def _channel(self, event: Text) -> Channel | None:
        if not event.path:
            return Channel.MESSAGE if self._shows_plain_text(event.text) else None
        channel = self._channels.get(event.path)
        if "/".join(event.path) in self._route.first:
            self._is_first_told |= bool(event.text.strip())
            return channel
        return None if self._is_first_told else channel

    def _shows_plain_text(self, text: str) -> bool:
        """Text outside all tags is the answer of a model that uses none, or only some of them.

        What begins like a tag is one that the model made up; nobody should see it grow.
        """
        if self._has_tag and self._is_markup is None and text.strip():
            self._is_markup = text.lstrip().startswith("<")
        is_text = self._parser.is_plain is True or (self._has_tag and not self._is_markup)
        return is_text and not self._has_answer_tag

    def _trim(self, channel: Channel, text: str) -> str:
        text = self._held.pop(channel, "") + text
        if channel not in self._shown:
            text = text.lstrip()
        shown = text.rstrip()
        if shown != text:
            self._held[channel] = text[len(shown) :]
        return shown
