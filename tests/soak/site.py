"""The product on one machine, as processes: PostgreSQL, perhaps Redis, a model, and ours."""

import asyncio
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import httpx
import psycopg

from mojodex.apps import commands
from mojodex.platform.settings import load_settings
from tests.harness.directories import open_directory
from tests.harness.redis import RedisProcess
from tests.journeys.app_process import AppProcess, WebProcess, WorkerProcess, free_port
from tests.postgres import TEMPLATE, TestServer, running_server
from tests.soak.gates import Network
from tests.template import build_template

PASSWORD = "correct horse battery"
N_WEBS = 2
N_WORKERS = 2
#: How often it is looked whether a process has ended by itself.
WATCH_SECONDS = 1.0
#: The database may be away when a process starts.
START_TRIES = 10
READY_SECONDS = 5.0
#: How the number of sockets is told to operators.
SOCKETS = "mojodex_socket_peers{"


class Place:
    """Where one process runs. Whoever does something to it holds `lock`."""

    def __init__(self, name: str, process: AppProcess, gate_port: int | None = None) -> None:
        """`gate_port`: where clients come through."""
        self.name = name
        self.process = process
        self.client_url = f"http://127.0.0.1:{gate_port}" if gate_port is not None else process.url
        self.lock = asyncio.Lock()
        #: Ends that nobody caused.
        self.n_own_ends = 0

    @property
    def url(self) -> str:
        return self.process.url

    async def start(self) -> None:
        """Start, again and again if it ends at once, as whoever supervises processes does.

        Raises `RuntimeError` when that does not help.
        """
        for _ in range(START_TRIES - 1):
            with suppress(RuntimeError):
                await asyncio.to_thread(self.process.start)
                return
            await asyncio.to_thread(self.process.kill)
        await asyncio.to_thread(self.process.start)

    async def kill(self) -> None:
        await asyncio.to_thread(self.process.kill)

    async def stop(self) -> None:
        """SIGTERM, and -9 for who does not heed it. Raises `RuntimeError` then."""
        try:
            await asyncio.to_thread(self.process.stop)
        except subprocess.TimeoutExpired:
            await self.kill()
            raise RuntimeError(f"{self.name} does not end on SIGTERM") from None

    def pause(self) -> None:
        self.process.send(SIGSTOP)

    def resume(self) -> None:
        self.process.send(SIGCONT)


