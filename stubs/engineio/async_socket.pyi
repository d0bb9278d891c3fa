import asyncio

from engineio.packet import Packet

class AsyncSocket:
    sid: str
    queue: asyncio.Queue[Packet | None]
    upgraded: bool
    closing: bool
    closed: bool
    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None: ...
