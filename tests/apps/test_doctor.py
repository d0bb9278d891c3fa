"""`mojodex doctor`: each trouble is made for real, found, and told with its cure."""

import asyncio
import json
import os
import pwd
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mojodex.apps.doctor import Finding, State, Surroundings, examine, render_json, render_table
from mojodex.apps.errors import AddressUnavailable
from mojodex.apps.listening import listen
from mojodex.apps.migrations import SCRIPTS
from mojodex.apps.mock_llm import MockKnobs, run_mock_llm
from mojodex.apps.troubles import render_failure
from mojodex.kit.errors import OperatorError
from mojodex.platform.db.embedded import DataDirectoryFull, claim_data_directory
from mojodex.platform.db.embedded.inspection import refuse_full_disk
from mojodex.platform.db.migrate import head_revision
from mojodex.platform.settings import load_settings
from tests.apps.programs import run_mojodex
from tests.harness.redis import redis_process
from tests.harness.served import serve
from tests.platform.llm.wire import plain, wire_server


@pytest.fixture
def directory(open_dir: Path) -> Path:
    return open_dir / "data"


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def look(directory: Path, port: int) -> Callable[..., Any]:
    """Examines an installation with these settings; the findings by what was checked."""

    async def examine_with(
        around: Surroundings | None = None, **settings: str
    ) -> dict[str, Finding]:
        environ = {"MOJODEX_DATA_DIR": str(directory), "MOJODEX_PORT": str(port), **settings}
        found = await examine(load_settings(environ, env_file=None), around)
        return {finding.check.partition(" ")[0]: finding for finding in found}

    return examine_with


Look = Callable[..., Any]


def assert_trouble(finding: Finding, cause: str, cure: str) -> None:
    assert finding.state is State.TROUBLE, finding
    assert cause in finding.text
    assert cure in finding.cure


async def test_a_sound_installation_is_told_so(look: Look, pg_url: str, open_dir: Path) -> None:
    async with run_mock_llm(MockKnobs(first_token=0, between_tokens=0)) as model:
        with redis_process(open_dir) as redis, mail_server() as mail:
            found = await look(
                Surroundings(find_bundle=lambda: open_dir),
                MOJODEX_DATABASE_URL=pg_url,
                MOJODEX_REDIS_URL=redis.url,
                OPENAI_BASE_URL=model.url,
                SMTP_ADDRESS="127.0.0.1",
                SMTP_PORT=str(mail),
                SENDER_EMAIL="mojo@example.org",
            )
    assert {finding.state for finding in found.values()} == {State.OK}, render_table(
        list(found.values())
    )
    assert found["clock"].text == "It agrees with the database."
    assert model.mock.counts["finished"] == 1
    assert render_table(list(found.values())).endswith("All is well.")


async def test_a_taken_port_names_who_has_it_as_the_start_does(look: Look, port: int) -> None:
    with closing(socket.create_server(("127.0.0.1", port))):
        finding = (await look())["port"]
        with pytest.raises(AddressUnavailable) as caught:
            listen("127.0.0.1", port)
    assert_trouble(finding, f"process {os.getpid()}", "MOJODEX_PORT")
    assert render_failure(caught.value) == f"{finding.text} {finding.cure}"


async def test_a_running_server_is_no_trouble(look: Look, pg_url: str, directory: Path) -> None:
    async with serve(pg_url) as served:
        with claim_data_directory(directory):
            found = await look(MOJODEX_PORT=served.url.rpartition(":")[2])
    assert found["port"].text.startswith("Mojodex runs and answers")
    assert found["data"].state is not State.TROUBLE


async def test_a_directory_that_another_holds_is_told(look: Look, directory: Path) -> None:
    with claim_data_directory(directory):
        finding = (await look())["data"]
    assert_trouble(finding, f"process {os.getpid()}", "MOJODEX_DATA_DIR")
    assert (await look())["data"].state is not State.TROUBLE


async def test_a_full_disk_is_told_as_the_start_does(look: Look, directory: Path) -> None:
    finding = (await look(Surroundings(free_bytes=lambda _: 3_000_000)))["data"]
    assert_trouble(finding, "3 MB are free", "Make room")
    with pytest.raises(DataDirectoryFull) as caught:
        refuse_full_disk(directory, lambda _: 3_000_000)
    assert render_failure(caught.value) == f"{finding.text} {finding.cure}"
    scarce = (await look(Surroundings(free_bytes=lambda _: 900_000_000)))["data"]
    assert scarce.state is State.WARNING


