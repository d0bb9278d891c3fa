"""Directories that other accounts can enter: as root, the database runs as somebody else.

pytest's own temporary directories are closed, and every starting pytest closes them again.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_directory() -> Iterator[Path]:
    """A temporary directory that anybody may pass through, deleted at the end."""
    place = Path(tempfile.mkdtemp(prefix="mojodex-test-"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
