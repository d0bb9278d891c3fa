"""What a model is shown of a conversation. What people write in it is data, never control."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mojodex.domains.chat.views import Conversation, Message, Sender
from mojodex.platform.llm import ChatMessage, Role

#: Characters of a conversation that are shown, and of one message of it.
MAX_CHARACTERS = 60_000
MAX_MESSAGE_CHARACTERS = 30_000
LEFT_OUT = "[…]"
#: Stands for `<` where a person wrote something that reads like a tag of ours.
INERT_BRACKET = "‹"


def neutralize(text: str, tags: Iterable[str]) -> str:
    """Make the tags of an answer inert inside a text that is not ours.

    Only the bracket that would begin such a tag is replaced, also with blanks, capitals or
    attributes in the tag, so that all other text, code and HTML stays what it was. `tags` may be
    paths ("execution/draft"); each of their names counts.
    """
    names = sorted({name for tag in tags for name in tag.split("/")})
    if not names or "<" not in text:
        return text
    pattern = rf"<(?=\s{{0,8}}/?\s{{0,8}}(?:{'|'.join(map(re.escape, names))})(?![\w-]))"
    return re.sub(pattern, INERT_BRACKET, text, flags=re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ShownConversation:
    """What a model is shown. `is_trimmed`: not all that was said."""

    messages: tuple[ChatMessage, ...]
    is_trimmed: bool


def build_conversation(
    said: Conversation,
    *,
    tags: Iterable[str],
    max_characters: int = MAX_CHARACTERS,
) -> ShownConversation:
    """Turns for the model, oldest first, within `max_characters`.

    The assistant's turns are shown with their tags, people's without, the system's as they are;
    messages without a text are skipped. When not all fits, the first message stays, because work
    may have been started by it, and then the latest ones.
    """
    names = tuple(tags)
    turns = [_turn(message, names) for message in said.messages if message.text]
    shown = tuple(_fit(turns, max_characters))
    return ShownConversation(
        messages=shown, is_trimmed=not said.is_whole or len(shown) < len(turns)
    )


def _turn(message: Message, tags: Sequence[str]) -> ChatMessage:
    text = message.text or ""
    if message.sender is Sender.MOJO:
        return ChatMessage(Role.ASSISTANT, _cut(message.text_with_tags or text))
    if message.sender is Sender.SYSTEM:
        return ChatMessage(Role.SYSTEM, _cut(text))
    return ChatMessage(Role.USER, _cut(neutralize(text, tags)))


def _cut(text: str) -> str:
    """Keep beginning and end of a text that is too long: what matters mostly stands there."""
    if len(text) <= MAX_MESSAGE_CHARACTERS:
        return text
    half = MAX_MESSAGE_CHARACTERS // 2
    return f"{text[:half]}\n{LEFT_OUT}\n{text[-half:]}"


def _fit(turns: Sequence[ChatMessage], limit: int) -> list[ChatMessage]:
    if not turns or sum(len(turn.text) for turn in turns) <= limit:
        return list(turns)
    first, *others = turns
    room = limit - len(first.text)
    kept: list[ChatMessage] = []
    for turn in reversed(others):
        if kept and len(turn.text) > room:
            break
        room -= len(turn.text)
        kept.append(turn)
    return [first, *reversed(kept)]