async def test_files_elsewhere_are_looked_at_too(look: Look, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    around = Surroundings(free_bytes=lambda path: 0 if path.name == "media" else 10**10)
    full = await look(around, MOJODEX_MEDIA_DIR=str(tmp_path / "media"))
    assert_trouble(full["files"], "0 MB are free", "Make room")
    odd = await look(around, MOJODEX_MEDIA_DIR=str(tmp_path / "file" / "media"))
    assert_trouble(odd["files"], "is no directory", "MOJODEX_DATA_DIR")


@contextmanager
def without_root() -> Iterator[None]:
    """As another account, when the tests run as root."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(mine)


async def test_a_directory_of_another_account_is_told(look: Look, directory: Path) -> None:
    """The cluster is a link to what belongs to root, which these tests are not while they look."""
    directory.mkdir()
    directory.chmod(0o777)
    (directory / "postgres").mkdir()
    (directory / "postgres" / "cluster").symlink_to("/usr")
    with without_root():
        finding = (await look())["data"]
    assert_trouble(finding, "belongs to the account root", "chown -R")


async def test_a_closed_directory_is_told(look: Look, directory: Path) -> None:
    directory.mkdir(mode=0o500)
    with without_root():
        found = await look()
    assert_trouble(found["data"], "closed to this account", "may write to")
    assert_trouble(found["database"], "Permission denied", "may write to")
    directory.rmdir()


async def test_a_cluster_of_another_release_is_told(look: Look, directory: Path) -> None:
    (directory / "postgres" / "cluster").mkdir(parents=True)
    (directory / "postgres" / "cluster" / "PG_VERSION").write_text("17\n")
    assert_trouble((await look())["data"], "PostgreSQL 17", "mojodex backup")


async def test_an_unreachable_database_is_told_without_its_password(look: Look) -> None:
    found = await look(MOJODEX_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/d")
    assert_trouble(found["database"], "refused", "MOJODEX_DATABASE_URL")
    assert "hunter2" not in render_json(list(found.values()))


def pretending(url: str, statement: str) -> str:
    """The address of the database as its first schema makes it look."""
    run(url, "CREATE SCHEMA bare")
    run(url, statement)
    return f"{url}&options=-csearch_path%3Dbare%2Cpg_catalog"


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_an_old_server_is_told(look: Look, empty_url: str) -> None:
    url = pretending(
        empty_url,
        "CREATE FUNCTION bare.current_setting(text) RETURNS text LANGUAGE sql "
        "AS $$ SELECT '140011' $$",
    )
    found = await look(MOJODEX_DATABASE_URL=url)
    assert_trouble(found["database"], "PostgreSQL 14; Mojodex needs 15", "Upgrade the server")


async def test_a_server_without_pgvector_is_told(look: Look, empty_url: str) -> None:
    view = "CREATE VIEW bare.pg_available_extensions AS SELECT 'plpgsql'::name AS name"
    found = await look(MOJODEX_DATABASE_URL=pretending(empty_url, view))
    assert_trouble(found["database"], "lacks the extension pgvector", "pgvector/pgvector")


async def test_a_role_that_may_not_activate_pgvector_is_told(look: Look, empty_url: str) -> None:
    run(empty_url, "DO $$ BEGIN CREATE ROLE feeble LOGIN; EXCEPTION WHEN OTHERS THEN END $$")
    found = await look(MOJODEX_DATABASE_URL=empty_url.replace("postgres@", "feeble@"))
    assert_trouble(found["database"], "may not activate", "CREATE EXTENSION vector")


async def test_pending_and_foreign_migrations_are_told(look: Look, pg_url: str) -> None:
    run(pg_url, "UPDATE alembic_version SET version_num = '0001'")
    pending = (await look(MOJODEX_DATABASE_URL=pg_url))["database"]
    assert pending.state is State.WARNING
    assert f"{int(head_revision(SCRIPTS) or 0) - 1} migrations are pending" in pending.text
    assert "mojodex backup" in pending.cure
    run(pg_url, "UPDATE alembic_version SET version_num = '9999'")
    found = await look(MOJODEX_DATABASE_URL=pg_url)
    assert_trouble(found["database"], "revision 9999", "Start that release again")


async def test_an_unreachable_model_is_told(look: Look, port: int) -> None:
    found = await look(OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1", MOJODEX_CHAT_MODEL="llama3.2")
    assert_trouble(found["model"], "cannot be reached", "OPENAI_BASE_URL")


async def test_a_wrong_key_is_told(look: Look) -> None:
    async with run_mock_llm(MockKnobs(failure_rate=1, failures=("wrong_key",))) as model:
        found = await look(OPENAI_BASE_URL=model.url, OPENAI_API_KEY="sk-wrong")
    assert_trouble(found["model"], "refuses the key", "OPENAI_API_KEY")
    assert "sk-wrong" not in render_json(list(found.values()))


async def test_a_failing_model_is_told(look: Look) -> None:
    async with run_mock_llm(MockKnobs(failure_rate=1, failures=("server_error",))) as model:
        found = await look(OPENAI_BASE_URL=model.url)
    assert_trouble(found["model"], "fails: Something broke.", "its log")


async def test_an_unknown_model_is_told(look: Look) -> None:
    body = {"error": {"message": "The model `gtp` does not exist", "code": "model_not_found"}}
    async with wire_server(plain(404, body)) as wire:
        found = await look(OPENAI_BASE_URL=wire.url, MOJODEX_CHAT_MODEL="gtp")
    assert_trouble(found["model"], "does not know the model gtp", "MOJODEX_CHAT_MODEL")


async def test_a_model_setting_that_is_wrong_is_told(look: Look, tmp_path: Path) -> None:
    (tmp_path / "models.conf").write_text("[mistral/small]\n")
    found = await look(MOJODEX_MODELS_CONF=str(tmp_path / "models.conf"))
    assert_trouble(found["model"], "MISTRAL_API_KEY", "Correct")


async def test_a_certificate_that_nobody_signed_is_told(look: Look, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "both.pem"))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", ssl=context)
    async with server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        found = await look(OPENAI_BASE_URL=address, MOJODEX_CHAT_MODEL="m")
    assert_trouble(found["model"], "certificate of the model endpoint", "SSL_CERT_FILE")


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path


async def test_an_unreachable_redis_is_told(look: Look, port: int) -> None:
    found = await look(MOJODEX_REDIS_URL=f"redis://:hunter2@127.0.0.1:{port}/0")
    assert_trouble(found["redis"], "Redis cannot be used", "MOJODEX_REDIS_URL")
    assert "hunter2" not in render_json(list(found.values()))


async def test_a_missing_web_app_is_told(look: Look) -> None:
    found = await look(Surroundings(find_bundle=lambda: None))
    assert_trouble(found["web"], "not built", "make web")


@pytest.mark.parametrize(
    ("off", "direction"), [(timedelta(hours=3), "ahead of"), (-timedelta(hours=3), "behind")]
)
async def test_a_wrong_clock_is_told(
    look: Look, pg_url: str, off: timedelta, direction: str
) -> None:
    around = Surroundings(now=lambda: datetime.now(UTC) + off)
    found = await look(around, MOJODEX_DATABASE_URL=pg_url)
    assert_trouble(found["clock"], f"s {direction} the database", "timesyncd")


async def test_a_clock_is_held_against_the_endpoints(look: Look) -> None:
    date = "Date: Mon, 02 Nov 2026 09:30:00 GMT"
    async with wire_server(plain(401, {}, date)) as wire:
        found = await look(OPENAI_BASE_URL=wire.url, MOJODEX_CHAT_MODEL="m")
    assert_trouble(found["clock"], "the model endpoint", "timesyncd")


async def test_a_clock_before_the_installation_is_told_without_others(look: Look) -> None:
    found = await look(Surroundings(now=lambda: datetime(2001, 1, 1, tzinfo=UTC)))
    assert_trouble(found["clock"], "installed", "timesyncd")


class MailServer:
    """Refuses the sender when it has a reply for it."""

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.contents = 0

    async def handle_MAIL(  # the library's spelling
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        envelope.mail_from = address
        return self.reply or "250 OK"

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:
        self.contents += 1
        return "250 kept"


@contextmanager
def mail_server(reply: str | None = None) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    handler = MailServer(reply)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
    assert handler.contents == 0


async def test_a_refusing_and_an_absent_mail_server_are_told(look: Look, port: int) -> None:
    settings = {"SMTP_ADDRESS": "127.0.0.1", "SENDER_EMAIL": "mojo@example.org"}
    with mail_server("550 not you") as refusing:
        refused = await look(**settings, SMTP_PORT=str(refusing))
    assert_trouble(refused["mail"], "550 not you", "SENDER_PASSWORD")
    absent = await look(**settings, SMTP_PORT=str(port))
    assert_trouble(absent["mail"], "cannot be reached", "SMTP_ADDRESS")


async def test_a_variable_that_nobody_reads_is_a_warning(look: Look) -> None:
    found = await look(MOJODEX_PROT="80")
    assert found["settings"].state is State.WARNING
    assert "MOJODEX_PORT" in found["settings"].text


def test_the_command_prints_and_ends_by_what_it_found(tmp_path: Path, port: int) -> None:
    bad = run_mojodex("doctor", "--json", directory=tmp_path, MOJODEX_PORT="often")
    assert bad.returncode == 1
    report = json.loads(bad.stdout)
    assert report["ok"] is False
    assert report["findings"][0]["check"] == "settings"
    assert "often" in report["findings"][0]["text"]
    settings = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "MOJODEX_PORT": "0"}
    table = run_mojodex("doctor", directory=tmp_path, MOJODEX_CHAT_MODEL="m", **settings)
    assert table.returncode == 1
    assert "trouble  model m" in table.stdout
    assert "→ Check that it runs" in table.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_operators_error_has_cause_and_cure() -> None:
    class Data(dict[str, Any]):
        def __missing__(self, key: str) -> str:
            return "x"

    kinds = [kind for kind in OperatorError.__subclasses__() if "mojodex" in kind.__module__]
    assert len(kinds) > 10
    for kind in kinds:
        error = kind.__new__(kind)
        error.data = Data()
        if hasattr(kind, "problems") or kind.__name__ == "InvalidSettings":
            error.__dict__["problems"] = ("x.",)
        assert error.cause.endswith("."), kind
        assert error.cure.endswith("."), kind
