"""Sees to it that the disk has a new cluster. What the server writes later, it sees to itself."""

import os
import subprocess
from pathlib import Path

import structlog

from mojodex.platform.db.embedded.cluster import Cluster

log = structlog.stdlib.get_logger(__name__)


class WriteThrough:
    """A process beside the server, while the cluster has the mark of a new one.

    The mark stays until the disk has everything: what is cut short is left to the next start.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, cluster: Cluster) -> None:
        """Start it, if there is something to write."""
        if self._process is not None or not cluster.unwritten.exists():
            return
        command = (cluster.programs / "initdb", "-D", cluster.data, "--sync-only")
        with Path(os.devnull).open("wb") as output:
            self._process = cluster.account.start(*command, cwd=cluster.home, output=output)

    def look(self, cluster: Cluster) -> None:
        """Remove the mark when it has ended well."""
        if self._process is None or (code := self._process.poll()) is None:
            return
        self._process = None
        if code == 0:
            cluster.unwritten.unlink(missing_ok=True)
        else:
            log.warning("the new database was not written through", code=code)

    def end(self) -> None:
        """Give it up, if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
