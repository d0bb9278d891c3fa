"""The data directory: made private, and held by one application at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mojodex.platform.db.embedded.errors import DataDirectoryInUse, DataDirectoryUnusable

LOCK_NAME = "mojodex.lock"


def make_data_directory(path: Path) -> None:
    """Make the directory when it is missing, closed to others.

    Root's may be passed through (not listed), because the database runs as another account below
    it. Raises `DataDirectoryUnusable`.
    """
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise DataDirectoryUnusable(path=str(path), reason="permission denied")
    except OSError as error:
        raise DataDirectoryUnusable(path=str(path), reason=error.strerror or str(error)) from error


@contextmanager
def claim_data_directory(path: Path) -> Iterator[None]:
    """Hold the directory for this process; the kernel gives it up however the process ends.

    Raises `DataDirectoryInUse` when another application holds it, `DataDirectoryUnusable`.
    """
    make_data_directory(path)
    try:
        descriptor = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirectoryUnusable(path=str(path), reason=error.strerror or str(error)) from error
    try:
        _lock(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise DataDirectoryInUse(path=str(path), pid=holder) from error
    except OSError as error:
        raise DataDirectoryUnusable(
            path=str(path), reason=f"it cannot be locked ({error.strerror})"
        ) from error
