"""One way to ask for a part of a list (`Window`) and one way to answer (`Page`)."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from mojodex.kit.errors import AppError, ErrorKind

T = TypeVar("T")
U = TypeVar("U")

MAX_LIMIT = 200


class InvalidCursor(AppError):
    """The cursor was not made by this list."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_cursor"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A part of a list: at most `limit` items, after a cursor or past an offset (never both)."""

    limit: int = 50
    cursor: str | None = None
    offset: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"limit must be 0 to {MAX_LIMIT}")
        if self.cursor is not None and self.offset is not None:
            raise ValueError("a window has a cursor or an offset, not both")
        if self.offset is not None and self.offset < 0:
            raise ValueError("offset must not be negative")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Items in the order of the list; `next_cursor` is None at its end."""

    items: tuple[T, ...]
    next_cursor: str | None = None

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        return Page(items=tuple(change(item) for item in self.items), next_cursor=self.next_cursor)


def cut_page(items: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Make a page from a query that asked for one row more than `limit`."""
    kept = tuple(items[:limit])
    more = len(items) > limit and bool(kept)
    return Page(items=kept, next_cursor=cursor_of(kept[-1]) if more else None)


def encode_cursor(*values: str | int | None) -> str:
    """Pack the sort values of the last item seen into an opaque text."""
    raw = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(text: str, *kinds: type[str] | type[int]) -> tuple[str | int, ...]:
    """Unpack a cursor whose values must be of `kinds`, in order. Raises `InvalidCursor`."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        values = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidCursor() from error
    if not isinstance(values, list) or len(values) != len(kinds):
        raise InvalidCursor()
    if any(type(value) is not kind for value, kind in zip(values, kinds, strict=True)):
        raise InvalidCursor()
    return tuple(values)
