"""Reading what a client sent, tolerantly where the released clients need it."""

import math
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue
from starlette.datastructures import UploadFile

from mojodex.faces.mojodex.errors import BadValue, MissingField
from mojodex.kit.ids import decode_uuid
from mojodex.kit.text import clean

#: "null" is Dart's form encoder, "undefined" JavaScript's.
ABSENT: tuple[JsonValue, ...] = (None, "", "null", "undefined")
BIGGEST_PK = 2**63 - 1
PAGE_LIMIT = 50
#: Digits of the biggest key and its sign: longer numbers are refused before they are converted.
MAX_DIGITS = 20


class Values:
    """The values of one request, read as the types a route asks for.

    Numbers may come as text, since the mobile app writes them so. An optional value that is null
    or empty counts as absent. Raises `MissingField` and `BadValue`.
    """

    def __init__(
        self, raw: Mapping[str, JsonValue], files: Sequence[tuple[str, UploadFile]] = ()
    ) -> None:
        """`files`: the file parts with their names, in their order; a name may come again."""
        self.raw = raw
        self.files = tuple(files)

    def has_file(self, name: str) -> bool:
        return any(part == name for part, _ in self.files)

    def has(self, name: str) -> bool:
        """Whether the key was sent at all, whatever its value."""
        return name in self.raw

    def require(self, *names: str) -> None:
        """Raises `MissingField` for the first key that was not sent."""
        for name in names:
            if name not in self.raw:
                raise MissingField(name=name)

    def find_text(self, name: str) -> str | None:
        value = self.raw.get(name)
        return None if value is None or value == "" else as_text(name, value)

    def text(self, name: str) -> str:
        """A text that has to be there and may be empty."""
        if name not in self.raw:
            raise MissingField(name=name)
        return as_text(name, self.raw[name])

    def find_integer(self, name: str) -> int | None:
        """Also what form encoders write for nothing counts as absent."""
        value = self.raw.get(name)
        return None if value in ABSENT else as_integer(name, value)

    def integer(self, name: str) -> int:
        if name not in self.raw:
            raise MissingField(name=name)
        return as_integer(name, self.raw[name])

    def session_id(self, name: str) -> UUID:
        """A session, in 32 digits or dashed."""
        session_id = decode_uuid(self.text(name))
        if session_id is None:
            raise BadValue(name=name)
        return session_id

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        value = self.find_text(name) or default
        if value not in choices:
            raise BadValue(name=name)
        return value

    def limit(self, name: str) -> int:
        """The size of a page: at most fifty, which is also the default."""
        value = self.find_integer(name)
        if value is not None and value < 0:
            raise BadValue(name=name)
        return PAGE_LIMIT if value is None else min(value, PAGE_LIMIT)

    def offset(self) -> int:
        value = self.find_integer("offset") or 0
        if value < 0:
            raise BadValue(name="offset")
        return value


def as_text(name: str, value: JsonValue) -> str:
    """A text as the database can hold it; numbers are spelled. Raises `BadValue`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise BadValue(name=name)


def as_integer(name: str, value: JsonValue) -> int:
    """A number that a key or a count can have, also from digits in a text. Raises `BadValue`."""
    number: int | None = None
    if isinstance(value, str):
        text = value.strip()
        digits = text[1:] if text[:1] in ("-", "+") else text
        if digits.isascii() and digits.isdigit() and len(digits) < MAX_DIGITS:
            number = int(text)
    elif isinstance(value, float):
        number = int(value) if math.isfinite(value) and value.is_integer() else None
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    if number is None or abs(number) > BIGGEST_PK:
        raise BadValue(name=name)
    return number
