"""A backup, restored into an empty place, is the same installation: every row, file and secret."""

import asyncio
import json
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine

from mojodex.apps import backup, commands
from mojodex.apps.backup import (
    BackupFromTheFuture,
    BackupUnreadable,
    BackupUnwritable,
    NothingToBackUp,
    PlaceNotEmpty,
)
from mojodex.apps.backup.files import STAGE
from mojodex.apps.migrations import SCRIPTS
from mojodex.apps.storage import open_server, open_storage
from mojodex.platform.db import lock_key, sqlalchemy_url
from mojodex.platform.db.dump import open_snapshot
from mojodex.platform.db.embedded import DataDirectoryInUse
from mojodex.platform.db.migrate import alembic_config, head_revision
from mojodex.platform.llm import ScriptedModel
from mojodex.platform.settings import Settings, load_settings
from tests.apps.programs import environment
from tests.harness.served import serve
from tests.journeys.runs import LETTER, TITLED, Runner
from tests.postgres import clone

FILES = {
    "users/0a/images/picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 5000,
    "users/0a/audio_files/empty.m4a": b"",
    "users/0b/é à.txt": "à\n".encode(),
}
HARD_TEXT = 'tab\there, back\\slash, "quotes", line\nbreak, carriage\rreturn, 🌊, \\N and \\.\n'


def installation(url: str, media: Path) -> Settings:
    return load_settings(
        {
            "MOJODEX_DATABASE_URL": url,
            "MOJODEX_MEDIA_DIR": str(media),
            "MOJODEX_DATA_DIR": str(media.with_name("unused")),
        },
        env_file=None,
    )


def embedded(directory: Path) -> Settings:
    return load_settings({"MOJODEX_DATA_DIR": str(directory)}, env_file=None)


def write_files(root: Path) -> None:
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "users/0a/.half-written.png").write_bytes(b"half")


