"""Requests per second and the slowest hundredth of the lists that clients ask for all the time.

    [BENCH_KEEP=directory] .venv/bin/python -m benchmarks.lists [--quick]

Starts the product with its own database in a throw-away directory, fills it, and asks from this
process: eight connections in turn, each request as another of fifty people. `health` is what the
same server answers without any work, the plain measure beside the others. Where other programs
disturb, processor time per request says more than requests a second.

Filling takes minutes: the directory that `BENCH_KEEP` names is filled once, and used again.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.filling import Size, fill
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import ONE, Site, site

N_CLIENTS = 8
#: Requests a second of the ancestor, on small lists: ten times as many are wanted.
ANCESTOR = {"mojodex user_task": 102, "mojodex user_task_execution": 35}
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
    #: Processor time of the product and of its database.
    web_seconds: float
    database_seconds: float

    def quantile(self, part: float) -> float:
        """Milliseconds within which this part of the requests was answered."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * part))] * 1000

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.n_requests / self.seconds

    def row(self) -> list[str]:
        """Of the table."""
        times = (self.quantile(0.5), self.quantile(0.99))
        costs = (self.web_seconds, self.database_seconds)
        return [
            self.name,
            f"{self.rate:.0f}",
            *(f"{ms:.1f}" for ms in times),
            *(f"{1000 * seconds / self.n_requests:.2f}" for seconds in costs),
            str(self.n_bytes),
        ]


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


async def ask(
    site_: Site, row: tuple[str, str, str], tokens: list[str], *, seconds: float
) -> Figures:
    """Ask for one list, after a moment that warms caches and prepared statements."""
    name, path, prefix = row
    port = site_.processes[0].port
    for length in (min(1.0, seconds), seconds):
        turns = itertools.cycle(tokens)
        askers = [Asker(port, path, prefix, turns) for _ in range(N_CLIENTS)]
        costs = _costs(site_)
        begun = time.perf_counter()
        await asyncio.gather(*(asker.ask_until(begun + length) for asker in askers))
        taken = time.perf_counter() - begun
        costs = [after - before for before, after in zip(costs, _costs(site_), strict=True)]
    times = [each for asker in askers for each in asker.times]
    return Figures(
        name=name,
        n_requests=len(times),
        seconds=taken,
        times=times,
        n_bytes=max(asker.n_bytes for asker in askers),
        web_seconds=costs[0],
        database_seconds=costs[1],
    )


def _costs(site_: Site) -> list[float]:
    database = site_.cpu_seconds(named="postgres")
    return [site_.cpu_seconds() - database, database]


def measure(*, is_quick: bool) -> Result:
    """Fill, then one list after another."""
    n_people, n_executions, seconds = (50, 500, 0.5) if is_quick else (1_000, 100_000, 5.0)
    size = Size(n_people=n_people, n_executions=n_executions, n_messages_each=10)
    kept = os.environ.get("BENCH_KEEP")
    with site(ONE, kept_in=None if kept is None else Path(kept)) as site_:
        tokens = fill(site_.database_url, size)
        found = [asyncio.run(ask(site_, row, tokens, seconds=seconds)) for row in LISTS]
    table = Table(
        title="Polled lists",
        note=f"{size.n_people:,} people, {size.n_executions:,} executions and "
        f"{size.n_executions * size.n_messages_each:,} messages in the database; {N_CLIENTS} "
        "connections, each request as another of fifty people. `health` is what the same server "
        "answers without any work.",
        columns=(
            "list",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "product ms/request",
            "database ms/request",
            "bytes",
        ),
        rows=[figures.row() for figures in found],
    )
    return Result(name="lists", title="Lists that clients poll", tables=[table], aims=_aims(found))


def _aims(found: Sequence[Figures]) -> list[Aim]:
    health = next(figures.rate for figures in found if figures.name == "health")
    return [
        Aim(
            what=f"requests/s, {figures.name}",
            wanted=f"{10 * ANCESTOR[figures.name]:,}",
            reached=f"{figures.rate:,.0f}",
            is_reached=figures.rate >= 10 * ANCESTOR[figures.name],
            obstacle=f"one process answers {health:,.0f} requests a second without any work on this"
            f" machine; this list of {figures.n_bytes:,} bytes takes "
            f"{1000 * figures.web_seconds / figures.n_requests:.2f} ms of the product's one "
            "processor for two statements (log-in, rows) and its spelling, and "
            f"{1000 * figures.database_seconds / figures.n_requests:.2f} ms of the database's.",
        )
        for figures in found
        if figures.name in ANCESTOR
    ]


if __name__ == "__main__":
    run_alone(measure)
