"""A cap on request bodies, whatever length they claim; answers that no cache keeps."""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOO_LARGE = 413


class BodyCap:
    """Middleware: reading a larger body raises the framework's 413, which the face words.

    The framework's own cap answers in plain text, past the handlers of the face. `larger` has caps
    of their own for paths by how they end.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _Capped(receive, self._cap_of(scope["path"]), _claimed_bytes(scope)).receive
        await self._app(scope, receive, send)

    def _cap_of(self, path: str) -> int:
        for end, max_bytes in self._larger.items():
            if path.endswith(end):
                return max_bytes
        return self._max_bytes


class _Capped:
    def __init__(self, receive: Receive, max_bytes: int, claimed_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self._is_over = claimed_bytes > max_bytes

    async def receive(self) -> Message:
        if not self._is_over:
            message = await self._receive()
            self._left -= len(message.get("body", b""))
            self._is_over = self._left < 0
            if not self._is_over:
                return message
        raise HTTPException(TOO_LARGE)


def _claimed_bytes(scope: Scope) -> int:
    claimed = Headers(scope=scope).get("content-length", "")
    return int(claimed) if claimed.isascii() and claimed.isdigit() and len(claimed) < 20 else 0


class NoStore:
    """Middleware: answers about people stay out of every cache, unless a route says otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, mark)
