"""The product as an operator runs it: `mojodex serve` in a process and a directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


def free_port() -> int:
    """A loopback port that nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AppProcess:
    """Starts, kills and restarts the served product on one data directory."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = directory / "output.txt"
        #: What is started; tests put a change of account before it.
        self.command: tuple[str, ...] = (sys.executable, "-m", "mojodex.apps.cli", "serve")
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once the product answers that it is ready."""
        self.launch()
        self.wait_until_ready()

    @property
    def environment(self) -> dict[str, str]:
        """What it is told, and little of what we were."""
        inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        return {
            **inherited,
            "MOJODEX_PORT": str(self.port),
            "MOJODEX_DATA_DIR": str(self.directory / "data"),
            **self._settings,
        }

    def launch(self) -> None:
        """Begin to start."""
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        """Raises `RuntimeError` when it ends instead, or takes too long."""
        deadline = time.monotonic() + 90
        # One client for all questions, without certificates: each would cost 25 ms.
        with httpx.Client(timeout=2, verify=False) as client:
            while time.monotonic() < deadline:
                if not self.is_running:
                    raise RuntimeError(f"has ended: {self.output.read_text()}")
                try:
                    if client.get(f"{self.url}/readyz").status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
        raise RuntimeError(f"not ready in time: {self.output.read_text()}")

    def kill(self) -> None:
        """kill -9, as a crash or the kernel would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send a signal and do not wait."""
        if self._process is not None:
            self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """Raises `RuntimeError` when nothing was started."""
        if self._process is None:
            raise RuntimeError("is not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait for the end; returns the exit status."""
        if self._process is None:
            return 0
        status = self._process.wait(timeout=60)
        self._process = None
        return status

    def _end(self, number: signal.Signals) -> int:
        self.send(number)
        return self.wait()


class WorkerProcess(AppProcess):
    """`mojodex worker`; its port only tells how it is."""

    def __init__(self, directory: Path, **settings: str) -> None:
        super().__init__(directory, **settings)
        self.command = (*self.command[:-1], "worker", "--port", str(self.port))


class WebProcess(AppProcess):
    """`mojodex serve --no-worker`."""

    def __init__(self, directory: Path, **settings: str) -> None:
        super().__init__(directory, **settings)
        self.command = (*self.command, "--no-worker")


@contextmanager
def app_process(directory: Path, **settings: str) -> Iterator[AppProcess]:
    """A started product, stopped at the end whatever happened."""
    app = AppProcess(directory, **settings)
    try:
        app.start()
        yield app
    finally:
        app.stop()
