"""The command line: what it prints, what it refuses, and that it needs no running server."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mojodex
from mojodex.apps import cli
from mojodex.apps.cli import app
from mojodex.apps.errors import FileUnreadable
from mojodex.apps.troubles import render_failure
from mojodex.domains import catalog, identity
from mojodex.platform.settings import load_settings
from tests.apps.programs import run_mojodex

runner = CliRunner()


def test_the_version_is_printed() -> None:
    result = runner.invoke(app, ["version"])
    assert result.output == f"{mojodex.__version__}\n"


def test_the_interfaces_are_written(tmp_path: Path) -> None:
    result = runner.invoke(app, ["openapi", "--out", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    document = json.loads((tmp_path / "new" / "v1.json").read_text())
    assert document["openapi"].startswith("3.")
    assert (tmp_path / "new" / "mojodex.json").is_file()


@pytest.mark.parametrize("content", [None, "{", "[1]", b"\xff\xfe"])
def test_an_unreadable_definition_is_named(tmp_path: Path, content: str | bytes | None) -> None:
    file = tmp_path / "task.json"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    result = runner.invoke(app, ["task", "apply", str(file)])
    assert isinstance(result.exception, FileUnreadable)
    assert str(file) in result.exception.describe()


def test_an_account_is_made_without_a_server(open_dir: Path) -> None:
    arguments = ["--email", "Ann@Example.org", "--password", "correct horse 9", "--admin"]
    made = run_mojodex("user", "create", *arguments, directory=open_dir)
    assert made.stdout == "ann@example.org can log in.\n", made.stderr
    assert made.returncode == 0


@pytest.fixture
def external(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Commands run in this process, on an external database, which the first one migrates."""
    monkeypatch.setenv("MOJODEX_DATABASE_URL", empty_url)
    monkeypatch.setattr(cli, "read_settings", load_settings)
    return empty_url


def invoke(*arguments: str) -> Result:
    return runner.invoke(app, list(arguments))


def test_an_email_is_taken_once(external: str) -> None:
    arguments = ("user", "create", "--email", "ann@example.org", "--password", "correct horse 9")
    assert invoke(*arguments).output == "ann@example.org can log in.\n"
    assert isinstance(invoke(*arguments).exception, identity.EmailTaken)


def test_a_task_is_added_then_changed_and_errors_name_the_field(
    external: str, tmp_path: Path
) -> None:
    file = tmp_path / "task.json"
    file.write_text(json.dumps(task_definition()))
    assert ": added greet_somebody (task " in invoke("task", "apply", str(file)).output
    assert ": changed greet_somebody (task " in invoke("task", "apply", str(file)).output
    file.write_text(json.dumps({**task_definition(), "icon": 7}))
    result = invoke("task", "apply", str(file))
    assert isinstance(result.exception, catalog.InvalidTaskDefinition)
    assert "icon" in render_failure(result.exception)


def task_definition() -> dict[str, object]:
    """A task of the shape in the how-to."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-task-by-file.md"
    block = page.read_text().split("```json\n", 1)[1].split("```", 1)[0]
    definition: dict[str, object] = json.loads(block)
    return {**definition, "name_for_system": "greet_somebody"}


def test_a_wrong_setting_is_told_in_a_sentence(tmp_path: Path) -> None:
    result = run_mojodex("serve", directory=tmp_path, MOJODEX_PORT="often")
    assert result.returncode == 1
    assert result.stderr == (
        'MOJODEX_PORT: "often" is not allowed. Allowed: a whole number from 0 to 65535.\n'
        "Correct this in the environment or in .env; `.env.example` explains each setting.\n"
    )
    assert list(tmp_path.iterdir()) == []
