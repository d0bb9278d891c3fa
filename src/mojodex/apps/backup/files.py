"""People's files on disk: walked for a backup, put back whole by a restore."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mojodex.apps.backup.archive import CHUNK_BYTES, Reader, Writer

#: In here a restore collects the files. While it is there, a restore has not ended.
STAGE = ".restore"


def add_files(root: Path, writer: Writer) -> tuple[int, int]:
    """Returns how many were added, and how many vanished meanwhile.

    What begins with a dot is still being written.
    """
    added = vanished = 0
    for path in sorted(_walk(root)):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            vanished += 1
            continue
        with file:
            writer.add_file(path.relative_to(root).as_posix(), file)
        added += 1
    return added, vanished


def _walk(root: Path) -> Iterator[Path]:
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".")]
        yield from (Path(directory, name) for name in files if not name.startswith("."))


def has_files(root: Path) -> bool:
    return any(_walk(root))


@contextmanager
def staged_files(root: Path, reader: Reader) -> Iterator[Path]:
    """Collects all files below `root` where nobody sees them; gone again when the block fails.

    An interrupted restore left its stage behind: then what lies beside it came from there, for the
    caller knows that the database is empty.
    """
    stage = root / STAGE
    if stage.exists():
        for leftover in root.iterdir():
            if leftover != stage and leftover.is_dir():
                shutil.rmtree(leftover)
    shutil.rmtree(stage, ignore_errors=True)
    made = not root.exists()
    stage.mkdir(mode=0o700, parents=True)
    try:
        for name in reader.files():
            _extract(reader, name, stage / name)
        yield stage
    except BaseException:
        shutil.rmtree(root if made else stage, ignore_errors=True)
        raise
    shutil.rmtree(stage, ignore_errors=True)


def _extract(reader: Reader, name: str, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with reader.open_file(name) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, CHUNK_BYTES)
        file.flush()
        os.fsync(file.fileno())


def publish(stage: Path) -> list[Path]:
    """Move what was collected to its place, a renaming for each directory. Returns the places."""
    moved = []
    for path in list(stage.iterdir()):
        target = stage.parent / path.name
        # Empty directories may be there already.
        shutil.rmtree(target, ignore_errors=True)
        path.rename(target)
        moved.append(target)
    return moved