class Model:
    """`mojodex mock-llm` in its process."""

    def __init__(self, directory: Path, *, seed: int, failure_rate: float) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._log = directory / "model.txt"
        self._command = [
            *(sys.executable, "-m", "mojodex.apps.cli", "mock-llm"),
            *("--port", str(self.port)),
            *("--first-token", "0.05"),
            *("--between-tokens", "0.008"),
            *("--words", "70"),
            *("--failure-rate", str(failure_rate)),
            *("--seed", str(seed)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it takes connections."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.05)
        raise RuntimeError(f"the model did not start: {self._log.read_text()}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Site:
    """Everything that runs, and who lives there."""

    def __init__(
        self,
        directory: Path,
        postgres: TestServer,
        redis: RedisProcess | None,
        model: Model,
        dice: random.Random,
    ) -> None:
        self.directory = directory
        self.postgres = postgres
        self.redis = redis
        self.redis_lock = asyncio.Lock()
        self.postgres_lock = asyncio.Lock()
        self.database_url = postgres.url(TEMPLATE)
        self.network = Network()
        self._dice = dice
        self._settings = {"OPENAI_BASE_URL": model.url, "MOJODEX_CHAT_MODEL": "mock"}
        self.webs = [self._web(f"web-{n + 1}") for n in range(N_WEBS)]
        self.workers = [self._worker(f"worker-{n + 1}") for n in range(N_WORKERS)]

    def _web(self, name: str) -> Place:
        """Its clients come through a gate."""
        settings = {"MOJODEX_DATABASE_URL": self.database_url}
        if self.redis is not None:
            settings["MOJODEX_REDIS_URL"] = self.redis.url
        process = self._process(WebProcess, name, settings)
        return Place(name, process, self.network.through(name, process.port))

    def _worker(self, name: str) -> Place:
        """It reaches PostgreSQL and Redis through a gate."""
        database = self.network.through(name, f"{self.postgres.directory}/.s.PGSQL.5432")
        url = f"postgresql://postgres@127.0.0.1:{database}/{TEMPLATE}"
        settings = {"MOJODEX_DATABASE_URL": url}
        if self.redis is not None:
            redis = self.network.through(name, self.redis.port)
            settings["MOJODEX_REDIS_URL"] = f"redis://127.0.0.1:{redis}/0"
        return Place(name, self._process(WorkerProcess, name, settings))

    def _process(self, kind: type[AppProcess], name: str, settings: dict[str, str]) -> AppProcess:
        directory = self.directory / name
        directory.mkdir()
        # The name, so that the database can tell whose connection is whose.
        return kind(directory, **self._settings, **settings, PGAPPNAME=name)

    @property
    def places(self) -> Sequence[Place]:
        return (*self.webs, *self.workers)

    def any_web(self, but: str = "") -> str:
        """An address, as a balancer gives it: not the one that has just failed."""
        return self._dice.choice([one.client_url for one in self.webs if one.client_url != but])

    async def watch(self) -> None:
        """Start again what ended by itself, as whoever supervises processes does."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for place in self.places:
                if not place.lock.locked() and not place.process.is_running:
                    async with place.lock:
                        place.n_own_ends += 1
                        await place.start()

    async def heal(self) -> None:
        """Everything runs again."""
        async with self.postgres_lock:
            pass
        async with self.redis_lock:
            pass
        for place in self.places:
            place.resume()
            self.network.release(place.name)
            async with place.lock:
                if not place.process.is_running:
                    await place.start()

    async def unready(self) -> Sequence[str]:
        """The processes that do not say that they are ready."""
        async with httpx.AsyncClient(timeout=READY_SECONDS, verify=False) as http:
            answers = await asyncio.gather(
                *(http.get(f"{place.url}/readyz") for place in self.places), return_exceptions=True
            )
        return [
            place.name
            for place, answer in zip(self.places, answers, strict=True)
            if not isinstance(answer, httpx.Response) or answer.status_code != 200
        ]

    async def n_sockets(self) -> int:
        """How many sockets the web processes believe in."""
        async with httpx.AsyncClient(timeout=READY_SECONDS, verify=False) as http:
            answers = await asyncio.gather(
                *(http.get(f"{place.url}/metrics") for place in self.webs), return_exceptions=True
            )
        lines = [
            line
            for answer in answers
            if isinstance(answer, httpx.Response)
            for line in answer.text.splitlines()
        ]
        return sum(int(float(one.split()[1])) for one in lines if one.startswith(SOCKETS))

    def keep_outputs(self, target: Path) -> None:
        """Copy what the processes said, for whoever looks for a cause."""
        for place in self.places:
            with suppress(OSError):
                shutil.copy(place.process.output, target / f"{place.name}.txt")
        with suppress(OSError):
            shutil.copy(self.postgres.directory / "log", target / "postgres.txt")


async def make_people(site: Site, n_people: int) -> Sequence[str]:
    """Accounts with the example tasks. Returns their addresses."""
    settings = load_settings({"MOJODEX_DATABASE_URL": site.database_url}, env_file=None)
    emails = [f"person{number}@example.org" for number in range(n_people)]
    for email in emails:
        new = commands.NewUser(
            email=email,
            name=email.partition("@")[0],
            password=PASSWORD,
            language="en",
            is_admin=False,
            with_tasks=True,
        )
        await commands.create_user(settings, new)
    return emails


@asynccontextmanager
async def running_site(*, seed: int, has_redis: bool, failure_rate: float) -> AsyncIterator[Site]:
    """Everything started, on addresses of loopback; gone at the end, whatever happened."""
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(open_directory())
        postgres = stack.enter_context(running_server(is_durable=True))
        await _make_database(postgres)
        redis = RedisProcess(directory) if has_redis else None
        if redis is not None:
            stack.callback(redis.kill)
            await asyncio.to_thread(redis.start)
        model = Model(directory, seed=seed, failure_rate=failure_rate)
        stack.callback(model.kill)
        await asyncio.to_thread(model.start)
        site = Site(directory, postgres, redis, model, random.Random(f"{seed} balancer"))
        stack.push_async_callback(_end, site)
        stack.callback(site.network.end)
        await asyncio.to_thread(site.network.start)
        await site.webs[0].start()  # alone: it seeds the database
        rest = [*site.webs[1:], *site.workers]
        await asyncio.gather(*(place.start() for place in rest))
        watching = asyncio.create_task(site.watch())
        stack.push_async_callback(_cancel, watching)
        yield site


async def _make_database(postgres: TestServer) -> None:
    await asyncio.to_thread(_create_database, postgres.url("postgres"))
    await build_template(postgres.url(TEMPLATE))


def _create_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{TEMPLATE}"')


async def _end(site: Site) -> None:
    for place in site.places:
        place.resume()
        await place.kill()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
