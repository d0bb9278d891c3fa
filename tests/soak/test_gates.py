"""The network that can be silent: bytes wait, or vanish, and connections stay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.soak.gates import Network

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Says again what it hears, and notes who leaves."""

    def __init__(self) -> None:
        self.n_here = self.n_left = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_here += 1
        with suppress(ConnectionResetError):
            while data := await reader.read(100):
                writer.write(data)
        self.n_left += 1
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()
        self.n_here -= 1


class Guests:
    """Those who come through a gate to an echo."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: list[Ends] = []

    async def come(self) -> Ends:
        ends = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends.append(ends)
        return ends

    async def go(self) -> None:
        for _, writer in self._ends:
            writer.transport.abort()
            with suppress(ConnectionResetError):
                await writer.wait_closed()


@asynccontextmanager
async def gated() -> AsyncIterator[tuple[Network, Guests, Echo]]:
    echo, network = Echo(), Network()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    port = network.through("echo", server.sockets[0].getsockname()[1])
    guests = Guests(port)
    await asyncio.to_thread(network.start)
    try:
        async with asyncio.timeout(30):
            yield network, guests, echo
    finally:
        await guests.go()
        network.end()
        while echo.n_here:
            await asyncio.sleep(0.01)
        server.close()
        await server.wait_closed()


async def say(ends: Ends, word: bytes) -> bytes:
    ends[1].write(word)
    return await ends[0].readexactly(len(word))


async def test_what_is_held_arrives_later_in_order() -> None:
    async with gated() as (network, guests, _):
        before = await guests.come()
        assert await say(before, b"one") == b"one"
        network.hold("echo")
        during = await guests.come()
        both = asyncio.gather(say(before, b"two"), say(during, b"three"))
        done, _ = await asyncio.wait({both}, timeout=0.3)
        assert not done
        network.release("echo")
        assert [*await both] == [b"two", b"three"]


async def test_what_is_lost_carries_nothing_any_more_and_nobody_is_told() -> None:
    async with gated() as (network, guests, echo):
        before = await guests.come()
        assert await say(before, b"one") == b"one"
        network.lose("echo")
        before[1].write(b"two")
        after = await guests.come()
        assert await say(after, b"three") == b"three"
        before[1].close()
        assert await say(after, b"four") == b"four"
        assert echo.n_left == 0
        assert await before[0].read() == b""


async def test_who_is_lost_is_told_in_the_end() -> None:
    async with gated() as (network, guests, echo):
        before = await guests.come()
        assert await say(before, b"one") == b"one"
        network.lose("echo", told_after=0.1)
        with suppress(ConnectionResetError):
            assert await before[0].read() == b""
        while not echo.n_left:
            await asyncio.sleep(0.01)
