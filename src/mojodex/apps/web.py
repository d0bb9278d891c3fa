"""The web process as an ASGI application: lifespan outside, faces inside, our prefixes first."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import cache, partial
from typing import Any

import structlog
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router

import mojodex
from mojodex.apps.bundle import WebBundle, find_bundle
from mojodex.apps.docs_page import build_docs
from mojodex.apps.head_start import HeadStart
from mojodex.apps.headers import SecurityHeaders
from mojodex.apps.memory import give_back
from mojodex.apps.migrations import SCRIPTS
from mojodex.apps.phases import note_phase
from mojodex.apps.roles import Role
from mojodex.apps.wiring import Runtime, build_runtime, running
from mojodex.domains.identity import DEMO_EMAIL, DEMO_WORD
from mojodex.faces.edge import ForwardedClients, RequestShare
from mojodex.faces.mojodex import HttpRouteManager, MojodexSocketFace
from mojodex.faces.v1 import DemoAccount, V1Config, V1SocketFace, build_routes, create_v1_app
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database
from mojodex.platform.db.migrate import head_revision, is_migrated
from mojodex.platform.settings import Settings, load_settings
from mojodex.platform.telemetry import Check, HealthEndpoints, TelemetryMiddleware
from mojodex.platform.telemetry.asgi import App, Receive, Scope, Send, respond

log = structlog.stdlib.get_logger(__name__)

#: A generation-0 collection runs after so many allocations; the usual 700 stalls the loop.
GC_THRESHOLD = (50_000, 20, 100)
#: Which face owns a path, for metrics; the first prefix that fits.
FACES = (
    ("/api/v1", "v1"),
    ("/app", "app"),
    ("/docs", "docs"),
    ("/socket.io", "socket"),
    ("/healthz", "operator"),
    ("/readyz", "operator"),
    ("/metrics", "operator"),
)


def face_of(path: str) -> str:
    """The face that answers a path; everything else belongs to the ancestor's clients."""
    for prefix, face in FACES:
        if path == prefix or path.startswith(f"{prefix}/"):
            return face
    return "mojodex"


class Application:
    """What the server runs. Its parts are built in the lifespan; before that it answers 503.

    `on_ready` is called once everything serves. `early` is the database, on its way already. A
    failed start is kept in `failure`, because the server only passes on a text.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        role: Role = Role.ALL,
        on_ready: Callable[[Runtime], None] | None = None,
        early: HeadStart | None = None,
    ) -> None:
        self._settings = settings
        self._role = role
        self._early = early
        self._on_ready = on_ready
        self._site: App | None = None
        self._outer: App = TelemetryMiddleware(SecurityHeaders(self._dispatch), face_of=face_of)
        self.failure: AppError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._outer(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._site is not None:
            await self._site(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
        elif scope["path"] == "/healthz":
            await respond(send, 200, b'{"status":"starting"}', "application/json")
        else:
            await respond(send, 503, b"The server is starting or stopping.", "text/plain")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                await self._start(stack)
            except AppError as error:
                self.failure = error
                await send({"type": "lifespan.startup.failed", "message": ""})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self._site = None
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = self._settings or load_settings()
        runtime = await stack.enter_async_context(build_runtime(settings, self._role, self._early))
        site = ForwardedClients(build_site(runtime), settings.server.trusted_proxies)
        note_phase("site built")
        await stack.enter_async_context(running(runtime))
        self._site = site
        note_phase("ready")
        if self._on_ready is not None:
            self._on_ready(runtime)
        settling = asyncio.create_task(_settle(runtime))
        stack.callback(settling.cancel)


async def _settle(runtime: Runtime) -> None:
    """After readiness: what is slow to import, and a heap that the collector need not walk."""
    await runtime.gateway.warm_up()
    gc.collect()
    give_back()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


def build_site(runtime: Runtime) -> App:
    """All faces at their addresses: prefixes first, the ancestor's clients at the root last.

    A worker only tells how it is.
    """
    health = HealthEndpoints(readiness(runtime))
    healths = [Route(path, health) for path in health.paths]
    sockets = runtime.sockets
    if sockets is None:
        return Router(healths)
    sockets.add_face(V1SocketFace(runtime.db, v1_config(runtime)))
    sockets.add_face(
        MojodexSocketFace(
            runtime.db, purchase_updater_secret=runtime.secrets.purchase_updater_secret
        )
    )
    clients = HttpRouteManager(
        runtime.db,
        backoffice_secret=runtime.secrets.backoffice_secret,
        is_demo_allowed=runtime.is_demo_open,
    )
    router = Router(
        [
            *healths,
            Mount("/api/v1", RequestShare(create_v1_app(runtime.db, v1_config(runtime)))),
            Route("/app", redirect_to("/app/")),
            Route("/docs", redirect_to("/docs/")),
            Mount("/app", WebBundle(find_bundle())),
            Mount("/docs", build_docs(openapi_documents)),
            Mount("/", RequestShare(clients.app)),
        ],
        redirect_slashes=False,
    )
    return sockets.asgi(router)


def redirect_to(target: str) -> Callable[..., RedirectResponse]:
    """An endpoint that sends browsers to `target`."""
    return partial(_redirect, target)


def _redirect(target: str, _: object) -> RedirectResponse:
    return RedirectResponse(target, 308)


def v1_config(runtime: Runtime) -> V1Config:
    """What v1 tells about the installation."""
    demo = DemoAccount(email=DEMO_EMAIL, password=DEMO_WORD)
    return V1Config(
        version=mojodex.__version__,
        public_url=runtime.settings.server.public_url,
        demo_account=demo if runtime.is_demo_open else None,
    )


def readiness(runtime: Runtime) -> dict[str, Check]:
    """What must be there for the process to do what its role says."""
    head = head_revision(SCRIPTS)

    async def database() -> bool:
        await runtime.db.ping()
        return True

    async def migrations() -> bool:
        return await is_migrated(runtime.db, head)

    async def worker() -> bool:
        return runtime.is_working

    checks: dict[str, Check] = {"database": database, "migrations": migrations}
    if runtime.role is not Role.WEB:
        checks["worker"] = worker
    return checks


@cache
def openapi_documents() -> dict[str, dict[str, Any]]:
    """The description of each face, by its name; needs no database."""
    unused = Database("postgresql://nobody@localhost/none")
    clients = HttpRouteManager(unused, backoffice_secret=None, is_demo_allowed=False)
    return {
        "v1": build_routes(mojodex.__version__).openapi(),
        "mojodex": clients.app.openapi(),
    }


def create_app(
    settings: Settings | None = None,
    *,
    role: Role = Role.ALL,
    on_ready: Callable[[Runtime], None] | None = None,
    early: HeadStart | None = None,
) -> Application:
    """The application; without `settings` they are read when it starts."""
    return Application(settings, role=role, on_ready=on_ready, early=early)


#: For servers that want a name: `uvicorn mojodex.apps.web:app`.
app = create_app()
