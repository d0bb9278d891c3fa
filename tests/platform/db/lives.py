"""Starting, killing and outliving applications that own an embedded server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg

ROOT = Path(__file__).parents[3]
IS_ROOT = os.geteuid() == 0
#: An account of every Linux that is neither root nor nobody.
OTHER = "daemon"


@cache
def prefix_for(account: str | None) -> tuple[str, ...]:
    """The command that changes to `account`; None stays what we are.

    An interpreter inside root's home is read with one capability, and only then.
    """
    if account is None:
        return ()
    plain = ("setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups")
    probe = subprocess.run(
        [*plain, sys.executable, "-c", "import psycopg"], capture_output=True, check=False
    )
    if probe.returncode == 0:
        return plain
    return (*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


class Life:
    """One application process."""

    def __init__(self, data_dir: Path, account: str | None = None) -> None:
        self.process = subprocess.Popen(
            [*prefix_for(account), sys.executable, "-m", "tests.platform.db.life", str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PYTHONWARNINGS": "ignore"},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.told: dict[str, Any] = json.loads(line) if line else {}

    @property
    def url(self) -> str:
        assert "url" in self.told, self.told
        return str(self.told["url"])

    @property
    def server_pid(self) -> int:
        return int(self.told["pid"])

    def kill(self) -> None:
        """Kill the application, not its server."""
        self.process.kill()
        self.process.wait(10)
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def end(self) -> int:
        """Let the application end as it should. Returns its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(60)
        self._close()
        return code


def execute(url: str, statement: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def kill_server(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
