"""Keeping events small: texts are cut, or split, by their size on the wire."""

from collections.abc import Iterator

import orjson


def wire_size(text: str) -> int:
    """Bytes of a text inside a JSON document."""
    return len(orjson.dumps(text))


def split_text(text: str, max_bytes: int) -> Iterator[str]:
    """Pieces that together are the text, none larger than `max_bytes` on the wire."""
    waiting = [text]
    while waiting:
        piece = waiting.pop()
        if len(piece) <= 1 or wire_size(piece) <= max_bytes:
            yield piece
        else:
            middle = len(piece) // 2
            waiting += [piece[middle:], piece[:middle]]


def cut_text(text: str, max_bytes: int) -> str:
    """The beginning of a text that fits."""
    return next(split_text(text, max_bytes))
