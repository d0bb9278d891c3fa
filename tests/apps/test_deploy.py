"""The files for deployment fit their schema, and say what the program has."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from mojodex.apps.cli import app
from mojodex.platform.llm.configuration import read_models_conf
from mojodex.platform.settings import load_settings
from mojodex.platform.settings.source import known_variables

ROOT = Path(__file__).parents[2]
COMPOSED = ("docker-compose.yml", "docker-compose-dev.yml")


def services(name: str) -> dict[str, dict[str, Any]]:
    """As the engine sees them: what extends another file's has that one's parts too."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / name).read_text())["services"]
    for service in found.values():
        if base := service.get("extends"):
            below = services(base["file"])[base["service"]]
            environment = {**below.get("environment", {}), **service.get("environment", {})}
            service.update({**below, **service, "environment": environment})
    return found


def test_the_compose_files_fit_the_schema() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
        + [str(ROOT / name) for name in COMPOSED],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_the_parts_are_there() -> None:
    found = services("docker-compose.yml")
    assert {"mojodex-db", "mojodex-backend", "mojodex-background", "valkey"} <= set(found)
    assert found["mojodex-backend"]["deploy"]["replicas"] == 2
    assert found["mojodex-background"]["deploy"]["replicas"] == 2
    assert found["mojodex-ollama"]["profiles"] == ["ollama"]
    assert "pgvector" in found["mojodex-db"]["image"]
    assert found["mojodex-backend"]["environment"]["MOJODEX_DEMO"] == "${MOJODEX_DEMO:-true}"
    assert found["mojodex-proxy"]["ports"] == ["127.0.0.1:${PUBLISHED_PORT:-3000}:3000"]


@pytest.mark.parametrize("name", COMPOSED)
def test_nothing_is_reachable_from_elsewhere(name: str) -> None:
    ports = [port for service in services(name).values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", COMPOSED)
def test_settings_are_known_and_allowed(name: str) -> None:
    """The variables are filled in as the engine would with a password in `.env`."""
    foreign = {
        *("PYTHONPATH", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "OLLAMA_MODELS")
    }
    for service in services(name).values():
        given = {key: filled(str(value)) for key, value in service.get("environment", {}).items()}
        assert set(given) - foreign <= set(known_variables())
        settings = load_settings({k: v for k, v in given.items() if k not in foreign}, None)
        assert settings.unknown_variables == ()
        if "MOJODEX_HOST" in given:
            assert settings.database.external_url == (
                "postgresql://mojodex:p%40ss%20%2F@mojodex-db/mojodex"
            )
            assert settings.server.is_demo_allowed


def filled(value: str) -> str:
    """`${NAME:-default}` and `${NAME:?why}`."""
    value = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "p@ss /", value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def commands() -> list[list[str]]:
    found = [
        service["command"]
        for name in COMPOSED
        for service in services(name).values()
        if service.get("command", [""])[0] == "mojodex"
    ]
    text = (ROOT / "Dockerfile").read_text() + (ROOT / "deploy" / "azure.sh").read_text()
    listed = re.findall(r'\[("?mojodex"?,[^\]]*)\]', text)
    return [*found, *([part.strip(' "') for part in line.split(",")] for line in listed)]


def test_commands_are_ours() -> None:
    found = commands()
    assert len(found) == 7
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    for _, name, *arguments in found:
        program.commands[name].make_context(name, arguments)


def test_the_image_copies_what_there_is() -> None:
    text = (ROOT / "Dockerfile").read_text()
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert len(sources) == 8
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in allowed, source


def test_the_script_for_azure_is_a_script() -> None:
    subprocess.run(["bash", "-n", str(ROOT / "deploy" / "azure.sh")], check=True)


def test_the_models_of_the_how_to_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "use-mistral-groq-or-azure.md").read_text()
    blocks = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 5
    providers = []
    for block in blocks:
        (tmp_path / "models.conf").write_text(block)
        providers += [found.provider for found in read_models_conf(tmp_path / "models.conf")]
    assert providers == ["groq", "mistral", "azure", "mistral", "groq", "ollama", "mistral"]
