"""Searching what people wrote: the words of a text, the words of a query, and what to show of it.

All is folded (no case, no accents). A query finds what holds, for each of its words, a word that
begins with it. Where words are written without spaces between them (Chinese, Japanese, Thai, …),
pairs of neighbouring signs stand for words, so that any part of a sentence is found.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mojodex.kit.text import clean, normalize

#: Signs of a word that are kept, and how much of one execution is found: a `tsvector` ends at 1 MB.
MAX_WORD_LENGTH = 64
MAX_INDEX_WORDS = 20_000
MAX_INDEX_BYTES = 500_000
MAX_QUERY_WORDS = 20
#: Places of one text that are looked at.
MAX_RANGES = 500
#: Characters of an excerpt, and of it what stands before the first word found.
EXCERPT_LENGTH = 180
EXCERPT_LEAD = 50
#: Characters at least that stand on both sides of a word found far down in a long text.
PASSAGE_LEAD = 20

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_SEGMENT = re.compile(f"[{_UNSPACED}]+|[^\\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD_BEFORE = f"(?<![^\\W_{_UNSPACED}])"
_IS_LETTER = re.compile(f"[^\\W_{_UNSPACED}]")
_MARK_SIGNS = "*`#>|~-+]"
_MARKS = re.compile(r"[*`#>|~]+|^\s*[-+]\s+(\[[ xX]\]\s)?|(?<=\])\([^)\s]*\)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is looked for: `segments` as they were typed, folded; `lexemes` are beginnings of index
    words, all of which must be there.

    A query without any word (a sign, an emoji) has no lexemes and is looked for as it stands.
    `pattern` also fits in the middle of words: without a look behind, most of a text is passed at
    the speed of a comparison of bytes.
    """

    folded: str
    segments: tuple[str, ...]
    lexemes: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A part of a text; `ranges` are what was found, as offsets of characters (code points)."""

    text: str
    ranges: tuple[tuple[int, int], ...]


def read_query(text: str) -> Query | None:
    """What a person typed; None for a blank one."""
    folded = normalize(clean(text)).strip()
    if not folded:
        return None
    segments = list(dict.fromkeys(_SEGMENT.findall(folded)))[:MAX_QUERY_WORDS]
    lexemes = [lexeme for segment in segments for lexeme in _asked(segment)]
    found_by = [re.escape(segment) for segment in segments or [folded]]
    return Query(
        folded=folded,
        segments=tuple(segments),
        lexemes=tuple(dict.fromkeys(lexemes)),
        pattern=re.compile("|".join(sorted(found_by, key=len, reverse=True))),
    )


def _asked(segment: str) -> Iterable[str]:
    if not _IS_UNSPACED.match(segment):
        return (segment[:MAX_WORD_LENGTH],)
    if len(segment) == 1:
        return (segment,)
    return _pairs(segment[:MAX_WORD_LENGTH])


def _pairs(segment: str) -> Iterator[str]:
    return (segment[at : at + 2] for at in range(len(segment) - 1))


def _spell(segment: str) -> str:
    before = "" if _IS_UNSPACED.match(segment) else _WORD_BEFORE
    return before + re.escape(segment)


def index_words(texts: Iterable[str]) -> list[str]:
    """The distinct words under which texts are found, the first ones first."""
    words: dict[str, None] = {}
    room = MAX_INDEX_BYTES
    for segment in (found for text in texts for found in _SEGMENT.findall(normalize(text))):
        for word in _indexed(segment):
            if word in words:
                continue
            room -= len(word.encode())
            if room < 0 or len(words) == MAX_INDEX_WORDS:
                return list(words)
            words[word] = None
    return list(words)


def _indexed(segment: str) -> Iterable[str]:
    if not _IS_UNSPACED.match(segment):
        return (segment[:MAX_WORD_LENGTH],)
    return (*_pairs(segment), segment[-1])


def plain(markdown: str) -> str:
    """A text in one line without the signs of Markdown."""
    if any(sign in markdown for sign in _MARK_SIGNS):
        markdown = _MARKS.sub(" ", markdown)
    return " ".join(markdown.split())


def find_excerpt(text: str, query: Query, *, is_whole: bool = False) -> Excerpt | None:
    """The part of a one-line text in which most of what is looked for stands; None without any."""
    ranges = find_ranges(text, query)
    if not ranges:
        return None
    if is_whole or len(text) <= EXCERPT_LENGTH:
        return Excerpt(text=text, ranges=tuple(ranges))
    start = max(0, _best_start(text, ranges) - EXCERPT_LEAD)
    return _cut(text, start, ranges)


def find_missing(query: Query, marked: Iterable[str]) -> tuple[str, ...]:
    """What of a query none of the marked places begins with."""
    found = {normalize(place) for place in marked}
    return tuple(
        segment
        for segment in query.segments
        if not any(place.startswith(segment) for place in found)
    )


def gather_passages(text: str, query: Query, *, missing: Sequence[str]) -> str | None:
    """Short passages of a long text in which a query is found, in their order, together about an
    excerpt long: those of what is `missing` elsewhere first. None where nothing of it stands here.
    """
    folded, offsets = _fold(text)
    half = max(PASSAGE_LEAD, EXCERPT_LENGTH // 3 // max(1, len(query.segments)))
    spans: list[tuple[int, int]] = []
    for segment in dict.fromkeys((*missing, *query.segments)):
        pattern = re.compile(_spell(segment))
        if any(pattern.search(folded, start, end) for start, end in spans):
            continue
        match = pattern.search(folded)
        if match is None and segment in missing:
            return None
        if match is not None:
            spans.append((max(0, match.start() - half), min(len(folded), match.end() + half)))
    passages = [_passage(text, offsets, span) for span in _merge(spans)]
    return " ".join(passages).replace("… …", "…") if passages else None


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _passage(text: str, offsets: Sequence[int] | None, span: tuple[int, int]) -> str:
    """A part of a text from word to word, with the signs that it is one."""
    start, end = span
    if offsets is not None:
        start, end = offsets[start], offsets[end - 1] + 1
    before, after = "… " if start > 0 else "", " …" if end < len(text) else ""
    if before:
        space = text.find(" ", start, start + PASSAGE_LEAD // 2)
        start = space + 1 if space >= 0 else _whole(text, start)
    if after:
        space = text.rfind(" ", end - PASSAGE_LEAD // 2, end)
        end = space if space >= 0 else _whole(text, end)
    return f"{before}{text[start:end]}{after}"


def find_ranges(text: str, query: Query) -> list[tuple[int, int]]:
    """Where a text holds what is looked for: whole characters with their accents, in order."""
    folded, offsets = _fold(text)
    ranges: list[tuple[int, int]] = []
    begun = (match for match in query.pattern.finditer(folded) if _begins(folded, match.start()))
    for match in islice(begun, MAX_RANGES):
        start, end = match.span()
        if offsets is not None:
            start, end = offsets[start], offsets[end - 1] + 1
        while end < len(text) and _clings(text[end]):
            end += 1
        if ranges and start < ranges[-1][1]:
            # Two letters of the query fell into one sign of the text.
            continue
        ranges.append((start, end))
    return ranges


def _begins(text: str, at: int) -> bool:
    """Whether no letter or digit stands before the one that stands here."""
    return at == 0 or not (_IS_LETTER.match(text, at) and _IS_LETTER.match(text, at - 1))


def _clings(char: str) -> bool:
    """Whether a character belongs to the one before it: an accent, a variant, a joiner."""
    return unicodedata.category(char) in ("Mn", "Me", "Mc") or char == "\u200d"


class _Folds(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = self[code] = normalize(chr(code))
        return folded


_FOLDS = _Folds()


def _fold(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters the offset it had; None: the same one."""
    if text.isascii():
        return text.lower(), None
    if all(len(_FOLDS[ord(char)]) == 1 for char in set(text)):
        return text.translate(_FOLDS), None
    pieces = [_FOLDS[ord(char)] for char in text]
    offsets = [at for at, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), offsets


