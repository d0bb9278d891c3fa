"""The one family of expected failures.

An error is a small class: a kind (what sort of failure, from which each face derives its status),
a code (unique, from which the edge derives the words) and data (what the words need). It is raised
by domains and platform rooms and rendered once, at the edge.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

ErrorValue = str | int | float | bool | None


class ErrorKind(StrEnum):
    """Sorts of failure. Faces hold one complete table from kinds to their statuses."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    PAYMENT_REQUIRED = "payment_required"
    TERMS_REQUIRED = "terms_required"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class AppError(Exception):
    """An expected failure. Subclasses set `kind` and a unique snake_case `code`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    code: ClassVar[str] = "internal"

    def __init__(self, **data: ErrorValue) -> None:
        self.data = data
        super().__init__(self.describe())

    def describe(self) -> str:
        """Code and data in one line, for logs; never shown to a person."""
        details = ", ".join(f"{key}={value!r}" for key, value in self.data.items())
        return f"{self.code} ({details})" if details else self.code


class OperatorError(AppError, ABC):
    """A failure for whoever runs the server, who reads these words at the start and in `doctor`."""

    @property
    @abstractmethod
    def cause(self) -> str:
        """What is wrong, in sentences."""

    @property
    @abstractmethod
    def cure(self) -> str:
        """What to do about it, in sentences."""

    def describe(self) -> str:
        return f"{self.cause} {self.cure}"


def all_errors() -> Iterator[type[AppError]]:
    """Every subclass of `AppError` that is imported and has a code of its own."""
    waiting = list(AppError.__subclasses__())
    seen: set[type[AppError]] = set()
    while waiting:
        error = waiting.pop()
        if error in seen:
            continue
        seen.add(error)
        waiting.extend(error.__subclasses__())
        if "code" in vars(error):
            yield error
