"""Which processes really are PostgreSQL on our cluster, and how to end them safely.

The pid in `postmaster.pid` proves nothing: after a crash the number may belong to anybody. Every
process of PostgreSQL has the cluster as its working directory; that is what is checked.
"""

import contextlib
import signal
from pathlib import Path

import psutil
import structlog

log = structlog.stdlib.get_logger(__name__)

PROGRAM = "postgres"
#: Fast shutdown, then the one without a checkpoint, then the kernel's; with seconds to wait.
ENDINGS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def find_processes(cluster: Path) -> list[psutil.Process]:
    """All living processes of PostgreSQL that work on this cluster."""
    return [process for process in psutil.process_iter() if _works_on(process, cluster)]


def _works_on(process: psutil.Process, cluster: Path) -> bool:
    try:
        if process.name() != PROGRAM:
            return False
        return Path(process.cwd()).samefile(cluster)
    except (psutil.Error, OSError):
        return False


def find_roots(cluster: Path) -> list[psutil.Process]:
    """Of these processes those that no other of them started: the server, or its orphans."""
    processes = find_processes(cluster)
    pids = {process.pid for process in processes}
    roots = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.ppid() not in pids:
                roots.append(process)
    return roots


def end_survivors(cluster: Path) -> int:
    """Stop whatever an earlier life left running on the cluster. Returns how many there were.

    Call it only while holding the data directory. A server gets a fast shutdown and ends its
    children itself; orphans of a killed server mostly end by themselves within moments.
    """
    survivors = find_processes(cluster)
    if not survivors:
        return 0
    log.warning("stopping a PostgreSQL that an earlier run left behind", processes=len(survivors))
    for number, seconds in ENDINGS:
        for process in find_roots(cluster):
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _, alive = psutil.wait_procs(find_processes(cluster), timeout=seconds)
        if not alive:
            break
    return len(survivors)
