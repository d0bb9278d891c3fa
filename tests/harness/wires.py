"""The network between a client and a server, which can be cut and can fall silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class Wires:
    """TCP connections through a port of our own."""

    def __init__(self) -> None:
        self.url = ""
        self._streams: list[asyncio.StreamWriter] = []
        self._gates: list[asyncio.Event] = []

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str
    ) -> None:
        there, back = await _open(url)
        self._streams += [writer, back]
        gate = asyncio.Event()
        gate.set()
        self._gates.append(gate)
        with suppress(asyncio.CancelledError):  # the end of the loop; the server's own task
            await asyncio.gather(_pump(reader, back, gate), _pump(there, writer, gate))

    def cut(self) -> None:
        """Both sides notice at once."""
        for stream in self._streams:
            stream.transport.abort()
        self._streams.clear()

    def silence(self) -> None:
        """Nobody notices: what is sent on what is open now arrives only after `restore`."""
        for gate in self._gates:
            gate.clear()

    def restore(self) -> None:
        for gate in self._gates:
            gate.set()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            await gate.wait()
            writer.write(data)
    with suppress(OSError):
        writer.close()


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    if address.scheme == "unix":
        return await asyncio.open_unix_connection(address.path)
    return await asyncio.open_connection(address.hostname, address.port)


@asynccontextmanager
async def wires_to(url: str) -> AsyncIterator[Wires]:
    """A way to the server at `url`, which may be `unix:///path/of/a/socket`."""
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


@asynccontextmanager
async def far_away(pg_url: str) -> AsyncIterator[tuple[Wires, str]]:
    """The tests' database through wires, and its address there."""
    address = urlsplit(pg_url)
    [directory] = parse_qs(address.query)["host"]
    async with wires_to(f"unix://{directory}/.s.PGSQL.5432") as wires:
        yield wires, f"postgresql://postgres@{urlsplit(wires.url).netloc}{address.path}"
