"""How a data directory is, found out without changing or starting anything."""

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mojodex.platform.db.embedded.account import Account, account_for
from mojodex.platform.db.embedded.directory import LOCK_NAME
from mojodex.platform.db.embedded.errors import (
    DataDirectoryFull,
    DataDirectoryUnusable,
    EmbeddedProgramsMissing,
    EmbeddedVersionMismatch,
)
from mojodex.platform.db.embedded.programs import INSTALLATION, MAJOR_VERSION, wheel_directory

MEGABYTE = 1_000_000
#: A new cluster takes 40 MB, and PostgreSQL stops for good when it cannot write its log.
NEEDED_MB = 200

FreeBytes = Callable[[Path], int]


@dataclass(frozen=True, kw_only=True)
class DirectoryCondition:
    """A directory that can be used. `holder`: the process that runs on it now."""

    is_new: bool
    holder: str | None
    free_bytes: int


def free_bytes(path: Path) -> int:
    """Room on the disk of the nearest directory that exists."""
    return shutil.disk_usage(nearest(path)).free


def nearest(path: Path) -> Path:
    """The path, or the directory above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def refuse_full_disk(path: Path, probe: FreeBytes = free_bytes) -> int:
    """Room on the disk in bytes. Raises `DataDirectoryFull` when it is too little to start."""
    free = probe(path)
    if free < NEEDED_MB * MEGABYTE:
        raise DataDirectoryFull(path=str(path), free_mb=free // MEGABYTE, wanted_mb=NEEDED_MB)
    return free


def inspect_directory(path: Path, probe: FreeBytes = free_bytes) -> DirectoryCondition:
    """Raises `DataDirectoryUnusable`, `DataDirectoryFull`, `DataDirectoryForeign`,
    `EmbeddedProgramsMissing`, `EmbeddedVersionMismatch`."""
    refuse_closed(path)
    account_for(path / "postgres" / "cluster")
    version = path / "postgres" / "cluster" / "PG_VERSION"
    # The cluster is closed to other accounts than its own; then its version is nobody's to see.
    if os.access(version, os.R_OK) and (found := version.read_text().strip()) != MAJOR_VERSION:
        raise EmbeddedVersionMismatch(path=str(version.parent), found=found, wanted=MAJOR_VERSION)
    free = refuse_full_disk(path, probe)
    _check_programs()
    return DirectoryCondition(is_new=not path.is_dir(), holder=find_holder(path), free_bytes=free)


def refuse_closed(path: Path) -> None:
    """Raises `DataDirectoryUnusable` when this account may not write to it or make it."""
    place = nearest(path)
    if not place.is_dir():
        raise DataDirectoryUnusable(path=str(path), reason=f"{place} is no directory")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise DataDirectoryUnusable(path=str(path), reason=f"{place} is closed to this account")


def find_holder(path: Path) -> str | None:
    """The number of the process that holds the directory."""
    try:
        descriptor = os.open(path / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _check_programs() -> None:
    mine = Account(uid=os.geteuid(), gid=os.getegid(), is_other=False)
    result = mine.run(wheel_directory() / INSTALLATION / "bin" / "postgres", "--version")
    if result.returncode != 0:
        reason = result.stdout.decode(errors="replace").strip() or "its programs do not run"
        raise EmbeddedProgramsMissing(reason=reason)
