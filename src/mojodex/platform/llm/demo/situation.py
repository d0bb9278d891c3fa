"""What a conversation is about, as far as a few rules can tell."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from mojodex.kit.text import normalize, shorten
from mojodex.platform.llm.contract import OutputContract
from mojodex.platform.llm.demo.phrases import COMMON_WORDS, LOOSE_WORDS, OPENING_WORDS
from mojodex.platform.llm.tags import strip_tags
from mojodex.platform.llm.vocabulary import ChatMessage, Role

LANGUAGES = ("en", "fr")
#: Holds, as JSON, what is said of the pictures of a message; no words of the person's.
PICTURES_BLOCK = "pictures"
#: A lone message longer than this is a prompt, not a person's words.
_LONGEST_WORDS = 600
_MAX_POINTS = 8
_LANGUAGE_LINE = re.compile(r"\blanguage\b[^\n]{0,20}?\b([a-z]{2})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|[\n;•]+")
_LIST_MARK = re.compile(r"^(?:[-*–]|\d{1,2}[.)])\s+")
_COMMON = {language: frozenset(words.split()) for language, words in COMMON_WORDS.items()}
_OPENINGS = frozenset(OPENING_WORDS.split())
_LOOSE_ENDS = frozenset(LOOSE_WORDS.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One value that the person filled in."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What the demo model goes by. See `platform/prompts/README.md` for the names in demo texts."""

    prompt: str
    language: str
    words: str
    request: str
    topic: str
    points: tuple[str, ...]
    fields: tuple[Field, ...]
    previous: Mapping[str, str]
    has_asked: bool
    has_delivered: bool
    #: Names of the pictures that came along, as the message beside them spells them.
    pictures: tuple[str, ...] = ()

    @property
    def is_brief(self) -> bool:
        """Too little was said to write from it, and nothing was asked yet."""
        return not self.has_asked and not self.pictures and len(self.words.split()) < 6

    @property
    def is_question(self) -> bool:
        return self.request.rstrip().endswith("?")


def read_situation(contract: OutputContract, messages: Sequence[ChatMessage]) -> Situation:
    """Find the person's words, their language and subject, and what was delivered before."""
    prompt, turns = _split(messages)
    fields = _read_blocks(prompt, contract)
    said = [_clean(text, contract) for text in _user_texts(turns, contract, fields)]
    words = "\n".join([*(field.value for field in fields), *said]).strip()
    request = said[-1] if said else words
    answers = [turn.text for turn in turns if turn.role is Role.ASSISTANT]
    subject = words or request
    return Situation(
        prompt=prompt,
        language=find_language(words, prompt),
        words=words,
        request=request,
        topic=find_topic(subject),
        points=find_points(subject),
        fields=tuple(fields),
        previous=_last_tags(answers, contract),
        has_asked=any("<ask_" in text or text.rstrip().endswith("?") for text in answers),
        has_delivered=any("<draft>" in text for text in answers),
        pictures=tuple(_picture_names(turns)),
    )


def _split(messages: Sequence[ChatMessage]) -> tuple[str, Sequence[ChatMessage]]:
    """The prompt and the conversation after it."""
    if not messages:
        return "", ()
    first = messages[0]
    is_prompt = first.role is Role.SYSTEM or (
        len(messages) == 1 and (len(first.text) > _LONGEST_WORDS or "</" in first.text)
    )
    return (first.text, messages[1:]) if is_prompt else ("", messages)


def _user_texts(
    turns: Sequence[ChatMessage], contract: OutputContract, fields: list[Field]
) -> list[str]:
    """What the person wrote in the conversation; blocks of inputs in it become fields."""
    texts = []
    for turn in turns:
        if turn.role is Role.USER:
            found = _read_blocks(turn.text, contract)
            fields.extend(found)
            if not found and not _is_about_pictures(turn) and turn.text.strip():
                texts.append(turn.text.strip())
    return texts


