"""The embedded server's life: starts, ends, deaths and neighbours, with real processes."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import text

from mojodex.platform.db import Database
from mojodex.platform.db.embedded import (
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedPostgres,
    EmbeddedStartFailed,
    EmbeddedVersionMismatch,
    claim_data_directory,
)
from mojodex.platform.db.embedded import server as supervisor
from mojodex.platform.db.embedded.account import account_for
from mojodex.platform.db.embedded.processes import end_survivors, find_processes
from tests.harness.directories import open_directory
from tests.platform.db.conftest import Live
from tests.platform.db.lives import IS_ROOT, OTHER, Life, execute, is_alive, kill_server, wait_for

ACCOUNTS = [None, OTHER] if IS_ROOT else [None]
accounts = pytest.mark.parametrize("account", ACCOUNTS, ids=lambda a: a or "own account")


@pytest.fixture(scope="module")
def made_cluster() -> Iterator[Path]:
    """A data directory that has had its first start; copied, as making one takes long."""
    with open_directory() as place:
        assert Life(place / "data").end() == 0
        yield place / "data"


@pytest.fixture
def data_dir(open_dir: Path, made_cluster: Path) -> Iterator[Path]:
    place = open_dir / "data"
    shutil.copytree(made_cluster, place, symlinks=True)
    cluster = place / "postgres" / "cluster"
    if IS_ROOT:
        subprocess.run(["chown", "-R", "nobody", str(cluster)], check=True)
    yield place
    end_survivors(cluster)


@pytest.fixture
def empty_dir(open_dir: Path) -> Iterator[Path]:
    place = open_dir / "data"
    yield place
    end_survivors(place / "postgres" / "cluster")


def has_restarted(server: EmbeddedPostgres, times: int) -> bool:
    return server.restarts == times


def socket_directory(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def give(path: Path, account: str | None) -> None:
    path.mkdir(exist_ok=True)
    if account is not None:
        subprocess.run(["chown", "-R", account, str(path)], check=True)


@contextmanager
def sleeper(account: str | None) -> Iterator[int]:
    """A process of the database's account that is no database."""
    process = subprocess.Popen(["sleep", "600"], user=account)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def write_pid(data_dir: Path, pid: int) -> Path:
    """Leave a pid file as a crashed server leaves it, with another number."""
    cluster = data_dir / "postgres" / "cluster"
    file = cluster / "postmaster.pid"
    file.write_text(f"{pid}\n{cluster}\n1700000000\n5432\n/gone\n\n  12345  678\nready\n")
    if IS_ROOT:
        shutil.chown(file, "nobody")
    return file


@accounts
def test_first_start_then_a_second_one(empty_dir: Path, account: str | None, live: Live) -> None:
    give(empty_dir, account)
    life = live(empty_dir, account)
    execute(life.url, "CREATE TABLE kept (v vector(2))")
    assert life.end() == 0
    assert not is_alive(life.server_pid)
    life = live(empty_dir, account)
    assert execute(life.url, "SELECT count(*) FROM kept") == [(0,)]
    assert life.end() == 0


@accounts
def test_the_server_is_private_and_ours_is_no_superuser(
    data_dir: Path, account: str | None, live: Live
) -> None:
    give(data_dir, account)
    life = live(data_dir, account)
    (row,) = execute(
        life.url,
        "SELECT current_setting('is_superuser'), current_setting('listen_addresses'),"
        " current_setting('fsync')",
    )
    assert row == ("off", "", "on")
    assert stat.S_IMODE(socket_directory(life.url).stat().st_mode) == 0o700
    assert stat.S_IMODE((data_dir / "postgres" / "cluster").stat().st_mode) == 0o700
    life.end()


@accounts
def test_the_application_is_killed_and_the_server_survives(
    data_dir: Path, account: str | None, live: Live
) -> None:
    give(data_dir, account)
    life = live(data_dir, account)
    execute(life.url, "CREATE TABLE kept ()")
    life.kill()
    assert is_alive(life.server_pid)
    second = live(data_dir, account)
    assert not is_alive(life.server_pid)
    assert execute(second.url, "SELECT count(*) FROM kept") == [(0,)]
    assert second.end() == 0


@accounts
def test_the_server_and_the_application_are_killed(
    data_dir: Path, account: str | None, live: Live
) -> None:
    give(data_dir, account)
    life = live(data_dir, account)
    execute(life.url, "CREATE TABLE kept ()")
    kill_server(life.server_pid)
    life.kill()
    second = live(data_dir, account)
    assert execute(second.url, "SELECT count(*) FROM kept") == [(0,)]
    assert second.end() == 0


@accounts
def test_a_second_application_is_told(data_dir: Path, account: str | None, live: Live) -> None:
    give(data_dir, account)
    first = live(data_dir, account)
    second = live(data_dir, account)
    assert second.told["error"] == "data_directory_in_use"
    assert f"(process {first.process.pid})" in second.told["text"]
    assert str(data_dir) in second.told["text"]
    assert second.end() == 1
    assert execute(first.url, "SELECT 1") == [(1,)]
    assert first.end() == 0
    third = live(data_dir, account)
    assert third.end() == 0


async def test_a_killed_server_is_started_again_under_the_application(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir) as server:
        db = Database(server.url)
        async with db.begin() as tx:
            await tx.execute(text("CREATE TABLE kept AS SELECT 7 AS n"))
        for round_number in (1, 2):
            assert server.pid is not None
            kill_server(server.pid)
            await asyncio.to_thread(wait_for, partial(has_restarted, server, round_number))
            async with db.begin() as tx:
                assert await tx.scalar(text("SELECT n FROM kept")) == 7
        await db.close()
    assert server.pid is None


