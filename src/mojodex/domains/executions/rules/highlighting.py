"""Which parts of an execution a search looks through, and which of them it shows."""

from collections.abc import Iterable, Iterator, Sequence

from mojodex.domains.executions.rules.inputs import MAX_FILES
from mojodex.domains.executions.rules.searching import Query, find_excerpt, find_missing, plain
from mojodex.domains.executions.views import (
    ExecutionInput,
    Highlight,
    HighlightField,
    ListedExecution,
    StoredExecution,
    StoredVersion,
)


def searched_texts(execution: StoredExecution, newest: StoredVersion | None) -> list[str]:
    """All texts in which an execution is found: its names, its form, its newest version."""
    named = (execution.title, execution.summary, *input_texts(execution.inputs).values())
    written = () if newest is None else (newest.title, newest.body)
    return [part for part in (*named, *written) if part]


def input_texts(inputs: Sequence[ExecutionInput]) -> dict[str, str]:
    """What was filled in as text, by the labels of the fields; of a choice, its words."""
    return {item.label: _words_of(item) for item in inputs if _words_of(item)}


def _words_of(item: ExecutionInput) -> str:
    if item.kind in MAX_FILES or not isinstance(item.value, str):
        return ""
    chosen = [choice.label for choice in item.choices if choice.value == item.value]
    return chosen[0] if chosen else item.value


def find_highlights(
    execution: ListedExecution, *, text: str | None, query: Query
) -> tuple[Highlight, ...]:
    """Where in an execution the words of a query stand, at most one place per field."""
    found: dict[HighlightField, Highlight] = {}
    for field, label, words in _fields(execution, text):
        highlight = _find(field, label, words, query)
        known = found.get(field)
        if highlight is not None and (known is None or len(known.ranges) < len(highlight.ranges)):
            found[field] = highlight
    return tuple(found.values())


def find_unmarked(highlights: Iterable[Highlight], query: Query) -> tuple[str, ...]:
    """What of a query none of these highlights shows."""
    return find_missing(query, (one.text[a:b] for one in highlights for a, b in one.ranges))


def _fields(
    execution: ListedExecution, text: str | None
) -> Iterator[tuple[HighlightField, str | None, str]]:
    yield HighlightField.TITLE, None, execution.title or ""
    yield HighlightField.SUMMARY, None, execution.summary or ""
    for label, words in input_texts(execution.inputs).items():
        yield HighlightField.INPUT, label, words
    yield HighlightField.TEXT, None, text or ""


def _find(field: HighlightField, label: str | None, words: str, query: Query) -> Highlight | None:
    is_whole = field is HighlightField.TITLE
    excerpt = find_excerpt(words if is_whole else plain(words), query, is_whole=is_whole)
    if excerpt is None:
        return None
    return Highlight(field=field, label=label, text=excerpt.text, ranges=excerpt.ranges)