def _is_about_pictures(turn: ChatMessage) -> bool:
    return f"<{PICTURES_BLOCK}>" in turn.text


def _picture_names(turns: Sequence[ChatMessage]) -> Iterable[str]:
    """Only of messages that really have pictures."""
    for turn in turns:
        if turn.images:
            for content in _between(turn.text, PICTURES_BLOCK):
                yield from (field.value for field in _read_block(content))


def _read_blocks(text: str, contract: OutputContract) -> list[Field]:
    fields: list[Field] = []
    for name in contract.echo:
        for content in _between(text, name):
            fields.extend(_read_block(content))
    cleaned = (Field(name=field.name, value=_clean(field.value, contract)) for field in fields)
    return [field for field in cleaned if field.value]


def _between(text: str, tag: str) -> Iterable[str]:
    position = 0
    while (start := text.find(f"<{tag}>", position)) >= 0:
        end = text.find(f"</{tag}>", start)
        if end < 0:
            return
        yield text[start + len(tag) + 2 : end]
        position = end


def _read_block(content: str) -> Iterable[Field]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return [Field(name="", value=content)]
    if isinstance(value, dict):
        return [Field(name=name, value=str(item or "")) for name, item in value.items()]
    items = value if isinstance(value, list) else [value]
    return [_read_item(item) for item in items]


def _read_item(item: object) -> Field:
    if not isinstance(item, dict):
        return Field(name="", value=str(item or ""))
    name = next((item[key] for key in ("input_name", "name", "label") if item.get(key)), "")
    keys = ("value", "input_value", "text", "content", "file")
    value = next((item[key] for key in keys if item.get(key)), "")
    return Field(name=str(name), value=str(value))


def _clean(text: str, contract: OutputContract) -> str:
    """Without the contract's own tags: what a person writes must not steer the answer's form."""
    return strip_tags(text, contract.tags).strip()


def _last_tags(answers: Sequence[str], contract: OutputContract) -> dict[str, str]:
    names = {name for path in contract.tags for name in path.split("/")} | {"title", "draft"}
    found = dict.fromkeys(sorted(names), "")
    for answer in answers:
        for name in names:
            for content in _between(answer, name):
                found[name] = content.strip()
    return found


def find_language(words: str, prompt: str) -> str:
    """`en` or `fr`: by clear words, else by a line of the prompt, else by any hint."""
    spoken = [normalize(word) for word in _WORD.findall(words[:2000])]
    scores = {
        language: sum(word in common for word in spoken) for language, common in _COMMON.items()
    }
    lead = scores["fr"] - scores["en"]
    if abs(lead) < 2 and (line := _LANGUAGE_LINE.search(prompt)) and line[1].lower() in LANGUAGES:
        return line[1].lower()
    return "fr" if lead > 0 else "en"


def find_topic(words: str) -> str:
    """A few words that name the subject, without "please write me"; "" when nothing was said."""
    sentence = _SENTENCE_END.split(words.strip(), maxsplit=1)[0]
    kept = sentence.split()
    while len(kept) > 3 and normalize(kept[0]).strip(",:") in _OPENINGS:
        kept.pop(0)
    kept = kept[:8]
    while len(kept) > 2 and normalize(kept[-1]) in _LOOSE_ENDS:
        kept.pop()
    topic = shorten(" ".join(kept).strip(" ,:;.-"), 60)
    return topic[:1].upper() + topic[1:]


def find_points(words: str) -> tuple[str, ...]:
    """The main phrases, in order, each at most 160 characters, without repetition."""
    parts = [_LIST_MARK.sub("", part.strip()) for part in _SENTENCE_END.split(words[:8000])]
    phrases = [part for part in parts if part]
    if len(phrases) == 1:
        pieces = [piece.strip() for piece in phrases[0].split(",")]
        if len(pieces) >= 3:
            phrases = pieces
    tidy = (shorten(phrase[:1].upper() + phrase[1:], 160) for phrase in phrases)
    return tuple(dict.fromkeys(tidy))[:_MAX_POINTS]
