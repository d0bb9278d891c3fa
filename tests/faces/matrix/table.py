"""The vocabulary of the authorization matrix: who calls, what is sent, what must come of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import FastAPI

from mojodex.faces.edge import Access, declared_routes
from mojodex.platform.db import Database
from tests.faces.matrix.world import Person, World


class Who(StrEnum):
    """The columns. Each asks for things of the owner, or for the same kind of thing of their own.

    owner: may (the control: proves that the request itself is good) · anonymous: no token ·
    other: another person, with the owner's ids · ended: a person whose role has ended, with their
    own ids · removed: a deleted account's token · revoked: a log-in that was ended · plain: a
    person without the grant, on routes of administrators.
    """

    OWNER = "owner"
    ANONYMOUS = "anonymous"
    OTHER = "other"
    ENDED = "ended"
    REMOVED = "removed"
    REVOKED = "revoked"
    PLAIN = "plain"


class Outcome(StrEnum):
    """What a column may see. `personal`: an answer about the caller alone."""

    ALLOWED = "allowed"
    PERSONAL = "personal"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request without its authentication. `path` holds the ids already."""

    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    content: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class RouteRow:
    """One route. `send(world, person)` builds the request with the ids of `person`.

    `has_ids`: whether the request names something of a person (on a route for anybody: by proving
    to be them); without, another person gets an answer about themselves. `needs_role`: whether it
    starts work that a role pays for. `attacks`: more requests that another person (first after the
    world) may try against the owner (second), such as a foreign child under an own parent, or an
    id in a body. `headers` replace the log-in of the face (routes for a shared secret). `allowed`
    and `refused` are for routes that answer with statuses of their own.
    """

    method: str
    path: str
    send: Callable[[World, Person], Sent]
    has_ids: bool = True
    needs_role: bool = False
    attacks: Mapping[str, Callable[[World, Person, Person], Sent]] = field(default_factory=dict)
    headers: Callable[[World], Mapping[str, str]] | None = None
    allowed: frozenset[int] | None = None
    refused: frozenset[int] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path


@dataclass(frozen=True, kw_only=True)
class Statuses:
    """How a face spells the outcomes."""

    allowed: frozenset[int] = frozenset({200, 201, 202, 204})
    unknown: frozenset[int] = frozenset({401})
    refused: frozenset[int] = frozenset({402, 403, 404})


@dataclass(frozen=True, kw_only=True)
class FaceUnderTest:
    """What the matrix needs to know of a face. `headers(token)` is how its clients log in."""

    name: str
    build_app: Callable[[Database], FastAPI]
    headers: Callable[[str], Mapping[str, str]]
    rows: Sequence[RouteRow]
    statuses: Statuses = field(default_factory=Statuses)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One test: a row, a column, and for `other` which request they try."""

    face: FaceUnderTest
    row: RouteRow
    access: Access
    who: Who
    outcome: Outcome
    attack: str | None = None

    def __str__(self) -> str:
        name = f"{self.row.method}:{self.row.path}:{self.who}"
        return f"{name}:{self.attack}" if self.attack else name


def route_table(app: FastAPI) -> dict[tuple[str, str], Access]:
    """Every route of a face with its declared access. HEAD goes with its GET."""
    return {
        (route.method, route.path): route.access
        for route in declared_routes(app.routes)
        if route.method != "HEAD"
    }


def missing_rows(face: FaceUnderTest, app: FastAPI) -> list[str]:
    """Routes without a row, and rows without a route; both fail the build."""
    table, rows = route_table(app), {row.key for row in face.rows}
    lost = [f"no row for {' '.join(key)}" for key in sorted(table.keys() - rows)]
    return lost + [f"no route for {' '.join(key)}" for key in sorted(rows - table.keys())]


def build_cells(face: FaceUnderTest, app: FastAPI) -> list[Cell]:
    """The whole matrix of a face."""
    table = route_table(app)
    return [
        Cell(face=face, row=row, access=table[row.key], who=who, outcome=outcome, attack=attack)
        for row in face.rows
        if row.key in table
        for who, outcome, attack in _columns(row, table[row.key])
    ]


def _columns(row: RouteRow, access: Access) -> list[tuple[Who, Outcome, str | None]]:
    cells: list[tuple[Who, Outcome, str | None]] = [(Who.OWNER, Outcome.ALLOWED, None)]
    if access is Access.ANYONE:
        return [*cells, (Who.ANONYMOUS, Outcome.ALLOWED, None)]
    strangers = (Who.ANONYMOUS, Who.REMOVED, Who.REVOKED)
    if access is Access.SERVICE:
        return [*cells, *((who, Outcome.REFUSED, None) for who in (*strangers, Who.PLAIN))]
    cells += [(who, Outcome.UNKNOWN, None) for who in strangers]
    if access is Access.ADMIN:
        return [*cells, (Who.PLAIN, Outcome.REFUSED, None)]
    other = Outcome.REFUSED if row.has_ids else Outcome.PERSONAL
    ended = Outcome.REFUSED if row.needs_role else Outcome.ALLOWED
    cells += [(Who.OTHER, other, None), (Who.ENDED, ended, None)]
    return cells + [(Who.OTHER, Outcome.REFUSED, name) for name in row.attacks]
