"""Words that say when they were sent, so that a reader at the far end knows how old they are."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

#: A space, the number of the word in its answer, and microseconds of the machine's steady clock.
STAMP_LENGTH = 22
_STAMP = re.compile(r"(\d{5}):(\d{15})")
_WORD = re.compile(r"\s*\w+")


@dataclass(frozen=True, slots=True)
class Stamp:
    """One word. `sent_at` in microseconds of the clock that all processes of a machine share."""

    number: int
    sent_at: int


class Stamper:
    """Numbers the words of one answer."""

    def __init__(self) -> None:
        self._n_words = 0

    def stamp(self, token: str) -> str:
        """A stamp for a word; a tag's piece, and what is no word, stay as they are."""
        if not token.startswith(" ") or _WORD.fullmatch(token) is None:
            return token
        self._n_words += 1
        return f" {self._n_words:05d}:{now_us():015d}"


def now_us() -> int:
    """Microseconds of the clock of the stamps."""
    return time.monotonic_ns() // 1000


def read_stamps(text: str) -> Iterator[Stamp]:
    """The stamps of a text, in order."""
    for found in _STAMP.finditer(text):
        yield Stamp(int(found[1]), int(found[2]))
