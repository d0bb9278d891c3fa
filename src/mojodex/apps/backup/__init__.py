"""`mojodex backup` and `mojodex restore`: all data of an installation in one file, and back.

A backup is of one moment, beside a running server or without one. A restore goes into an empty
place, whichever kind of database the backup came from, and is there whole or not at all: rows,
files and secrets are collected first, and the commit of the one transaction comes last.
"""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import psycopg

import mojodex
from mojodex.apps.backup.archive import (
    FORMAT,
    MANIFEST,
    SECRETS,
    Manifest,
    Reader,
    SequenceEntry,
    TableEntry,
    Writer,
    reading,
    writing,
)
from mojodex.apps.backup.errors import (
    BackupFromTheFuture,
    BackupUnreadable,
    BackupUnwritable,
    NothingToBackUp,
    PlaceNotEmpty,
)
from mojodex.apps.backup.files import STAGE, add_files, has_files, publish, staged_files
from mojodex.apps.migrations import QUEUE_PREFIX, SCRIPTS
from mojodex.apps.storage import SECRETS_FILE, borrow_server, open_server
from mojodex.kit.clock import SystemClock
from mojodex.platform.db.dump import (
    DumpMismatch,
    Snapshot,
    count_rows,
    count_tables,
    load,
    open_snapshot,
    restoring,
)
from mojodex.platform.db.migrate import knows_revision
from mojodex.platform.settings import Settings
from mojodex.platform.settings.secrets import (
    insert_secrets,
    read_secrets,
    select_secrets,
    write_secrets,
)

__all__ = [
    "BackupFromTheFuture",
    "BackupUnreadable",
    "BackupUnwritable",
    "NothingToBackUp",
    "PlaceNotEmpty",
    "back_up",
    "check",
    "restore",
]

OUR_PREFIXES = ("md_", QUEUE_PREFIX)


def is_ours(table: str) -> bool:
    return table.startswith(OUR_PREFIXES)


async def back_up(settings: Settings, path: Path) -> list[str]:
    """Write the backup. Returns what to tell. Raises this package's errors and the storage's."""
    data_dir = settings.database.data_dir
    if settings.is_embedded and not (data_dir / "postgres").exists():
        raise NothingToBackUp(place=str(data_dir))
    async with borrow_server(settings) as url:
        lines = await asyncio.to_thread(_back_up, settings, url, path)
    with reading(path) as reader:
        await asyncio.to_thread(reader.check)
    return lines


def _back_up(settings: Settings, url: str, path: Path) -> list[str]:
    with open_snapshot(url, is_ours) as snapshot, writing(path) as writer:
        revision = snapshot.revision
        if revision is None:
            raise NothingToBackUp(place="the database")
        n_files, vanished = add_files(settings.media_dir, writer)
        manifest = Manifest(
            format=FORMAT,
            version=mojodex.__version__,
            made_at=SystemClock().now(),
            revision=revision,
            tables=tuple(_add_tables(snapshot, writer)),
            sequences=tuple(
                SequenceEntry(name=found.name, value=found.value, is_called=found.is_called)
                for found in snapshot.sequences()
            ),
            n_files=n_files,
            has_secrets=_add_secrets(settings, writer),
        )
        writer.add_bytes(MANIFEST, manifest.model_dump_json(indent=1).encode())
        strangers = snapshot.strangers()
    lines = [f"{path}: {describe(manifest)}"]
    if vanished:
        lines.append(f"{vanished} files were deleted meanwhile and are not in it.")
    if strangers:
        lines.append(f"Tables of others are not in it: {', '.join(strangers)}.")
    return lines


def _add_tables(snapshot: Snapshot, writer: Writer) -> list[TableEntry]:
    entries = []
    for table in snapshot.tables():
        n_rows = writer.add_rows(table.name, snapshot.rows(table))
        entries.append(TableEntry(name=table.name, columns=table.columns, n_rows=n_rows))
    return entries


def _add_secrets(settings: Settings, writer: Writer) -> bool:
    """Those of an external database are among its rows."""
    path = settings.database.data_dir / SECRETS_FILE
    if not settings.is_embedded or not path.is_file():
        return False
    writer.add_bytes(SECRETS, json.dumps(read_secrets(path)).encode())
    return True


def describe(manifest: Manifest) -> str:
    """What a backup has, in a sentence."""
    return (
        f"{manifest.n_rows} rows in {len(manifest.tables)} tables (revision {manifest.revision}) "
        f"and {manifest.n_files} files, made {manifest.made_at:%Y-%m-%d %H:%M} UTC by Mojodex "
        f"{manifest.version}."
    )


def check(path: Path) -> str:
    """Read the whole backup and change nothing. Returns what it has.

    Raises `BackupUnreadable`, `BackupFromTheFuture`.
    """
    with reading(path) as reader:
        _check(reader)
        return f"{path} is sound: {describe(reader.manifest)}"


def _check(reader: Reader) -> None:
    manifest = reader.manifest
    if not knows_revision(SCRIPTS, manifest.revision):
        raise BackupFromTheFuture(
            version=manifest.version, what=f"database revision {manifest.revision}"
        )
    reader.check()


async def restore(settings: Settings, path: Path) -> str:
    """Put a backup into the empty place that the settings name. Returns what to tell.

    Raises this package's errors and the storage's; then nothing has changed.
    """
    with reading(path) as reader:
        await asyncio.to_thread(_check, reader)
        if (settings.media_dir / STAGE).exists() or not has_files(settings.media_dir):
            async with open_server(settings) as url:
                await asyncio.to_thread(_restore, settings, url, reader)
            return f"Restored {describe(reader.manifest)}"
    raise PlaceNotEmpty(place=f"The directory of files {settings.media_dir}")


def _restore(settings: Settings, url: str, reader: Reader) -> None:
    if count_tables(url):
        raise PlaceNotEmpty(place="The database")
    made: list[Path] = []
    try:
        with (
            staged_files(settings.media_dir, reader) as stage,
            restoring(url, SCRIPTS, reader.manifest.revision) as restored,
        ):
            _load(restored.rows, reader)
            restored.upgrade()
            made += _restore_secrets(settings, restored.rows, reader)
            made += publish(stage)
    except BaseException as error:
        for path in made:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if isinstance(error, DumpMismatch):
            raise reader.unreadable(str(error)) from error
        raise


def _load(rows: psycopg.Connection[Any], reader: Reader) -> None:
    manifest = reader.manifest
    load(
        rows,
        is_ours,
        tables=[table.dumped() for table in manifest.tables],
        sequences=[sequence.dumped() for sequence in manifest.sequences],
        open_rows=reader.open_rows,
    )
    for table in manifest.tables:
        if (found := count_rows(rows, table.name)) != table.n_rows:
            raise DumpMismatch(f"{table.name} has {found} of {table.n_rows} rows")


def _restore_secrets(
    settings: Settings, rows: psycopg.Connection[Any], reader: Reader
) -> list[Path]:
    """Where this installation keeps them; returns the file, when it is one."""
    packed = reader.secrets()
    secrets: dict[str, str] = json.loads(packed) if packed is not None else select_secrets(rows)
    if not settings.is_embedded:
        if packed is not None:
            insert_secrets(rows, secrets)
        return []
    path = settings.database.data_dir / SECRETS_FILE
    if secrets:
        write_secrets(path, secrets)
    return [path]
