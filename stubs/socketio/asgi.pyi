from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from socketio.async_server import AsyncServer

class ASGIApp:
    def __init__(
        self,
        socketio_server: AsyncServer,
        other_asgi_app: Callable[..., Awaitable[None]] | None = None,
        *,
        socketio_path: str = "socket.io",
    ) -> None: ...
    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None: ...
