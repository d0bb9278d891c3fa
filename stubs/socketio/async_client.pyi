from collections.abc import Callable
from typing import Any

class AsyncClient:
    sid: str | None
    connected: bool
    def __init__(
        self,
        *,
        reconnection: bool = True,
        logger: bool = False,
        ssl_verify: bool = True,
        http_session: object = None,
        request_timeout: float = 5,
    ) -> None: ...
    def on(self, event: str, handler: Callable[..., Any], namespace: str | None = None) -> None: ...
    async def connect(
        self,
        url: str,
        *,
        headers: dict[str, str] = ...,
        auth: object = None,
        transports: list[str] | None = None,
        namespaces: list[str] | None = None,
        socketio_path: str = "socket.io",
        wait: bool = True,
        wait_timeout: float = 1,
    ) -> None: ...
    async def emit(
        self,
        event: str,
        data: object = None,
        namespace: str | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None: ...
    async def call(
        self,
        event: str,
        data: object = None,
        namespace: str | None = None,
        timeout: float = 60,
    ) -> Any: ...
    async def disconnect(self) -> None: ...
    async def wait(self) -> None: ...
    async def shutdown(self) -> None: ...