def _best_start(text: str, ranges: Sequence[tuple[int, int]]) -> int:
    """Where the first excerpt that holds the most different finds begins."""
    room = EXCERPT_LENGTH - EXCERPT_LEAD
    words = [normalize(text[start:end]) for start, end in ranges]
    inside: Counter[str] = Counter()
    first = best = most = 0
    for last, (_, end) in enumerate(ranges):
        inside[words[last]] += 1
        while first < last and end > ranges[first][0] + room:
            inside[words[first]] -= 1
            if not inside[words[first]]:
                del inside[words[first]]
            first += 1
        if len(inside) > most:
            best, most = ranges[first][0], len(inside)
    return best


def _cut(text: str, start: int, ranges: Sequence[tuple[int, int]]) -> Excerpt:
    """An excerpt from about `start`, begun and ended between words where that is near."""
    first = start
    if start > 0:
        space = text.find(" ", start, start + EXCERPT_LEAD // 2)
        first = space + 1 if space >= 0 else _whole(text, start)
    last = min(len(text), first + EXCERPT_LENGTH)
    if last < len(text):
        space = text.rfind(" ", first + EXCERPT_LENGTH * 2 // 3, last)
        last = space if space >= 0 else _whole(text, last)
    before = "…" if first > 0 else ""
    after = "…" if last < len(text) else ""
    shift = len(before) - first
    kept = [(a + shift, b + shift) for a, b in ranges if first <= a and b <= last]
    return Excerpt(text=f"{before}{text[first:last]}{after}", ranges=tuple(kept))


def _whole(text: str, at: int) -> int:
    """The next place where no character is cut from its accents."""
    while at < len(text) and (_clings(text[at]) or text[at - 1] == "\u200d"):
        at += 1
    return at
