"""As root: the server runs as somebody else, and nothing of root's is opened to it."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mojodex.platform.db.embedded import (
    DataDirectoryForeign,
    DataDirectoryUnusable,
    EmbeddedPostgres,
    cluster,
)
from mojodex.platform.db.embedded.programs import INSTALLATION, PACKAGE, wheel_directory
from tests.platform.db.conftest import Live
from tests.platform.db.lives import OTHER, execute, prefix_for


@pytest.fixture
def closed_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory inside a home that only root may enter."""
    state = Path(f"/var/tmp/mojodex-test-{os.getpid()}")
    monkeypatch.setattr(cluster, "STATE_DIRECTORY", state)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    yield home / "data"
    shutil.rmtree(state, ignore_errors=True)


def owner_of(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def test_it_runs_as_nobody_and_root_keeps_its_files(open_dir: Path) -> None:
    place = open_dir / "data"
    place.mkdir(mode=0o711)
    async with EmbeddedPostgres(place) as server:
        assert owner_of(server.pid) == 65534
    assert (place / "postgres").stat().st_uid == 0


async def test_another_account_cannot_connect(open_dir: Path) -> None:
    place = open_dir / "data"
    place.mkdir(mode=0o711)
    async with EmbeddedPostgres(place) as server:
        script = f"import psycopg; psycopg.connect({server.url!r})"
        attempt = subprocess.run(
            [*prefix_for(OTHER)[:4], "/usr/bin/env", "python3", "-c", script],
            capture_output=True,
            check=False,
        )
    assert attempt.returncode != 0


async def test_in_a_closed_home_the_cluster_moves_out_and_is_found_again(closed_dir: Path) -> None:
    closed_dir.mkdir()
    async with EmbeddedPostgres(closed_dir) as server:
        execute(server.url, "CREATE TABLE kept ()")
    assert stat.S_IMODE(closed_dir.parent.stat().st_mode) == 0o700
    assert (closed_dir / "postgres").is_symlink()
    async with EmbeddedPostgres(closed_dir) as server:
        assert execute(server.url, "SELECT count(*) FROM kept") == [(0,)]


async def test_a_deleted_data_directory_starts_empty(closed_dir: Path) -> None:
    closed_dir.mkdir()
    async with EmbeddedPostgres(closed_dir) as server:
        execute(server.url, "CREATE TABLE kept ()")
    shutil.rmtree(closed_dir)
    closed_dir.mkdir()
    async with EmbeddedPostgres(closed_dir) as server:
        assert execute(server.url, "SELECT to_regclass('kept')") == [(None,)]


async def test_a_cluster_that_became_unreachable_is_told(open_dir: Path) -> None:
    place = open_dir / "data"
    place.mkdir(mode=0o711)
    async with EmbeddedPostgres(place):
        pass
    place.chmod(0o700)
    with pytest.raises(DataDirectoryUnusable, match="cannot enter"):
        async with EmbeddedPostgres(place):
            pass


async def test_an_unreadable_wheel_is_copied_once(
    open_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = open_dir / "data"
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    wheel = wheel_directory()
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        shutil.copytree(wheel.parent / name, private / name, symlinks=True)
    monkeypatch.syspath_prepend(private)
    place.mkdir(mode=0o711)
    async with EmbeddedPostgres(place) as server:
        assert execute(server.url, "SELECT '[1]'::vector::text") == [("[1]",)]
        program = Path(f"/proc/{server.pid}/exe").readlink()
    copied = place / "postgres" / "programs" / PACKAGE / INSTALLATION / "bin" / "postgres"
    assert program == copied
    assert copied.stat().st_uid == 0
    before = copied.stat().st_ctime_ns
    async with EmbeddedPostgres(place):
        assert copied.stat().st_ctime_ns == before


async def test_root_uses_the_account_that_made_the_cluster(open_dir: Path, live: Live) -> None:
    place = open_dir / "data"
    place.mkdir()
    shutil.chown(place, OTHER)
    assert live(place, OTHER).end() == 0
    async with EmbeddedPostgres(place) as server:
        assert owner_of(server.pid) == place.stat().st_uid
    assert live(place, OTHER).end() == 0


def test_another_account_is_told_whose_the_cluster_is(open_dir: Path, live: Live) -> None:
    place = open_dir / "data"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    assert live(place).end() == 0
    (place / "mojodex.lock").chmod(0o666)
    life = live(place, OTHER)
    assert life.told["error"] == DataDirectoryForeign.code
    assert "nobody" in life.told["text"]
    life.end()
