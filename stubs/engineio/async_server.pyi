from collections.abc import Callable
from typing import Any

from engineio.async_socket import AsyncSocket

class AsyncServer:
    sockets: dict[str, AsyncSocket]
    create_queue: Callable[[], object]
    _async: dict[str, Any]
    async def disconnect(self, sid: str | None = None) -> None: ...
