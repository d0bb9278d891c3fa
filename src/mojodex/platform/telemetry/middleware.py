"""The outermost layer of a web process: correlation, metrics, one log line per request."""

import time
from collections.abc import Callable

import structlog

from mojodex.platform.telemetry import metrics
from mojodex.platform.telemetry.asgi import App, Message, Receive, Scope, Send, header, respond
from mojodex.platform.telemetry.correlation import correlated

log = structlog.stdlib.get_logger(__name__)

REQUEST_ID = b"x-request-id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Addresses that machines ask every few seconds; they are logged only when they fail.
POLLED = ("/healthz", "/readyz", "/metrics")


class TelemetryMiddleware:
    """Wraps an ASGI application. `face_of` names the face that owns a path.

    The request's `X-Request-ID` is kept when it is 8 to 64 plain characters, and every response
    carries the id. An unexpected error becomes a bare 500: what was in it goes to the log only.
    """

    def __init__(self, app: App, *, face_of: Callable[[str], str]) -> None:
        self._app = app
        self._face_of = face_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with correlated(header(scope, REQUEST_ID)) as request_id:
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            else:
                await self._observe(scope, receive, send, request_id)

    async def _observe(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        path, face = scope["path"], self._face_of(scope["path"])
        status, is_complete = 0, False

        async def mark(message: Message) -> None:
            nonlocal status, is_complete
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [(k, v) for k, v in message.get("headers", ()) if k != REQUEST_ID]
                message["headers"] = [*headers, (REQUEST_ID, request_id.encode())]
            await send(message)
            if message["type"] == "http.response.body":
                is_complete = not message.get("more_body", False)

        started = time.perf_counter()
        metrics.IN_PROGRESS.labels(face).inc()
        try:
            await self._app(scope, receive, mark)
        except Exception:  # the edge of the process: said once, with all we know
            log.exception("a request failed", face=face, path=path, method=scope["method"])
            metrics.FAILURES.labels(face).inc()
            if status and not is_complete:
                raise  # the server cuts the connection, so that nobody takes a half for a whole
            if not status:
                await respond(mark, 500, b"Internal server error", "text/plain; charset=utf-8")
        finally:
            metrics.IN_PROGRESS.labels(face).dec()
            self._count(scope, path, face, status, time.perf_counter() - started)

    def _count(self, scope: Scope, path: str, face: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = _route_of(scope)
        metrics.REQUESTS.labels(face, method, route, str(status)).inc()
        metrics.SECONDS.labels(face, route).observe(seconds)
        told = log.debug if path in POLLED and status < 400 else log.info
        told(
            "request",
            method=scope["method"],
            path=path,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def _route_of(scope: Scope) -> str:
    """The template of the matched route, as the face's router left it in the scope."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(none)"
