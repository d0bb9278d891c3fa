"""The cluster on disk: where it is, how it is made, with which settings it runs."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mojodex.platform.db.embedded.account import Account, account_for
from mojodex.platform.db.embedded.errors import (
    DataDirectoryUnusable,
    EmbeddedStartFailed,
    EmbeddedVersionMismatch,
)
from mojodex.platform.db.embedded.programs import MAJOR_VERSION, programs_for

#: Where root keeps clusters whose data directory other accounts cannot reach.
STATE_DIRECTORY = Path("/var/lib/mojodex")
SUPERUSER = "postgres"
#: A Unix socket's address has at most 107 bytes on Linux and 103 elsewhere.
MAX_SOCKET_DIRECTORY = 80

#: Given on the command line, so that a newer release brings its own. The reasons:
#: no TCP (the socket's directory is private); jit costs more than it gains in short queries;
#: parallel maintenance needs more shared memory than a container usually has; processes that read
#: ahead, or wait for subscribers that are none, take memory and give nothing back here.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_maintenance_workers": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
    "log_connections": "",
}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster and what is needed to run it."""

    home: Path
    account: Account
    programs: Path

    @property
    def data(self) -> Path:
        return self.home / "cluster"

    @property
    def log_file(self) -> Path:
        return self.home / "postgres.log"

    @property
    def unwritten(self) -> Path:
        """Is there while a new cluster may still be in the kernel's memory alone."""
        return self.home / "cluster.unwritten"


def open_cluster(data_dir: Path) -> Cluster:
    """The cluster of this data directory, made at the first call.

    Raises `DataDirectoryForeign`, `DataDirectoryUnusable`, `EmbeddedProgramsMissing`,
    `EmbeddedStartFailed`, `EmbeddedVersionMismatch`.
    """
    try:
        home = _find_home(data_dir)
        account = account_for(home / "cluster")
        cluster = Cluster(home=home, account=account, programs=programs_for(account, home))
        if not (cluster.data / "PG_VERSION").is_file():
            _initialise(cluster)
    except OSError as error:
        raise DataDirectoryUnusable(
            path=str(data_dir), reason=error.strerror or str(error)
        ) from error
    found = (cluster.data / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise EmbeddedVersionMismatch(path=str(cluster.data), found=found, wanted=MAJOR_VERSION)
    return cluster


def _find_home(data_dir: Path) -> Path:
    """`postgres` in the data directory; a link to elsewhere when the account cannot get there.

    As root the database runs as another account, which has no way into, say, /root. Opening that
    way would open all that lies beside it, so the cluster moves out instead.
    """
    link = data_dir.absolute() / "postgres"
    if link.is_dir():
        home = link.resolve()
        account = account_for(home / "cluster")
        if account.is_other and not account.can_enter(home):
            raise DataDirectoryUnusable(
                path=str(home), reason=f"the account {account.uid} of the database cannot enter it"
            )
        return home
    account = account_for(link / "cluster")
    link.unlink(missing_ok=True)
    if account.is_other and not account.can_enter(data_dir.absolute()):
        STATE_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="postgres-", dir=STATE_DIRECTORY))
        home.chmod(0o711)
        link.symlink_to(home)
        return home
    link.mkdir(mode=0o711 if account.is_other else 0o700)
    return link


def _initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there when it is whole.

    It is not waited for until the disk has it; `WriteThrough` does that when the start is over.
    """
    fresh = cluster.home / "cluster.new"
    cluster.unwritten.touch()
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    cluster.account.own(fresh)
    result = cluster.account.run(
        cluster.programs / "initdb",
        *("-D", fresh, "-U", SUPERUSER, "-E", "UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--auth-local=trust", "--auth-host=reject"),
        *("--no-sync", "--no-instructions"),
        cwd=cluster.home,
    )
    if result.returncode != 0:
        reason = last_lines(result.stdout.decode(errors="replace"))
        raise EmbeddedStartFailed(reason=f"initdb: {reason}", log="not yet written")
    fresh.rename(cluster.data)


def make_socket_directory(cluster: Cluster) -> Path:
    """A fresh directory for the socket, which only the account (and root) can enter.

    Access to it is the only lock on the database, so it must be private; it is new at each start,
    because a stale socket lock with a recycled pid would keep the server from starting.
    """
    place = cluster.home / "run"
    shutil.rmtree(place, ignore_errors=True)
    if len(os.fsencode(place)) <= MAX_SOCKET_DIRECTORY:
        place.mkdir(mode=0o700)
    else:
        place = Path(tempfile.mkdtemp(prefix="mojodex-pg-"))
    cluster.account.own(place)
    return place


def last_lines(text: str, count: int = 6) -> str:
    """The end of a log in one line, without empty lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-count:])
