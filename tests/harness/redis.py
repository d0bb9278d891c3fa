"""A Redis of one's own, which can be killed, paused and started again."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class RedisProcess:
    """redis-server on a loopback port, keeping nothing."""

    def __init__(self, directory: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed; `scripts/setup --system` installs it")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [
            program,
            *("--port", str(self.port)),
            *("--bind", "127.0.0.1"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--dir", str(directory)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it takes connections."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("redis-server did not start")

    @property
    def pid(self) -> int:
        """Raises `RuntimeError` when it does not run."""
        if self._process is None:
            raise RuntimeError("redis-server does not run")
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal and do not wait."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=10)
            self._process = None


@contextmanager
def redis_process(directory: Path) -> Iterator[RedisProcess]:
    """A started Redis, gone at the end whatever happened."""
    redis = RedisProcess(directory)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()
