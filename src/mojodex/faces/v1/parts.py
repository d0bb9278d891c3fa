"""Parameters that v1 routes share, and the ids in paths."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from mojodex.domains.chat import Platform
from mojodex.domains.identity import Caller
from mojodex.faces.edge import (
    Access,
    EdgeRoute,
    Person,
    authenticate_connection,
    declares,
    edge_of,
    language_of_person,
)
from mojodex.faces.v1.wire.base import Limit, Line, WireOut
from mojodex.kit.ids import decode_uuid
from mojodex.kit.pagination import Window
from mojodex.platform.db import Reading

#: The platform under which people work through v1.
PLATFORM = Platform.WEBAPP
_MAX_BIGINT = 2**63 - 1
_NIL = UUID(int=0)

PathId = Annotated[str, Path(description="Opaque.")]
Search = Annotated[Line | None, Query(alias="q", description="Words to look for.")]


def build_router(tag: str) -> APIRouter:
    """A router whose routes must declare access; errors are problem documents."""
    return APIRouter(route_class=EdgeRoute, tags=[tag], responses=PROBLEM_RESPONSES)


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, as a problem document (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
}


def row_id(text: str) -> int:
    """Read a numbered id. Text that is none names no row: 0, which no row has.

    So the domain answers for it exactly as for a missing or foreign row.
    """
    if not (text.isascii() and text.isdigit()):
        return 0
    value = int(text) if len(text) <= len(str(_MAX_BIGINT)) else 0
    return value if value <= _MAX_BIGINT else 0


def uuid_id(text: str) -> UUID:
    """Read a UUID id. Text that is none names no row: the nil UUID, which no row has."""
    return decode_uuid(text) or _NIL


async def _window(
    limit: Annotated[Limit, Query()] = 50, cursor: Annotated[Line | None, Query()] = None
) -> Window:
    return Window(limit=limit, cursor=cursor)


PageWindow = Annotated[Window, Depends(_window)]


def spell(body: WireOut) -> Response:
    """The answer of a list that is polled: spelled once, and not checked against its model again,
    of which it is an instance."""
    return Response(body.model_dump_json(), media_type="application/json")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The person who asks, and the language to answer in."""

    caller: Caller
    language: str


async def _reader(request: Request, caller: Person) -> Reader:
    header = request.headers.get("accept-language")
    return Reader(caller=caller, language=language_of_person(caller, header))


ReaderOf = Annotated[Reader, Depends(_reader, scope="function")]


@dataclass(frozen=True, kw_only=True)
class Look(Reader):
    """A person who only looks: statements that stand by themselves, no transaction."""

    tx: Reading


@declares(Access.PERSON)
async def _look(request: Request) -> AsyncIterator[Look]:
    async with edge_of(request).db.read() as tx:
        caller = await authenticate_connection(tx, request, request.method)
        header = request.headers.get("accept-language")
        yield Look(tx=tx, caller=caller, language=language_of_person(caller, header))


LookOf = Annotated[Look, Depends(_look, scope="function")]
