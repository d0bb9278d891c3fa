"""The supervisor: starts the server, keeps it running, stops it."""

import asyncio
import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from mojodex.kit.errors import AppError
from mojodex.platform.db.embedded.cluster import (
    SERVER_OPTIONS,
    SUPERUSER,
    Cluster,
    last_lines,
    make_socket_directory,
    open_cluster,
)
from mojodex.platform.db.embedded.errors import EmbeddedStartFailed
from mojodex.platform.db.embedded.processes import end_survivors
from mojodex.platform.db.embedded.write_through import WriteThrough

log = structlog.stdlib.get_logger(__name__)

NAME = "mojodex"
#: Crash recovery may take minutes; below that, a server that does not get ready is broken.
READY_SECONDS = 300.0
READY_PAUSE_SECONDS = 0.005
CHECK_SECONDS = 0.2
#: After so many checks a start is over, and what it left for later is done.
SETTLED_CHECKS = 50
RESTART_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
MAX_LOG_BYTES = 8_000_000


class EmbeddedPostgres:
    """The embedded server of one data directory, which the caller holds (`claim_data_directory`).

    `async with EmbeddedPostgres(data_dir) as server:` starts it, unless it was started before, and
    watches over it; at the end it is stopped. Raises what `open_cluster` raises, and
    `EmbeddedStartFailed`.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._cluster: Cluster | None = None
        self._socket_dir: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._lock = threading.Lock()
        self._is_stopping = False
        self._watcher: asyncio.Task[None] | None = None
        self._writing = WriteThrough()
        self.restarts = 0

    @property
    def url(self) -> str:
        """The address of our database, for the role that owns it. Changes with no restart."""
        return self._url(NAME, NAME)

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    async def __aenter__(self) -> "EmbeddedPostgres":
        try:
            if self.pid is None:
                await asyncio.to_thread(self.start)
        except BaseException:
            await asyncio.to_thread(self.stop)
            raise
        self._watcher = asyncio.create_task(self._watch(), name="embedded-postgres")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_stopping = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await asyncio.to_thread(self.stop)

    def start(self) -> None:
        """Start the server and wait until it answers. Blocks; at most one start runs at a time."""
        with self._lock:
            if self._is_stopping:
                return
            self._cluster = open_cluster(self._data_dir)
            self._clear(self._cluster)
            atexit.register(self._let_go)
            self._process = self._launch(self._cluster)
            self._wait_until_ready(self._cluster, self._process)
            self._make_database()

    def stop(self) -> None:
        """Stop the server: fast first, then harder. Blocks; harmless when nothing runs."""
        self._is_stopping = True
        with self._lock:
            self._writing.end()
            atexit.unregister(self._let_go)
            process, self._process = self._process, None
            if process is not None:
                _end(process)
            if self._socket_dir is not None:
                shutil.rmtree(self._socket_dir, ignore_errors=True)
                self._socket_dir = None

    def _let_go(self) -> None:
        """A forced end of the application: ask the server to stop, and do not wait for it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def _clear(self, cluster: Cluster) -> None:
        """Nothing lives on the cluster after this, so its pid file is stale by definition."""
        end_survivors(cluster.data)
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        if self._socket_dir is None:
            self._socket_dir = make_socket_directory(cluster)
        else:
            for leftover in self._socket_dir.iterdir():
                leftover.unlink(missing_ok=True)

    def _launch(self, cluster: Cluster) -> subprocess.Popen[bytes]:
        options = {**SERVER_OPTIONS, "unix_socket_directories": str(self._socket_dir)}
        arguments = [part for item in options.items() for part in ("-c", "=".join(item))]
        program = cluster.programs / "postgres"
        try:
            with _open_log(cluster.log_file) as output:
                self._log_start = output.tell()
                return cluster.account.start(
                    program, "-D", cluster.data, *arguments, cwd=cluster.home, output=output
                )
        except OSError as error:
            raise EmbeddedStartFailed(reason=str(error), log=str(cluster.log_file)) from error

    def _wait_until_ready(self, cluster: Cluster, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        told = time.monotonic() + 5
        while not _is_ready(cluster.data, process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                reason = (
                    last_lines(_read_from(cluster.log_file, self._log_start))
                    or f"exit code {process.returncode}"
                )
                _end(process)
                raise EmbeddedStartFailed(reason=reason, log=str(cluster.log_file))
            if time.monotonic() > told:
                told += 10
                log.info("waiting for the embedded PostgreSQL", log=str(cluster.log_file))
            time.sleep(READY_PAUSE_SECONDS)

    def _make_database(self) -> None:
        """The role and its database, as far as they are missing. The role is no superuser."""
        with psycopg.connect(self._url(SUPERUSER, "postgres"), autocommit=True) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]
            ).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(NAME)))
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [NAME]
            ).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(NAME))
                )
        with psycopg.connect(self._url(SUPERUSER, NAME), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

    def _url(self, role: str, database: str) -> str:
        place = quote(str(self._socket_dir), safe="")
        return f"postgresql://{role}@/{database}?host={place}&port=5432"

    async def _watch(self) -> None:
        """Start the server again whenever it ends while it should run."""
        checks = 0
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            process, cluster = self._process, self._cluster
            if process is None or cluster is None:
                continue
            if process.poll() is None:
                checks += 1
                if checks == SETTLED_CHECKS:
                    self._writing.begin(cluster)
                self._writing.look(cluster)
                if checks % 300 == 0:
                    await asyncio.to_thread(_shorten_log, cluster.log_file)
                continue
            log.error("the embedded PostgreSQL ended; starting it again", code=process.returncode)
            await self._restart()

    async def _restart(self) -> None:
        attempt = 0
        while not self._is_stopping:
            await asyncio.sleep(RESTART_SECONDS[min(attempt, len(RESTART_SECONDS) - 1)])
            attempt += 1
            try:
                await asyncio.to_thread(self.start)
            except (AppError, psycopg.Error) as error:
                log.error("the embedded PostgreSQL does not start", error=str(error))
            else:
                self.restarts += 1
                log.info("the embedded PostgreSQL runs again", attempt=attempt)
                return


def _is_ready(data: Path, pid: int) -> bool:
    """What `pg_ctl` looks at: the last line of the pid file that this very process wrote."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in STOPS:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def _open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640), "ab")


def _read_from(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(100_000).decode(errors="replace")
    except OSError:
        return ""


def _shorten_log(path: Path) -> None:
    """Keep one older log. The server appends to the open file, so it is emptied, not replaced."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > MAX_LOG_BYTES:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)
