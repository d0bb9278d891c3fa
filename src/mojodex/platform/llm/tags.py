"""Incremental reading of tagged answers, in linear time, however the text is cut in chunks.

Only the tags of the contract, at the places where the contract allows them, are tags. Everything
else is text: other names, attributes, capitals, blanks inside the angle brackets, closing tags of
what is not open, and a tag that was already read at its place. A closing tag also ends whatever is
still open inside it; the end of the text ends all (source: behaviour §3.4, an unclosed tag means
"the content so far").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Path = tuple[str, ...]
_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Opened:
    """A tag begins. `path` ends with `tag`."""

    tag: str
    path: Path


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text inside `path`; `()` is outside all tags."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A tag ends. `is_proper` is false when its own closing tag was missing."""

    tag: str
    path: Path
    is_proper: bool


TagEvent = Opened | Text | Closed


class TagParser:
    """Turns chunks of an answer into events. `tags` are paths: "execution", "execution/draft"."""

    def __init__(self, tags: Iterable[str]) -> None:
        self._places = frozenset(tuple(tag.split("/")) for tag in tags)
        names = sorted({name for place in self._places for name in place})
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a tag name: {name!r}")
        tokens = [f"<{name}>" for name in names] + [f"</{name}>" for name in names]
        self._prefixes = frozenset(token[:end] for token in tokens for end in range(1, len(token)))
        # Without names the pattern can match nothing.
        self._token = re.compile(f"<(/?)({'|'.join(names)})>" if names else r"(?!)()()")
        self._path: Path = ()
        self._held = ""
        self._read: set[Path] = set()
        self._events: list[TagEvent] = []
        self._pieces: list[str] = []
        self._is_plain: bool | None = None
        self._is_finished = False

    @property
    def path(self) -> Path:
        """The tags that are open, outermost first."""
        return self._path

    @property
    def is_plain(self) -> bool | None:
        """Whether the answer does not start with `<` (after blanks), or None while it is blank."""
        return self._is_plain

    def feed(self, chunk: str) -> list[TagEvent]:
        """The events that `chunk` completes. At most one unfinished tag is held back."""
        if self._is_finished:
            raise ValueError("the answer is finished")
        if self._is_plain is None and (start := chunk.lstrip()):
            self._is_plain = not start.startswith("<")
        if not self._held and "<" not in chunk:
            # Nearly every token.
            return [Text(self._path, chunk)] if chunk else []
        text = self._held + chunk
        position = 0
        for match in self._token.finditer(text):
            self._add_text(text[position : match.start()])
            self._read_tag(match)
            position = match.end()
        self._held = self._unfinished(text, position)
        self._add_text(text[position : len(text) - len(self._held)])
        return self._take_events()

    def finish(self) -> list[TagEvent]:
        """The end of the text: what was held back is text, what is open is closed."""
        if self._is_finished:
            return []
        self._is_finished = True
        self._add_text(self._held)
        self._held = ""
        while self._path:
            self._close(is_proper=False)
        return self._take_events()

    def _unfinished(self, text: str, position: int) -> str:
        # A tag has its only "<" at its start: no other than the last one can be unfinished.
        start = text.rfind("<", position)
        if start >= 0 and text[start:] in self._prefixes:
            return text[start:]
        return ""

    def _read_tag(self, match: re.Match[str]) -> None:
        is_closing, tag = bool(match[1]), match[2]
        if is_closing and tag in self._path:
            while self._path[-1] != tag:
                self._close(is_proper=False)
            self._close(is_proper=True)
            return
        place = (*self._path, tag)
        if is_closing or place not in self._places or place in self._read:
            self._add_text(match[0])
            return
        self._read.add(place)
        self._add_event(Opened(tag, place))
        self._path = place

    def _close(self, *, is_proper: bool) -> None:
        self._add_event(Closed(self._path[-1], self._path, is_proper))
        self._path = self._path[:-1]

    def _add_text(self, text: str) -> None:
        if text:
            self._pieces.append(text)

    def _add_event(self, event: Opened | Closed) -> None:
        self._flush_text()
        self._events.append(event)

    def _flush_text(self) -> None:
        # Joined once per tag or chunk: a flood of rejected tags stays linear.
        if self._pieces:
            self._events.append(Text(self._path, "".join(self._pieces)))
            self._pieces = []

    def _take_events(self) -> list[TagEvent]:
        self._flush_text()
        events, self._events = self._events, []
        return events


@dataclass(frozen=True, slots=True)
class TaggedAnswer:
    """A whole answer: the text of each tag by path, which tags were closed, and the rest.

    `texts[()]` is what stands outside all tags. A tag that was opened and is empty has "".
    """

    texts: Mapping[Path, str]
    proper: frozenset[Path]
    is_plain: bool

    def find(self, path: str) -> str | None:
        """The text directly inside a tag ("execution/draft"), or None when the tag is absent."""
        return self.texts.get(tuple(path.split("/")))

    def has_proper(self, path: str) -> bool:
        """Whether the tag was opened and closed by its own closing tag."""
        return tuple(path.split("/")) in self.proper


def fold_events(events: Iterable[TagEvent], *, is_plain: bool | None) -> TaggedAnswer:
    """Gather the events of one parser into a whole answer."""
    pieces: dict[Path, list[str]] = {(): []}
    proper: set[Path] = set()
    for event in events:
        match event:
            case Opened(path=path):
                pieces.setdefault(path, [])
            case Text(path=path, text=text):
                pieces[path].append(text)
            case Closed(path=path, is_proper=is_proper):
                if is_proper:
                    proper.add(path)
    texts = {path: "".join(parts) for path, parts in pieces.items()}
    return TaggedAnswer(texts, frozenset(proper), is_plain is not False)


def parse_tags(text: str, tags: Iterable[str]) -> TaggedAnswer:
    """Read a whole answer at once, by the same rules as the stream."""
    parser = TagParser(tags)
    events = [*parser.feed(text), *parser.finish()]
    return fold_events(events, is_plain=parser.is_plain)


def strip_tags(text: str, tags: Iterable[str]) -> str:
    """The text without any opening or closing tag of these names, wherever it stands."""
    names = sorted({name for tag in tags for name in tag.split("/")})
    if not names:
        return text
    return re.sub(f"</?(?:{'|'.join(names)})>", "", text)
