"""Services that the composition root hands to whoever asks the database."""

from typing import TypeVar, cast

T = TypeVar("T")


class Provisions:
    """What the composition root provides to code that holds a transaction, keyed by its class."""

    def __init__(self) -> None:
        self._values: dict[type[object], object] = {}

    def provide(self, kind: type[T], value: T) -> None:
        self._values[kind] = value

    def use(self, kind: type[T]) -> T:
        """The provided value of this class. Raises `LookupError` when nobody provided one."""
        try:
            return cast(T, self._values[kind])
        except KeyError:
            raise LookupError(f"nothing was provided for {kind.__name__}") from None
