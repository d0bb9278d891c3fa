"""The REST half of the face: from the table of routes to an application.

Order of events: the credential is looked for, the body is read, a transaction opens, the caller
is authenticated in it, the values are checked, the use case runs, the transaction commits, and
only then the answer is sent. Forms may be large, so their sender is authenticated before them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse

from mojodex.domains.identity import Caller, CallerKind, NotLoggedIn, secret_caller
from mojodex.faces.edge import (
    Access,
    Edge,
    EdgeRoute,
    SecretRefused,
    TokenForm,
    authenticate_connection,
    client_address,
    declares,
    install_edge,
    match_secret,
    send_file,
)
from mojodex.faces.mojodex.answers import (
    encode_body,
    encode_failure,
    encode_plain,
    server_failed,
    tell_framework_error,
    tell_refusal,
    welcome,
)
from mojodex.faces.mojodex.openapi import ClientsApp, describe_route
from mojodex.faces.mojodex.reading import Payload, open_payload
from mojodex.faces.mojodex.routes import ROUTES
from mojodex.faces.mojodex.values import Values
from mojodex.faces.mojodex.wire import (
    Authentication,
    Body,
    Call,
    FileAnswer,
    Looking,
    Outside,
    Place,
    PlainAnswer,
    Route,
)
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database

log = structlog.get_logger(__name__)

BACKOFFICE_SCOPE = "backoffice"
CLIENTS_VERSION = "0.4.13"
NOBODY = Caller(kind=CallerKind.USER)
#: nginx's number for a client that left before its answer.
CLIENT_LEFT = 499


@declares(Access.ANYONE)
async def open_to_all(_: Request) -> None:
    """Nothing is asked of the caller."""


@declares(Access.PERSON)
async def credential_present(request: Request) -> None:
    """Turn anonymous callers away before their body is read. Raises `NotLoggedIn`.

    Whose credential it is, is settled in the request's transaction.
    """
    if "authorization" not in request.headers:
        raise NotLoggedIn()


@declares(Access.SERVICE)
async def backoffice(request: Request) -> None:
    """The back office's secret, compared in constant time. Raises `SecretRefused`."""
    expected: str | None = request.app.state.backoffice_secret
    if not match_secret(request.headers.get("authorization", ""), expected):
        raise SecretRefused()


GATES: Mapping[Authentication, Callable[[Request], Awaitable[None]]] = {
    Authentication.NONE: open_to_all,
    Authentication.USER: credential_present,
    Authentication.BACKOFFICE: backoffice,
}


class HttpRouteManager:
    """Builds the root face's application from the table of its routes."""

    def __init__(
        self,
        db: Database,
        *,
        backoffice_secret: str | None,
        is_demo_allowed: bool,
        routes: Sequence[Route] = ROUTES,
    ) -> None:
        self._is_demo_allowed = is_demo_allowed
        self.routes = tuple(routes)
        self.app = ClientsApp(
            title="Mojodex clients",
            version=CLIENTS_VERSION,
            description="The wire that the ancestor's released web app, mobile app and CLI speak.",
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        self.app.router.route_class = EdgeRoute
        self.app.state.backoffice_secret = backoffice_secret
        self.serve_from(db)
        self.app.add_exception_handler(AppError, tell_refusal)
        self.app.add_exception_handler(HTTPException, tell_framework_error)
        for method in ("GET", "HEAD"):
            self.app.add_api_route(
                "/",
                welcome,
                methods=[method],
                dependencies=[Depends(open_to_all)],
                summary="A text for health checks; browsers are sent to the web app",
                operation_id="get_welcome",
                response_class=HTMLResponse,
                responses={307: {"description": "To the web app"}},
                include_in_schema=method == "GET",
            )
        for route in self.routes:
            self._add(route)

    def serve_from(self, db: Database) -> None:
        """Answer the coming requests from this database; the routes stay as they are."""
        self.db = db
        install_edge(self.app, Edge(db=db, forms=frozenset({TokenForm.RAW})))

    def _add(self, route: Route) -> None:
        gate = GATES[route.authentication]

        async def endpoint(request: Request) -> Response:
            return await self._serve(route, request)

        async def answer(request: Request) -> Response:
            try:
                await gate(request)
            except AppError as error:
                return await tell_refusal(request, error)
            return await self._serve(route, request)

        self.app.add_api_route(
            route.path,
            endpoint,
            methods=[route.method],
            name=route.name,
            summary=route.purpose,
            dependencies=[Depends(gate)],
            response_model=None,
            **describe_route(route),
        )
        if route.place is Place.QUERY and not isinstance(route.use, Outside):
            self.app.shorten_way(route.method, route.path, answer)

    async def _serve(self, route: Route, request: Request) -> Response:
        try:
            answer = await self._run(route, request)
            if isinstance(answer, FileAnswer):
                return await send_file(request.headers, answer.media, answer.upload)
            if isinstance(answer, PlainAnswer):
                return encode_plain(answer)
            return encode_body(answer)
        except AppError as error:
            return encode_failure(route.outcome(error), request, error)
        except HTTPException:
            raise
        except ClientDisconnect:
            return Response(status_code=CLIENT_LEFT)
        except Exception:  # the edge of the face: the unforeseen becomes the wire's own 500
            log.exception("a route failed", route=route.name)
            return server_failed()

    async def _run(self, route: Route, request: Request) -> Body | FileAnswer | PlainAnswer:
        caller = await self._caller_before_reading(route, request)
        async with open_payload(route, request) as payload:
            if isinstance(route.use, Outside):
                values = payload.check(route)
                return await route.use.use(self.db, self._call(request, caller or NOBODY, values))
            use = route.use
            if isinstance(use, Looking):
                if use.one is None or payload.lacks(use.key):
                    return await self._look(route, use, request, payload)
                use = use.one
            async with self.db.begin() as tx:
                if caller is None:
                    caller = await authenticate_connection(tx, request, request.method)
                return await use(tx, self._call(request, caller, payload.check(route)))

    async def _look(
        self, route: Route, looking: Looking, request: Request, payload: Payload
    ) -> Body | PlainAnswer:
        async with self.db.read() as tx:
            caller = await authenticate_connection(tx, request, request.method)
            return await looking.use(tx, self._call(request, caller, payload.check(route)))

    async def _caller_before_reading(self, route: Route, request: Request) -> Caller | None:
        """The caller where that is known, or has to be, before the body; else None."""
        if route.authentication is Authentication.NONE:
            return NOBODY
        if route.authentication is Authentication.BACKOFFICE:
            return secret_caller(BACKOFFICE_SCOPE)
        if route.place is not Place.FORM and not isinstance(route.use, Outside):
            return None
        async with self.db.read() as tx:
            return await authenticate_connection(tx, request, request.method)

    def _call(self, request: Request, caller: Caller, values: Values) -> Call:
        return Call(
            caller=caller,
            values=values,
            address=client_address(request),
            is_demo_allowed=self._is_demo_allowed,
        )
