"""The file of a backup: a ZIP archive with a manifest, one member for each table and each file.

ZIP because its members may be of unknown size, are checked by a sum, and can be looked into with
any tool. The manifest comes last: a file that was cut off has none.
"""

import errno
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from mojodex.apps.backup.errors import BackupFromTheFuture, BackupUnreadable, BackupUnwritable
from mojodex.platform.db.dump import DumpedSequence, DumpedTable

FORMAT = 1
MANIFEST = "manifest.json"
SECRETS = "secrets.json"
TABLES = "tables/"
FILES = "files/"
CHUNK_BYTES = 1 << 20
#: A name in an archive that stays inside the directory it is put into.
_SAFE = re.compile(r"[^\x00\\:]+")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableEntry(_Part):
    """A table, its columns in the order of the rows, and how many rows there are."""

    name: str
    columns: tuple[str, ...]
    n_rows: int

    def dumped(self) -> DumpedTable:
        return DumpedTable(name=self.name, columns=self.columns)


class SequenceEntry(_Part):
    """Where the numbering of a key stands."""

    name: str
    value: int
    is_called: bool

    def dumped(self) -> DumpedSequence:
        return DumpedSequence(name=self.name, value=self.value, is_called=self.is_called)


class Manifest(_Part):
    """What a backup has. Of a later format only `format` and `version` can be relied on."""

    format: int
    version: str
    made_at: datetime
    revision: str
    tables: tuple[TableEntry, ...]
    sequences: tuple[SequenceEntry, ...]
    n_files: int
    has_secrets: bool

    @property
    def n_rows(self) -> int:
        return sum(table.n_rows for table in self.tables)


class Writer:
    """Adds members to a new archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add_rows(self, table: str, chunks: Iterator[bytes]) -> int:
        """Returns the number of rows: in the text form each ends with the only line break in it."""
        info = _info(f"{TABLES}{table}")
        info.compress_type = zipfile.ZIP_DEFLATED
        n_rows = 0
        with self._archive.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                n_rows += chunk.count(b"\n")
                member.write(chunk)
        return n_rows

    def add_file(self, name: str, source: IO[bytes]) -> None:
        with self._archive.open(_info(f"{FILES}{name}"), "w", force_zip64=True) as member:
            while data := source.read(CHUNK_BYTES):
                member.write(data)

    def add_bytes(self, name: str, content: bytes) -> None:
        self._archive.writestr(_info(name), content)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    return info


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive, for its owner only, which appears under its name when it is whole.

    Raises `BackupUnwritable`.
    """
    waiting = path.with_name(f".{path.name}.part")
    try:
        if path.exists():
            raise BackupUnwritable(path=str(path), reason="it exists")
        waiting.unlink(missing_ok=True)
        descriptor = os.open(waiting, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", allowZip64=True, compresslevel=3) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        _place(waiting, path)
    except OSError as error:
        raise BackupUnwritable(path=str(path), reason=error.strerror or str(error)) from error
    finally:
        waiting.unlink(missing_ok=True)


def _place(waiting: Path, path: Path) -> None:
    """A link, unlike a renaming, never replaces what somebody else put there meanwhile."""
    try:
        os.link(waiting, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
        waiting.rename(path)


class Reader:
    """Looks into an archive."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self.manifest = self._read_manifest()

    def _read_manifest(self) -> Manifest:
        try:
            raw = self._archive.read(MANIFEST)
            head = _Head.model_validate_json(raw)
            if head.format > FORMAT:
                raise BackupFromTheFuture(version=head.version, what=f"format {head.format}")
            return Manifest.model_validate_json(raw)
        except KeyError as error:
            raise self.unreadable("it has no manifest") from error
        except ValidationError as error:
            raise self.unreadable("its manifest is not one of ours") from error

    def check(self) -> None:
        """Read all of it. Raises `BackupUnreadable` when anything is damaged or missing."""
        with _damage_named(self.path):
            if (name := self._archive.testzip()) is not None:
                raise self.unreadable(f"{name} in it is damaged")
        names = set(self._archive.namelist())
        wanted = {f"{TABLES}{table.name}" for table in self.manifest.tables}
        if not wanted <= names or len(self.files()) != self.manifest.n_files:
            raise self.unreadable("parts of it are missing")
        for name in self.files():
            parts = PurePosixPath(name).parts
            if not _SAFE.fullmatch(name) or ".." in parts or name.startswith("/"):
                raise self.unreadable(f"the name {name!r} leads out of it")

    def files(self) -> list[str]:
        """Keys of the people's files."""
        names = self._archive.namelist()
        return [name.removeprefix(FILES) for name in names if name.startswith(FILES)]

    def secrets(self) -> bytes | None:
        """The file of generated secrets, when the backup has one."""
        return self._archive.read(SECRETS) if self.manifest.has_secrets else None

    @contextmanager
    def open_rows(self, table: str) -> Iterator[IO[bytes]]:
        with self._archive.open(f"{TABLES}{table}") as member:
            yield member

    @contextmanager
    def open_file(self, name: str) -> Iterator[IO[bytes]]:
        with self._archive.open(f"{FILES}{name}") as member:
            yield member

    def unreadable(self, reason: str) -> BackupUnreadable:
        return BackupUnreadable(path=str(self.path), reason=reason)


class _Head(BaseModel):
    """What every format tells."""

    format: int
    version: str


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Raises `BackupUnreadable`, `BackupFromTheFuture`."""
    with _damage_named(path):
        archive = zipfile.ZipFile(path)
    with archive:
        yield Reader(path, archive)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise BackupUnreadable(path=str(path), reason=str(error) or "it is damaged") from error
    except OSError as error:
        raise BackupUnreadable(path=str(path), reason=error.strerror or str(error)) from error
