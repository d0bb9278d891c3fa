"""`mojodex user delete`: asks first, then removes an account with all it made."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from mojodex.apps import cli
from mojodex.apps.cli import app
from mojodex.domains.identity import UserNotFound
from mojodex.platform.settings import load_settings
from tests.apps.programs import run_mojodex

runner = CliRunner()
ANN = ("--email", "ann@example.org")


@pytest.fixture
def url(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Commands run in this process, on an external database with one account."""
    monkeypatch.setenv("MOJODEX_DATABASE_URL", empty_url)
    monkeypatch.setattr(cli, "read_settings", load_settings)
    made = runner.invoke(app, ["user", "create", *ANN, "--password", "correct horse 9"])
    assert made.exit_code == 0, made.output
    return empty_url


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_it_asks_before_it_deletes(url: str) -> None:
    refused = runner.invoke(app, ["user", "delete", *ANN], input="n\n")
    assert refused.exit_code == 1
    assert "Delete ann@example.org" in refused.output
    assert ask(url, "SELECT deleted_at FROM md_user") is None


def test_an_account_is_deleted_once(url: str) -> None:
    deleted = runner.invoke(app, ["user", "delete", *ANN, "--yes"])
    assert deleted.output.startswith("ann@example.org is out."), deleted.output
    assert ask(url, "SELECT deleted_at FROM md_user") is not None
    assert ask(url, "SELECT task_name FROM procrastinate_jobs") == "identity.erase_user"
    again = runner.invoke(app, ["user", "delete", *ANN, "--yes"])
    assert isinstance(again.exception, UserNotFound)


def test_an_unknown_person_is_told_in_a_sentence(tmp_path: Path, empty_url: str) -> None:
    result = run_mojodex(
        "user", "delete", *ANN, "--yes", directory=tmp_path, MOJODEX_DATABASE_URL=empty_url
    )
    assert (result.returncode, result.stderr) == (1, "This person is not known here.\n")
