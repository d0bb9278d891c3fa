"""The network between a client and a server, which can be cut and can fall silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Wires:
    """TCP connections through a port of our own."""

    def __init__(self) -> None:
        self.url = ""
        self._streams: list[asyncio.StreamWriter] = []
        self._open = asyncio.Event()
        self._open.set()

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str
    ) -> None:
        address = urlsplit(url)
        there, back = await asyncio.open_connection(address.hostname, address.port)
        self._streams += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
        with suppress(OSError):
            writer.close()

    def cut(self) -> None:
        """Both sides notice at once."""
        for stream in self._streams:
            stream.transport.abort()
        self._streams.clear()

    def silence(self) -> None:
        """Nobody notices anything: what is sent arrives only after `restore`."""
        self._open.clear()

    def restore(self) -> None:
        self._open.set()


@asynccontextmanager
async def wires_to(url: str) -> AsyncIterator[Wires]:
    """A way to the server at `url`."""
    wires = Wires()
    server = await asyncio.start_server(
        lambda reader, writer: wires.carry(reader, writer, url), "127.0.0.1", 0
    )
    wires.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wires
    finally:
        wires.restore()
        wires.cut()
        server.close()
