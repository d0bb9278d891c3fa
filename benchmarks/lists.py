"""Requests per second and the slowest hundredth of the lists that clients ask for all the time.

    python -m benchmarks.lists [--people 1000] [--executions 100000] [--seconds 5] [--clients 8]

Starts the product with its own database in a throw-away directory, fills it, and asks from this
process: eight connections in turn, each request as another of fifty people. `health` is what the
same server answers without any work, the plain measure beside the others.
"""

import argparse
import asyncio
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from benchmarks.filling import Size, fill

READY_SECONDS = 120.0
DATE = "2026-11-02T09%3A30%3A00"
#: Name, path, and what stands before the token.
LISTS = (
    ("health", "/healthz", ""),
    ("v1 executions", "/api/v1/executions?limit=20", "Bearer "),
    ("v1 executions, one state", "/api/v1/executions?limit=20&state=asking", "Bearer "),
    ("v1 search, common word", "/api/v1/executions?limit=20&q=word3", "Bearer "),
    ("v1 search, rare word", "/api/v1/executions?limit=20&q=word4321", "Bearer "),
    ("v1 tasks", "/api/v1/tasks", "Bearer "),
    (
        "mojodex user_task_execution",
        f"/user_task_execution?n_user_task_executions=20&offset=0&datetime={DATE}",
        "",
    ),
    ("mojodex user_task", f"/user_task?n_user_tasks=50&offset=0&datetime={DATE}", ""),
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one list reached."""

    name: str
    n_requests: int
    seconds: float
    times: list[float]
    n_bytes: int

    def quantile(self, part: float) -> float:
        """Milliseconds within which this part of the requests was answered."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * part))] * 1000

    def __str__(self) -> str:
        return (
            f"{self.name:<30} {self.n_requests / self.seconds:>8.0f} {self.quantile(0.5):>8.1f}"
            f" {self.quantile(0.99):>8.1f} {self.n_bytes:>8}"
        )


class Asker:
    """One connection that asks again as soon as it was answered."""

    def __init__(self, port: int, path: str, prefix: str, tokens: Iterator[str]) -> None:
        self._port = port
        self._path = path
        self._prefix = prefix
        self._tokens = tokens
        self.times: list[float] = []
        self.n_bytes = 0

    async def ask_until(self, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while time.perf_counter() < end:
                begun = time.perf_counter()
                writer.write(self._request())
                self.n_bytes = await self._read(reader)
                self.times.append(time.perf_counter() - begun)
        finally:
            writer.close()

    def _request(self) -> bytes:
        return (
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Authorization: {self._prefix}{next(self._tokens)}\r\n\r\n"
        ).encode()

    async def _read(self, reader: asyncio.StreamReader) -> int:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if " 200 " not in head.splitlines()[0]:
            raise RuntimeError(f"{self._path}: {head.splitlines()[0]}")
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        return len(await reader.readexactly(length))


async def measure(
    port: int, row: tuple[str, str, str], tokens: list[str], *, seconds: float, n_clients: int
) -> Figures:
    """Ask for one list, after a moment that warms caches and prepared statements."""
    name, path, prefix = row
    for length in (min(1.0, seconds), seconds):
        turns = itertools.cycle(tokens)
        askers = [Asker(port, path, prefix, turns) for _ in range(n_clients)]
        begun = time.perf_counter()
        await asyncio.gather(*(asker.ask_until(begun + length) for asker in askers))
        taken = time.perf_counter() - begun
    times = [each for asker in askers for each in asker.times]
    return Figures(
        name=name,
        n_requests=len(times),
        seconds=taken,
        times=times,
        n_bytes=max(asker.n_bytes for asker in askers),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(directory: Path) -> Iterator[tuple[int, str]]:
    """The product in a process of its own. Answers its port and the address of its database."""
    port = free_port()
    settings = {
        **os.environ,
        "MOJODEX_DATA_DIR": str(directory / "data"),
        "MOJODEX_PORT": str(port),
    }
    program = [sys.executable, "-m", "mojodex.apps.cli"]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(
            [*program, "serve"], env=settings, cwd=directory, stdout=log, stderr=log
        )
        try:
            wait_until_ready(port, server)
            url = subprocess.run(
                [*program, "database-url"],
                env=settings,
                cwd=directory,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
            yield port, url
        finally:
            server.terminate()
            server.wait(30)


def wait_until_ready(port: int, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server did not get ready")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--messages-each", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=8)
    return parser.parse_args()


def main() -> None:
    """Fill, measure, print."""
    asked = read_arguments()
    size = Size(
        n_people=asked.people,
        n_executions=asked.executions,
        n_messages_each=asked.messages_each,
    )
    directory = Path(tempfile.mkdtemp(prefix="mojodex-lists-"))
    # As root, the database runs as another account.
    directory.chmod(0o711)
    try:
        with serving(directory) as (port, url):
            begun = time.monotonic()
            tokens = fill(url, size)
            print(
                f"{size.n_people} people, {size.n_executions} executions,"
                f" {size.n_executions * size.n_messages_each} messages,"
                f" filled in {time.monotonic() - begun:.0f} s"
            )
            print(f"{'list':<30} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'bytes':>8}")
            for row in LISTS:
                figures = measure(port, row, tokens, seconds=asked.seconds, n_clients=asked.clients)
                print(asyncio.run(figures), flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
