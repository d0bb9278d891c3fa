"""From an HTTP request to the values of a route, before any transaction opens."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from fastapi import Request
from pydantic import JsonValue
from starlette.datastructures import UploadFile
from starlette.types import Message

from mojodex.faces.edge import BodyTooLarge
from mojodex.faces.mojodex.errors import NotJson, UnreadableJson
from mojodex.faces.mojodex.values import ABSENT, Values
from mojodex.faces.mojodex.wire import Place, Route
from mojodex.kit.errors import AppError

MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_FORM_FIELDS = 200
MAX_FORM_FILES = 50
MAX_FIELD_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What was sent. `problem` is told only once the caller is known, as the ancestor did."""

    raw: Mapping[str, JsonValue] = field(default_factory=dict)
    files: Sequence[tuple[str, UploadFile]] = ()
    problem: AppError | None = None

    def lacks(self, name: str) -> bool:
        """Whether a value is absent, or what clients write for that."""
        return self.raw.get(name) in ABSENT

    def check(self, route: Route) -> Values:
        """The values, with every required key. Raises what is wrong with the request."""
        if self.problem is not None:
            raise self.problem
        values = Values(self.raw, self.files)
        values.require(*(parameter.name for parameter in route.required))
        return values


@asynccontextmanager
async def open_payload(route: Route, request: Request) -> AsyncIterator[Payload]:
    """Read the part of the request in which the route's parameters travel.

    Files of a form lie on disk while the block runs. Raises `BodyTooLarge`, and the framework's own
    error for a broken form.
    """
    if route.place is Place.FORM:
        async with _cap_body(request, route.max_form_bytes).form(
            max_fields=MAX_FORM_FIELDS, max_files=MAX_FORM_FILES, max_part_size=MAX_FIELD_BYTES
        ) as parts:
            yield _read_form(parts.multi_items())
    elif route.place is Place.BODY:
        yield await _read_json(_cap_body(request, MAX_JSON_BYTES))
    else:
        yield Payload(raw=_first_values(request.query_params.multi_items()))


def _cap_body(request: Request, limit: int) -> Request:
    """The same request, whose body may be read only up to `limit` bytes."""
    n_bytes = 0

    async def receive() -> Message:
        nonlocal n_bytes
        message = await request.receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > limit:
            raise BodyTooLarge()
        return message

    return Request(request.scope, receive)


async def _read_json(request: Request) -> Payload:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        return Payload(problem=NotJson())
    try:
        value = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return Payload(problem=UnreadableJson())
    return Payload(raw=value) if isinstance(value, dict) else Payload(problem=NotJson())


def _read_form(items: list[tuple[str, UploadFile | str]]) -> Payload:
    texts = [(key, value) for key, value in items if isinstance(value, str)]
    files = [(key, value) for key, value in items if not isinstance(value, str)]
    return Payload(raw=_first_values(texts), files=files)


def _first_values(items: list[tuple[str, str]]) -> dict[str, JsonValue]:
    """One value per key, the first: unknown keys are kept and ignored by whoever asks for none."""
    values: dict[str, JsonValue] = {}
    for key, value in items:
        values.setdefault(key, value)
    return values