async def test_a_server_that_cannot_come_back_is_tried_again(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir) as server:
        settings = data_dir / "postgres" / "cluster" / "postgresql.conf"
        whole = settings.read_text()
        settings.write_text("nonsense\n")
        assert server.pid is not None
        kill_server(server.pid)
        await asyncio.sleep(1.5)
        assert server.restarts == 0
        settings.write_text(whole)
        await asyncio.to_thread(wait_for, lambda: server.restarts == 1)
        assert execute(server.url, "SELECT 1") == [(1,)]


async def test_a_stale_pid_file_is_no_obstacle(data_dir: Path) -> None:
    write_pid(data_dir, 4_194_000)
    async with EmbeddedPostgres(data_dir) as server:
        assert execute(server.url, "SELECT 1") == [(1,)]


async def test_a_recycled_pid_is_left_alone(data_dir: Path) -> None:
    with sleeper("nobody" if IS_ROOT else None) as stranger:
        write_pid(data_dir, stranger)
        async with EmbeddedPostgres(data_dir) as server:
            assert execute(server.url, "SELECT 1") == [(1,)]
        assert is_alive(stranger)


async def test_a_pid_recycled_by_another_postgres_is_left_alone(
    data_dir: Path, open_dir: Path
) -> None:
    neighbour_dir = open_dir / "neighbour"
    shutil.copytree(data_dir, neighbour_dir)
    if IS_ROOT:
        subprocess.run(["chown", "-R", "nobody", f"{neighbour_dir}/postgres/cluster"], check=True)
    async with EmbeddedPostgres(neighbour_dir) as neighbour:
        assert neighbour.pid is not None
        write_pid(data_dir, neighbour.pid)
        async with EmbeddedPostgres(data_dir) as server:
            assert execute(server.url, "SELECT 1") == [(1,)]
        assert execute(neighbour.url, "SELECT 1") == [(1,)]
        assert neighbour.restarts == 0


async def test_a_new_cluster_is_written_through_when_the_start_is_over(
    empty_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = empty_dir / "postgres" / "cluster.unwritten"
    if IS_ROOT:
        give(empty_dir, "root")
        empty_dir.chmod(0o711)
    async with EmbeddedPostgres(empty_dir):
        assert mark.exists()
    assert mark.exists(), "a start that is cut short leaves it to the next one"
    monkeypatch.setattr(supervisor, "SETTLED_CHECKS", 1)
    async with EmbeddedPostgres(empty_dir):
        await asyncio.to_thread(wait_for, lambda: not mark.exists())


async def test_an_interrupted_first_start_is_begun_anew(empty_dir: Path) -> None:
    half = empty_dir / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    if IS_ROOT:
        empty_dir.chmod(0o711)
    async with EmbeddedPostgres(empty_dir) as server:
        assert execute(server.url, "SELECT 1") == [(1,)]
    assert not half.exists()


async def test_a_long_path_gets_a_short_socket(open_dir: Path) -> None:
    place = open_dir / ("long" * 30) / "data"
    place.mkdir(parents=True)
    async with EmbeddedPostgres(place) as server:
        assert execute(server.url, "SELECT 1") == [(1,)]
        sockets = socket_directory(server.url)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


async def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    (data_dir / "postgres" / "cluster" / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(EmbeddedStartFailed) as caught:
        async with EmbeddedPostgres(data_dir):
            pass
    assert 'unrecognized configuration parameter "nonsense"' in caught.value.describe()
    assert str(data_dir / "postgres" / "postgres.log") in caught.value.describe()
    assert find_processes(data_dir / "postgres" / "cluster") == []


async def test_a_cluster_of_another_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedVersionMismatch) as caught:
        async with EmbeddedPostgres(data_dir):
            pass
    assert "PostgreSQL 16" in caught.value.describe()


async def test_a_stubborn_connection_does_not_hold_up_the_end(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir) as server:
        connection = await psycopg.AsyncConnection.connect(server.url)
        await connection.execute("SELECT 1")
        pid = server.pid
    assert pid is not None
    assert not is_alive(pid)
    await connection.close()


def test_survivors_that_ignore_a_fast_shutdown_are_ended_harder(data_dir: Path, live: Live) -> None:
    life = live(data_dir)
    children = find_processes(data_dir / "postgres" / "cluster")
    assert len(children) > 1
    life.kill()
    kill_server(life.server_pid)
    end_survivors(data_dir / "postgres" / "cluster")
    assert find_processes(data_dir / "postgres" / "cluster") == []


def test_a_directory_is_claimed_once_and_given_up(tmp_path: Path) -> None:
    place = tmp_path / "data"
    with claim_data_directory(place):
        with pytest.raises(DataDirectoryInUse) as caught, claim_data_directory(place):
            pass
        assert str(os.getpid()) in caught.value.describe()
    with claim_data_directory(place):
        pass


def test_a_claim_is_not_inherited_by_the_server(data_dir: Path, live: Live) -> None:
    life = live(data_dir)
    life.kill()
    with claim_data_directory(data_dir):
        assert is_alive(life.server_pid)


def test_a_file_in_place_of_the_directory_is_told(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("")
    with pytest.raises(DataDirectoryUnusable) as caught, claim_data_directory(place):
        pass
    assert str(place) in caught.value.describe()


def test_a_new_directory_is_closed_to_others(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "data"
    with claim_data_directory(place):
        assert stat.S_IMODE(place.stat().st_mode) & 0o066 == 0


def test_ctrl_c_does_not_reach_the_server(data_dir: Path, live: Live) -> None:
    life = live(data_dir)
    assert os.getsid(life.server_pid) != os.getsid(life.process.pid)
    life.process.send_signal(signal.SIGCONT)
    assert life.end() == 0


def test_the_account_is_never_root(tmp_path: Path) -> None:
    assert account_for(tmp_path / "absent").uid != 0
