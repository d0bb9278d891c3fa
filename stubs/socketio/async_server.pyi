import logging
from collections.abc import Awaitable, Callable
from typing import Any

from engineio.async_server import AsyncServer as EngineServer
from socketio.async_manager import AsyncManager

class AsyncServer:
    eio: EngineServer
    manager: AsyncManager
    def __init__(
        self,
        client_manager: AsyncManager | None = None,
        logger: bool | logging.Logger = False,
        json: object = None,
        async_handlers: bool = True,
        namespaces: list[str] | None = None,
        *,
        async_mode: str | None = None,
        ping_interval: float = 25,
        ping_timeout: float = 20,
        max_http_buffer_size: int = 1_000_000,
        cors_allowed_origins: str | list[str] | None = None,
        cors_credentials: bool = True,
        engineio_logger: bool | logging.Logger = False,
        transports: list[str] | None = None,
    ) -> None: ...
    def on(
        self, event: str, handler: Callable[..., Awaitable[Any]], namespace: str | None = None
    ) -> None: ...
    async def disconnect(self, sid: str, namespace: str | None = None) -> None: ...
    async def shutdown(self) -> None: ...