def read_files(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def read_everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows, every sequence, and how keys, triggers and indexes stand."""
    names = execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    found = {name: execute(url, f'SELECT t::text FROM "{name}" t ORDER BY 1') for (name,) in names}
    found["sequences"] = execute(
        url, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
    )
    found["keys"] = execute(
        url,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated "
        "FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    )
    found["triggers"] = execute(
        url,
        "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
        "WHERE NOT tgisinternal ORDER BY 1, 2",
    )
    found["indexes"] = execute(url, "SELECT indexdef FROM pg_indexes ORDER BY 1")
    return found


@pytest.fixture(scope="module")
def original(pg_admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation in which people have worked, on a database of its own."""
    media = tmp_path_factory.mktemp("original") / "media"
    write_files(media)
    with clone(pg_admin_url) as url:
        asyncio.run(work(url))
        execute(url, f"UPDATE md_user SET goal = $x${HARD_TEXT}$x$")
        yield installation(url, media)


async def work(url: str) -> None:
    model = ScriptedModel(by_label={"instruct_run": [LETTER], "title_and_summary": [TITLED]})
    async with serve(url, model=model) as served:
        runner = Runner(served, await served.make_person("ada"))
        run = await runner.start()
        await runner.wait_until(run, lambda found: found["title"] == "Lyon")


def url_of(settings: Settings) -> str:
    url = settings.database.external_url
    assert url is not None
    return url


@pytest.fixture
async def saved(original: Settings, tmp_path: Path) -> Path:
    """A backup of the original."""
    path = tmp_path / "mojodex.backup"
    await backup.back_up(original, path)
    return path


async def test_what_is_restored_is_the_same_everywhere(
    original: Settings, saved: Path, empty_url: str, tmp_path: Path
) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    target = installation(empty_url, tmp_path / "restored" / "media")
    told = await backup.restore(target, saved)
    assert f"and {len(FILES)} files" in told
    before, after = read_everything(url_of(original)), read_everything(empty_url)
    assert before.keys() == after.keys()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert len(before["md_produced_text_version"]) == 1
    assert read_files(target.media_dir) == FILES
    async with serve(empty_url) as served:
        people = await served.make_person("grace")
        async with served.client(people) as client:
            assert (await client.get("/me")).status_code == 200
        async with served.client() as client:
            password = {"email": "ada@example.org", "password": people.password}
            assert (await client.post("/logins", json=password)).status_code in (200, 201)


async def test_a_backup_is_of_one_moment(original: Settings) -> None:
    url = url_of(original)
    with open_snapshot(url, backup.is_ours) as snapshot:
        table = next(table for table in snapshot.tables() if table.name == "md_text_type")
        execute(url, "INSERT INTO md_text_type (name) VALUES ('too late')")
        try:
            rows = b"".join(snapshot.rows(table))
        finally:
            execute(url, "DELETE FROM md_text_type WHERE name = 'too late'")
    assert b"email" in rows
    assert b"too late" not in rows


async def test_an_older_backup_is_brought_up_to_date(empty_url: str, tmp_path: Path) -> None:
    config = alembic_config(SCRIPTS)
    with create_engine(sqlalchemy_url(empty_url), poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
        command.upgrade(config, "0002")
    execute(empty_url, "INSERT INTO md_setting (name, value) VALUES ('kept', 'so')")
    await backup.back_up(installation(empty_url, tmp_path / "old"), tmp_path / "old.backup")
    execute(empty_url, "DROP SCHEMA public CASCADE")
    execute(empty_url, "CREATE SCHEMA public")
    await backup.restore(installation(empty_url, tmp_path / "new"), tmp_path / "old.backup")
    assert execute(empty_url, "SELECT value FROM md_setting WHERE name = 'kept'") == [("so",)]
    assert execute(empty_url, "SELECT * FROM alembic_version") == [(head_revision(SCRIPTS),)]


async def test_an_embedded_installation_moves_with_its_secrets(
    open_dir: Path, empty_url: str
) -> None:
    here, there = embedded(open_dir / "here"), embedded(open_dir / "there")
    path = open_dir / "moved.backup"
    with pytest.raises(NothingToBackUp):
        await backup.back_up(here, path)
    assert not (open_dir / "here").exists()
    new = commands.NewUser(
        email="ann@example.org",
        name="Ann",
        password="correct horse 9",
        language="en",
        is_admin=True,
        with_tasks=True,
    )
    secrets = json.dumps({"backoffice_secret": "one of the many"})
    async with open_storage(here) as url:
        await commands.create_user(here, new)
        write_files(here.media_dir)
        (open_dir / "here" / "secrets.json").write_text(secrets)
        await backup.back_up(here, path)
        before = read_everything(url)
        with pytest.raises((DataDirectoryInUse, PlaceNotEmpty)):
            await backup.restore(here, path)

    await backup.restore(there, path)
    kept = open_dir / "there" / "secrets.json"
    assert json.loads(kept.read_text()) == json.loads(secrets)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert read_files(there.media_dir) == FILES
    async with open_server(there) as url:
        assert read_everything(url) == before

    outside = installation(empty_url, open_dir / "outside")
    await backup.restore(outside, path)
    query = "SELECT value FROM md_setting WHERE name = 'secret.backoffice_secret'"
    assert execute(empty_url, query) == [("one of the many",)]


def assert_untouched(target: Settings) -> None:
    """Nothing of a restore is there."""
    assert execute(url_of(target), "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    assert not target.media_dir.exists() or list(target.media_dir.iterdir()) == []


async def refuse(kind: type[Exception], target: Settings, path: Path, words: str) -> None:
    with pytest.raises(kind) as caught:
        await backup.restore(target, path)
    assert words in str(caught.value)


async def test_a_backup_replaces_no_file(original: Settings, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(BackupUnwritable, match="exists"):
        await backup.back_up(original, saved)
    with pytest.raises(BackupUnwritable, match="No such file"):
        await backup.back_up(original, saved.parent / "no" / "such" / "place")
    assert saved.read_bytes() == before


async def test_a_place_that_is_not_empty_is_refused(
    original: Settings, saved: Path, empty_url: str, tmp_path: Path
) -> None:
    await refuse(PlaceNotEmpty, original, saved, "media")
    elsewhere = installation(url_of(original), tmp_path / "elsewhere")
    await refuse(PlaceNotEmpty, elsewhere, saved, "The database is not empty")
    execute(empty_url, "CREATE TABLE somebodys ()")
    await refuse(PlaceNotEmpty, installation(empty_url, tmp_path / "m"), saved, "The database")
    assert not (tmp_path / "m").exists()


async def test_tables_of_others_are_left_out_and_named(
    original: Settings, tmp_path: Path, empty_url: str
) -> None:
    execute(url_of(original), "CREATE TABLE somebodys (n int)")
    try:
        told = await backup.back_up(original, tmp_path / "file")
    finally:
        execute(url_of(original), "DROP TABLE somebodys")
    assert "somebodys" in told[-1]
    await backup.restore(installation(empty_url, tmp_path / "media"), tmp_path / "file")


async def test_an_empty_database_is_nothing_to_back_up(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp):
        await backup.back_up(installation(empty_url, tmp_path / "media"), tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


Change = Callable[[dict[str, bytes]], None]


@contextmanager
def changed(path: Path) -> Iterator[dict[str, bytes]]:
    """Members of an archive, written again with what the block makes of them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    yield members
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def in_manifest(**values: object) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(
            {**json.loads(members["manifest.json"]), **values}
        ).encode()

    return change


def without(name: str) -> Change:
    return lambda members: members.__delitem__(name)


def with_file(name: str) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members[f"files/{name}"] = b"x"
        in_manifest(n_files=len(FILES) + 1)(members)

    return change


def with_rows(table: str, old: bytes, new: bytes) -> Change:
    def change(members: dict[str, bytes]) -> None:
        assert old in members[f"tables/{table}"]
        members[f"tables/{table}"] = members[f"tables/{table}"].replace(old, new, 1)

    return change


def without_row(table: str) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members[f"tables/{table}"] = members[f"tables/{table}"].partition(b"\n")[2]

    return change


CHANGES: dict[str, tuple[Change, type[Exception], str]] = {
    "a newer format": (in_manifest(format=2, more="x"), BackupFromTheFuture, "format 2"),
    "a newer database": (in_manifest(revision="9999"), BackupFromTheFuture, "9999"),
    "no manifest": (without("manifest.json"), BackupUnreadable, "no manifest"),
    "another's manifest": (in_manifest(tables=7), BackupUnreadable, "not one of ours"),
    "a missing table": (without("tables/md_user"), BackupUnreadable, "missing"),
    "a missing file": (without("files/users/0a/audio_files/empty.m4a"), BackupUnreadable, "parts"),
    "a way out": (with_file("../../etc/cron.d/x"), BackupUnreadable, "leads out"),
    "an absolute way": (with_file("/etc/cron.d/x"), BackupUnreadable, "leads out"),
    "a missing row": (without_row("md_task_displayed_data"), BackupUnreadable, " of "),
    "a torn row": (with_rows("md_task", b"\n", b""), BackupUnreadable, "md_task are damaged"),
    "an orphan": (with_rows("md_login", b"\t", b"7\t"), BackupUnreadable, "md_"),
    "a missing column": (in_manifest(tables=[]), BackupUnreadable, "not in both"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_what_does_not_fit_is_refused_and_leaves_nothing(
    name: str, saved: Path, empty_url: str, tmp_path: Path
) -> None:
    change, kind, words = CHANGES[name]
    with changed(saved) as members:
        change(members)
    target = installation(empty_url, tmp_path / "target")
    await refuse(kind, target, saved, words)
    assert_untouched(target)


async def test_a_damaged_file_is_refused(saved: Path, empty_url: str, tmp_path: Path) -> None:
    target = installation(empty_url, tmp_path / "target")
    whole = saved.read_bytes()
    assert "is sound" in backup.check(saved)
    for damaged in (whole[:-1000], whole[:5000] + b"!!" + whole[5002:], b"", b"no archive"):
        saved.write_bytes(damaged)
        await refuse(BackupUnreadable, target, saved, "Nothing was changed")
        with pytest.raises(BackupUnreadable):
            backup.check(saved)
    await refuse(BackupUnreadable, target, tmp_path / "absent", "No such file")
    assert_untouched(target)


async def test_a_killed_restore_leaves_a_place_to_restore_into(
    saved: Path, original: Settings, empty_url: str, tmp_path: Path
) -> None:
    """It is killed when it has collected the files and waits to make the tables."""
    target = installation(empty_url, tmp_path / "media")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [lock_key("migrations")])
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mojodex.apps.cli", "restore", str(saved)),
            cwd=tmp_path,
            env=environment(
                tmp_path,
                MOJODEX_DATABASE_URL=empty_url,
                MOJODEX_MEDIA_DIR=str(target.media_dir),
            ),
            stdout=subprocess.DEVNULL,
        )
        waiting = (
            "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        async with asyncio.timeout(60):
            while not execute(empty_url, waiting):
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert (target.media_dir / STAGE / "users").is_dir()
    # As if it had come as far as moving the files.
    (target.media_dir / "users").mkdir()
    (target.media_dir / "users" / "moved").write_bytes(b"moved")
    await backup.restore(target, saved)
    assert read_files(target.media_dir) == FILES
    assert read_everything(empty_url) == read_everything(url_of(original))
