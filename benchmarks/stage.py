"""What is measured, as processes on this machine: a model, the product, perhaps Redis.

The processes are those of the tests; here they are told where the model is, filled with people, and
counted: processor time and memory of all of them with all their children.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import psycopg
from tests.harness.directories import open_directory
from tests.harness.redis import RedisProcess
from tests.journeys.app_process import AppProcess, WebProcess, WorkerProcess, free_port

from benchmarks.filling import make_people
from benchmarks.load import Person

#: The prompt whose answers are texts in the making.
ANSWER = "instruct_run"
MODEL_SECONDS = 60.0
#: PostgreSQL publishes its counters when a connection has been idle for a while.
SETTLE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How the model answers. Durations in seconds."""

    first_token: float = 0.0
    between_tokens: float = 0.05
    n_words: int = 400
    has_stamps: bool = True


class Model:
    """`mojodex mock-llm` in its process."""

    def __init__(self, pace: Pace) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/v1"
        self._address = ("127.0.0.1", port)
        self._command = [
            *(sys.executable, "-m", "mojodex.apps.cli", "mock-llm"),
            *("--port", str(port)),
            *("--first-token", str(pace.first_token)),
            *("--between-tokens", str(pace.between_tokens)),
            *("--words", str(pace.n_words)),
            *("--words-for", ANSWER),
            *(("--stamps",) if pace.has_stamps else ()),
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        """It takes connections while the block runs. Raises `RuntimeError`."""
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        try:
            self._wait(process)
            yield
        finally:
            process.kill()
            process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + MODEL_SECONDS
        while time.monotonic() < end and process.poll() is None:
            with suppress(OSError):
                socket.create_connection(self._address, timeout=1).close()
                return
            time.sleep(0.05)
        raise RuntimeError("the model did not start")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Which processes there are."""

    name: str
    n_webs: int = 1
    n_workers: int = 0

    @property
    def is_one(self) -> bool:
        return self.n_workers == 0


ONE = Shape(name="one process")
APART = Shape(name="web, worker, Redis", n_webs=1, n_workers=1)
TWO_AND_TWO = Shape(name="two web, two workers, Redis", n_webs=2, n_workers=2)


class Site:
    """The product, running. Its first process has the embedded database."""

    def __init__(self, processes: Sequence[AppProcess], n_webs: int, redis: RedisProcess | None):
        self.processes = processes
        self.urls = [process.url for process in processes[:n_webs]]
        self._redis = redis

    @cached_property
    def database_url(self) -> str:
        return find_database(self.processes[0])

    def people(self, n_people: int) -> list[Person]:
        """Made-up people with a log-in each, who may run the first task that writes from notes."""
        return make_people(self.database_url, n_people)

    def family(self) -> list[psutil.Process]:
        """All processes of ours with all their children."""
        pids = [process.pid for process in self.processes]
        if self._redis is not None:
            pids.append(self._redis.pid)
        found = []
        for pid in pids:
            parent = psutil.Process(pid)
            found += [parent, *parent.children(recursive=True)]
        return found

    def count_transactions(self) -> int:
        """Those that PostgreSQL has published so far."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
        return int(row[0]) if row is not None else 0

    def memory_mib(self, *, named: str = "") -> float:
        """Proportional memory (PSS) of all of them, or of those with a name."""
        total = 0
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                if named in process.name():
                    total += process.memory_full_info().pss
        return total / 2**20

    def cpu_seconds(self, *, named: str = "") -> float:
        """Processor time of all of them, or of those with a name, since they began; with that of
        children who have ended."""
        return cpu_seconds([one for one in self.family() if named in one.name()])


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Processor time of these processes and of their children that have ended."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def find_database(process: AppProcess) -> str:
    """The address of the embedded database of a running process."""
    return subprocess.run(
        [sys.executable, "-m", "mojodex.apps.cli", "database-url"],
        env=process.environment,
        cwd=process.directory,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@contextmanager
def site(shape: Shape, *, kept_in: Path | None = None, **settings: str) -> Iterator[Site]:
    """The product in this shape, started on a new data directory and gone at the end.

    `kept_in`: on the directory of this name, made where it is missing and left as it is.
    """
    with ExitStack() as stack:
        if kept_in is None:
            directory = stack.enter_context(open_directory())
        else:
            directory = kept_in
            directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        redis = None
        if not shape.is_one:
            redis = RedisProcess(directory)
            redis.start()
            stack.callback(redis.kill)
            settings["MOJODEX_REDIS_URL"] = redis.url
        kinds: list[type[AppProcess]] = [WebProcess] * shape.n_webs
        kinds += [WorkerProcess] * shape.n_workers
        first, *others = [AppProcess] if shape.is_one else kinds
        processes = [_start(stack, directory / "0", first, settings)]
        if others:
            settings["MOJODEX_DATABASE_URL"] = find_database(processes[0])
        processes += [
            _start(stack, directory / str(number), kind, settings)
            for number, kind in enumerate(others, 1)
        ]
        yield Site(processes, shape.n_webs, redis)


def _start(
    stack: ExitStack, directory: Path, kind: type[AppProcess], settings: dict[str, str]
) -> AppProcess:
    process = kind(directory, **settings)
    process.directory.mkdir(exist_ok=True)
    stack.callback(process.stop)
    process.start()
    return process
