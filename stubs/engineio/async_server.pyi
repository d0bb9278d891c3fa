from engineio.async_socket import AsyncSocket

class AsyncServer:
    sockets: dict[str, AsyncSocket]
    async def disconnect(self, sid: str | None = None) -> None: ...
