"""Titles and summaries: how long they may be, and how they are searched."""

import re

from mojodex.kit.text import clean, normalize, shorten

MAX_TITLE_WORDS = 10
MAX_SENTENCES = 3
MAX_TITLE_LENGTH = 255
MAX_SUMMARY_LENGTH = 1_000
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+")


def clip_title(text: str) -> str | None:
    """At most ten words in one line, without quotes around; None when nothing is left."""
    words = clean(text).strip(" \t\r\n\"'«»“”*#").split()
    return shorten(" ".join(words[:MAX_TITLE_WORDS]), MAX_TITLE_LENGTH) or None


def clip_summary(text: str) -> str | None:
    """At most three sentences; None when nothing is left."""
    sentences = _SENTENCE_END.split(" ".join(clean(text).split()))
    return shorten(" ".join(sentences[:MAX_SENTENCES]), MAX_SUMMARY_LENGTH) or None


def search_text(title: str | None, summary: str | None) -> str:
    """What a search looks through: folded, without case and accents."""
    return normalize("\n".join(part for part in (title, summary) if part))


def search_pattern(query: str) -> str | None:
    """A LIKE pattern (escaped by backslashes) for a folded query; None for a blank one."""
    folded = normalize(clean(query)).strip()
    if not folded:
        return None
    escaped = re.sub(r"([\\%_])", r"\\\1", folded)
    return f"%{escaped}%"
