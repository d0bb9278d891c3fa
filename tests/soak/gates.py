"""The network between the parts, in a process of its own: bytes pass, wait, or vanish.

`python -m tests.soak.gates '{"web-1": [[4001, "5001"]]}'` carries what comes to the first port of a
pair to the second, or to the socket with that path. A line on its input says what becomes of it:

- `hold web-1`: what is sent waits, in both directions, farewells and new connections too, as when
  packets are lost for a while and sent again.
- `pass web-1`: what waited arrives, and everything after it.
- `lose web-1 30`: connections that there are carry nothing any more and nobody is told, as when a
  router has forgotten them. New ones pass. After so many seconds (0: never) both ends are told, as
  a kernel does that waited for a sign of life.
"""

import asyncio
import json
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.journeys.app_process import free_port

CHUNK_BYTES = 65_536


@dataclass(eq=False)
class Connection:
    """Both ends of one connection through a gate."""

    ends: tuple[StreamWriter, StreamWriter]
    is_lost: bool = False

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()


@dataclass(eq=False)
class Gate:
    """Where the connections to one part come through."""

    passable: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set[Connection] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.passable.set()

    async def open(self, port: int, target: str) -> None:
        """Take connections at `port` from now on."""

        async def take(reader: StreamReader, writer: StreamWriter) -> None:
            await self._carry(reader, writer, target)

        await asyncio.start_server(take, "127.0.0.1", port)

    async def _carry(self, reader: StreamReader, writer: StreamWriter, target: str) -> None:
        await self.passable.wait()
        try:
            inner_reader, inner_writer = await _connect(target)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection((writer, inner_writer))
        self.connections.add(connection)
        await asyncio.gather(
            self._pump(connection, reader, inner_writer),
            self._pump(connection, inner_reader, writer),
        )
        connection.abort()
        self.connections.discard(connection)

    async def _pump(self, connection: Connection, reader: StreamReader, to: StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self.passable.wait()
                if not connection.is_lost:
                    to.write(data)
                    await to.drain()
            await self.passable.wait()
            if not connection.is_lost:
                to.close()
        except OSError:
            await self.passable.wait()
            if not connection.is_lost:
                to.transport.abort()

    def lose(self, seconds: float) -> None:
        lost = [one for one in self.connections if not one.is_lost]
        for one in lost:
            one.is_lost = True
            if seconds:
                asyncio.get_running_loop().call_later(seconds, one.abort)


async def _connect(target: str) -> tuple[StreamReader, StreamWriter]:
    if target.isdecimal():
        return await asyncio.open_connection("127.0.0.1", int(target))
    return await asyncio.open_unix_connection(target)


async def carry(pairs: dict[str, list[tuple[int, str]]]) -> None:
    """Open all gates and do what the input says until it ends."""
    gates = {name: Gate() for name in pairs}
    for name, ports in pairs.items():
        for port, target in ports:
            await gates[name].open(port, target)
    reader = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    say("open")
    while line := (await reader.readline()).decode().split():
        match line:
            case ["hold", name]:
                gates[name].passable.clear()
            case ["pass", name]:
                gates[name].passable.set()
            case ["lose", name, seconds]:
                gates[name].lose(float(seconds))
        say("done")


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Network:
    """Starts the gates and tells them what to do."""

    def __init__(self) -> None:
        self._pairs: dict[str, list[tuple[int, str]]] = {}
        self._process: subprocess.Popen[str] | None = None

    def through(self, name: str, target: int | str) -> int:
        """The port of a gate to a port or a socket, for whoever shall not go there directly."""
        port = free_port()
        self._pairs.setdefault(name, []).append((port, str(target)))
        return port

    def start(self) -> None:
        """Returns once the gates are open."""
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.soak.gates", json.dumps(self._pairs)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear()

    def hold(self, name: str) -> None:
        self._say(f"hold {name}")

    def release(self, name: str) -> None:
        self._say(f"pass {name}")

    def lose(self, name: str, *, told_after: float = 0.0) -> None:
        """`told_after`: seconds until both ends of what was lost are told; 0: never."""
        self._say(f"lose {name} {told_after}")

    def _say(self, line: str) -> None:
        """Returns when it is done, which takes no time worth speaking of."""
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the gates are not open")
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        self._hear()

    def _hear(self) -> None:
        if self._process is None or self._process.stdout is None:
            raise RuntimeError("the gates are not open")
        if not self._process.stdout.readline():
            raise RuntimeError("the gates have ended")

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(carry(json.loads(sys.argv[1])))
