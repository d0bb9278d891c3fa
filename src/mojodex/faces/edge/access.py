"""From a request to a transaction and a caller; a route that declares no access does not exist.

Order of events: the transaction opens, the caller is authenticated in it, the use case runs, the
transaction **commits, and only then the response is sent** (dependencies of scope "function" end
between handler and response). An exception anywhere before that rolls everything back.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from mojodex.domains.identity import Caller, Grant, NotLoggedIn, authenticate, require_grant
from mojodex.faces.edge.credentials import TokenForm, find_credentials
from mojodex.faces.edge.origins import OriginPolicy
from mojodex.platform.db import Database, Reading, Tx

F = TypeVar("F", bound=Callable[..., Any])


class Access(StrEnum):
    """Who a route is for. The authorization matrix has one column set per member."""

    ANYONE = "anyone"
    PERSON = "person"
    ADMIN = "admin"
    SERVICE = "service"


class UndeclaredAccess(Exception):
    """A programming error: a route says not for whom it is."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What the edge of one face needs to know; set once by the face's factory."""

    db: Database
    forms: frozenset[TokenForm]
    origins: OriginPolicy = field(default_factory=OriginPolicy)


def install_edge(app: FastAPI, edge: Edge) -> None:
    """Give a face's application its edge."""
    app.state.edge = edge


def edge_of(connection: HTTPConnection) -> Edge:
    """The edge of the application that serves this request."""
    edge: Edge = connection.app.state.edge
    return edge


_declared: dict[Callable[..., Any], Access] = {}


def declares(access: Access) -> Callable[[F], F]:
    """Mark a dependency as one that settles who may call. Faces may add their own."""

    def mark(dependency: F) -> F:
        _declared[dependency] = access
        return dependency

    return mark


async def authenticate_connection(tx: Reading, connection: HTTPConnection, method: str) -> Caller:
    """The one way from a request to a person, whatever form the token has.

    Raises `NotLoggedIn`, `TokenExpired`, `TokenInvalid` or `OriginRefused`.
    """
    edge = edge_of(connection)
    credentials = find_credentials(connection.headers, forms=edge.forms)
    if credentials is None:
        raise NotLoggedIn()
    if credentials.form is TokenForm.COOKIE:
        refuse_foreign_origin(connection, method)
    caller = await authenticate(tx, token=credentials.token)
    connection.state.caller = caller
    return caller


def refuse_foreign_origin(connection: HTTPConnection, method: str = "POST") -> None:
    """For requests that use, or ask for, a cookie. Raises `OriginRefused`."""
    edge_of(connection).origins.check_request(
        method,
        connection.headers.get("origin"),
        scheme=connection.url.scheme,
        host=connection.headers.get("host", ""),
    )


async def database(request: Request) -> Database:
    """For use cases that open their own transactions."""
    return edge_of(request).db


async def transaction(request: Request) -> AsyncIterator[Tx]:
    """The one transaction of the request."""
    async with edge_of(request).db.begin() as tx:
        yield tx


RequestTx = Annotated[Tx, Depends(transaction, scope="function")]
RequestDb = Annotated[Database, Depends(database)]


@declares(Access.ANYONE)
async def anyone() -> None:
    """Nothing is asked of the caller."""


@declares(Access.PERSON)
async def person(request: Request, tx: RequestTx) -> Caller:
    """A logged-in person, in the request's transaction."""
    return await authenticate_connection(tx, request, request.method)


@declares(Access.PERSON)
async def person_apart(request: Request) -> Caller:
    """A logged-in person, for use cases that take `db`: no transaction stays open."""
    async with edge_of(request).db.read() as tx:
        return await authenticate_connection(tx, request, request.method)


@declares(Access.ADMIN)
async def admin(request: Request, tx: RequestTx) -> Caller:
    """A logged-in administrator."""
    caller = await authenticate_connection(tx, request, request.method)
    require_grant(caller, Grant.ADMIN)
    return caller


@declares(Access.ADMIN)
async def admin_apart(request: Request) -> Caller:
    """A logged-in administrator, for use cases that take `db`."""
    caller = await person_apart(request)
    require_grant(caller, Grant.ADMIN)
    return caller


Anyone = Annotated[None, Depends(anyone)]
Person = Annotated[Caller, Depends(person, scope="function")]
PersonApart = Annotated[Caller, Depends(person_apart, scope="function")]
Admin = Annotated[Caller, Depends(admin, scope="function")]
AdminApart = Annotated[Caller, Depends(admin_apart, scope="function")]


def access_of(dependant: Dependant) -> Access | None:
    """The access that a route's dependencies declare, the strictest one first found."""
    if dependant.call is not None and dependant.call in _declared:
        return _declared[dependant.call]
    for dependency in dependant.dependencies:
        access = access_of(dependency)
        if access is not None:
            return access
    return None


class EdgeRoute(APIRoute):
    """A route that refuses to be made without declared access. Raises `UndeclaredAccess`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        access = access_of(self.dependant)
        if access is None:
            raise UndeclaredAccess(f"{path}: {endpoint.__name__} declares no access")
        self.access = access


@dataclass(frozen=True, kw_only=True)
class DeclaredRoute:
    """One row of a face's route table."""

    method: str
    path: str
    access: Access


def declared_routes(routes: Sequence[BaseRoute]) -> Iterator[DeclaredRoute]:
    """The route table of a face. Raises `UndeclaredAccess` at the first route without access."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        if not isinstance(route, EdgeRoute):
            raise UndeclaredAccess(f"{context.path}: not a route of the edge")
        for method in sorted(context.methods or ()):
            yield DeclaredRoute(method=method, path=context.path or "", access=route.access)
