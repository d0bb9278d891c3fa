"""Small, pure operations on text."""

import unicodedata


def normalize(text: str) -> str:
    """Fold a text for comparison: compatibility forms, accents and case are dropped."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends late enough, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    if space >= limit * 2 // 3:
        head = head[:space]
    return head.rstrip() + "…"


def clean(text: str) -> str:
    """Drop what PostgreSQL cannot store in a text: NUL characters and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
