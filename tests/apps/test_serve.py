"""The served product as a process: starts, tells, stops, refuses, and survives what it must."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from mojodex.platform.db.embedded.processes import end_survivors, find_processes
from tests.apps.programs import run_mojodex
from tests.journeys.app_process import AppProcess
from tests.platform.db.lives import IS_ROOT, OTHER, prefix_for, wait_for

#: What uvicorn says when the grace of open requests is over.
GAVE_UP = "timeout graceful shutdown exceeded"
DEMO = {"email": "demo@example.com", "password": "demo", "transport": "token"}


@pytest.fixture
def directory(open_dir: Path) -> Iterator[Path]:
    yield open_dir
    end_survivors(cluster_of(open_dir))


def log_in(app: AppProcess) -> httpx.Response:
    return httpx.post(f"{app.url}/api/v1/logins", json=DEMO, timeout=20)


def cluster_of(directory: Path) -> Path:
    return directory / "data" / "postgres" / "cluster"


def test_it_tells_where_to_click_serves_and_stops(directory: Path) -> None:
    app = AppProcess(directory, MOJODEX_PROT="1")
    app.start()
    told = app.output.read_text()
    assert f"http://localhost:{app.port}/app/" in told
    assert "demo@example.com" in told
    assert "password: demo" in told
    assert "demo model" in told
    assert "MOJODEX_PROT (did you mean MOJODEX_PORT?)" in told
    assert log_in(app).status_code == 201
    url = run_mojodex("database-url", directory=directory).stdout.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM md_user").fetchone() == (1,)
    arguments = ["--email", "ann@example.org", "--password", "correct horse 9"]
    assert run_mojodex("user", "create", *arguments, directory=directory).returncode == 0
    body = {"email": "ann@example.org", "password": "correct horse 9", "transport": "token"}
    assert httpx.post(f"{app.url}/api/v1/logins", json=body, timeout=20).status_code == 201
    second = run_mojodex("serve", "--port", "0", directory=directory)
    assert second.returncode == 1
    assert "is already running on the data directory" in second.stderr
    assert app.stop() == 0
    assert app.output.read_text().endswith("Stopped.\n")
    assert find_processes(cluster_of(directory)) == []
    assert not (directory / "data" / "postgres.url").exists()


def test_ctrl_c_stops_it_with_clients_that_hold_on(directory: Path) -> None:
    app = AppProcess(directory)
    app.start()
    query = "/socket.io/?EIO=4&transport=polling"
    sid = httpx.get(f"{app.url}{query}").text.split('"sid":"', 1)[1].split('"', 1)[0]
    holding = threading.Thread(target=hold_on, args=(f"{app.url}{query}&sid={sid}",))
    holding.start()
    with socket.create_connection(("127.0.0.1", app.port)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n")
        wait_for(lambda: n_clients(app) == 2)
        app.send(signal.SIGINT)
        # Neither lets go: the half request is never finished, and nothing comes for the other.
        assert app.wait() == 0
    holding.join(30)
    assert not holding.is_alive()
    assert find_processes(cluster_of(directory)) == []


def n_clients(app: AppProcess) -> int:
    """How many connections the server has taken."""
    connections = psutil.Process(app.pid).net_connections("tcp")
    return sum(
        each.status == psutil.CONN_ESTABLISHED and each.laddr[1] == app.port for each in connections
    )


def is_listening(app: AppProcess) -> bool:
    try:
        socket.create_connection(("127.0.0.1", app.port), timeout=20).close()
    except ConnectionRefusedError:
        return False
    return True


def hold_on(url: str) -> None:
    try:
        httpx.get(url, timeout=30)
    except httpx.HTTPError:
        return


def test_it_comes_back_after_kill_9_of_itself_and_of_its_database(directory: Path) -> None:
    app = AppProcess(directory)
    app.start()
    token = log_in(app).json()["token"]
    app.kill()
    assert find_processes(cluster_of(directory)) != []
    app.start()
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{app.url}/api/v1/me", headers=headers, timeout=20).status_code == 200
    for process in find_processes(cluster_of(directory)):
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: is_ready(app) and log_in(app).status_code == 201)
    assert httpx.get(f"{app.url}/healthz", timeout=20).status_code == 200
    assert httpx.get(f"{app.url}/api/v1/me", headers=headers, timeout=20).status_code == 200
    assert app.stop() == 0


def is_ready(app: AppProcess) -> bool:
    try:
        return httpx.get(f"{app.url}/readyz", timeout=20, verify=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_stopped_while_it_starts_it_leaves_nothing_behind(directory: Path) -> None:
    app = AppProcess(directory)
    app.launch()
    # The program is still being loaded then.
    wait_for(lambda: (directory / "data" / "mojodex.lock").exists())
    app.send(signal.SIGTERM)
    assert app.wait() == 0
    assert app.output.read_text().endswith("Stopped.\n")
    assert find_processes(cluster_of(directory)) == []


def test_a_taken_port_is_told_before_anything_starts(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run_mojodex("serve", "--port", str(port), directory=directory)
    assert result.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in result.stderr
    assert "MOJODEX_PORT" in result.stderr
    assert not (directory / "data").exists()


async def test_two_processes_on_one_external_database(directory: Path, empty_url: str) -> None:
    first, second = (directory / name for name in ("one", "two"))
    apps = []
    for place in (first, second):
        place.mkdir()
        apps.append(AppProcess(place, MOJODEX_DATABASE_URL=empty_url, MOJODEX_HOST="0.0.0.0"))
    try:
        await asyncio.gather(*(asyncio.to_thread(app.start) for app in apps))
        with psycopg.connect(empty_url) as connection:
            rows = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
            assert rows == (1,)
            secrets = connection.execute("SELECT count(*) FROM md_setting").fetchone()
            assert secrets == (4,)
        assert "mojodex user create" in apps[0].output.read_text()
        assert log_in(apps[1]).status_code == 401
        assert not (first / "data").exists()
    finally:
        assert [app.stop() for app in apps] == [0, 0]


def test_an_unreachable_external_database_is_told(directory: Path, empty_url: str) -> None:
    url = empty_url.replace("postgres@", "postgres:hunter2@").replace("empty_", "absent_")
    result = run_mojodex("serve", "--port", "0", directory=directory, MOJODEX_DATABASE_URL=url)
    assert result.returncode == 1
    assert "MOJODEX_DATABASE_URL" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_second_signal_hurries(directory: Path) -> None:
    """A request that never ends keeps the first one waiting; the second does not wait."""
    app = AppProcess(directory)
    app.start()
    body = b"POST /api/v1/logins HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", app.port)) as slow:
        slow.sendall(body + b"Content-Length: 100\r\n\r\n{")
        wait_for(lambda: n_clients(app) == 1)
        app.send(signal.SIGTERM)
        wait_for(lambda: not is_listening(app))
        assert app.is_running
        app.send(signal.SIGINT)
        assert app.wait() == 0
    assert GAVE_UP not in app.output.read_text()
    end_survivors(cluster_of(directory))


def test_as_another_account_it_works_alike(directory: Path) -> None:
    account = OTHER if IS_ROOT else None
    if account is not None:
        subprocess.run(["chown", account, str(directory)], check=True)
    app = AppProcess(directory)
    app.command = (*prefix_for(account), *app.command)
    app.start()
    assert log_in(app).status_code == 201
    assert app.stop() == 0
    assert (directory / "data" / "secrets.json").stat().st_mode & 0o077 == 0
