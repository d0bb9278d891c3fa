"""One id through everything that one cause sets off: request, jobs, socket events."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

from mojodex.kit.ids import new_id

NAME = "correlation_id"
#: What we accept from outside: it goes into logs, headers and rows.
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def correlation_id() -> str | None:
    """The id of what is going on in this task."""
    value = get_contextvars().get(NAME)
    return None if value is None else str(value)


@contextmanager
def correlated(given: str | None = None) -> Iterator[str]:
    """Everything logged or deferred inside carries the id: the given one if it is sane."""
    value = given if given is not None and _SANE.fullmatch(given) else new_id().hex
    with bound_contextvars(**{NAME: value}):
        yield value
