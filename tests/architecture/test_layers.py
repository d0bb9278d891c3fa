"""The layer contracts hold, and a copy of the source that breaks each kind of rule is reported."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def contract_names() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter on the package below `root/src`, with this repository's contracts."""
    program = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--config", str(root / "pyproject.toml"), "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


#: For each contract by name: a module to append an import to, and the import that breaks it.
BREACHES: dict[str, tuple[str, str]] = {
    "The house stands on five floors": ("kit/text.py", "import mojodex.platform.db"),
    "Domains stack; neighbours on one line are strangers": (
        "domains/identity/views.py",
        "import mojodex.domains.chat",
    ),
    "Faces are strangers above their common edge": (
        "faces/v1/__init__.py",
        "import mojodex.faces.mojodex",
    ),
    "Platform rooms form no cycle": ("platform/db/base.py", "import mojodex.platform.jobs"),
    "Faces speak wire formats, never SQL": ("faces/v1/__init__.py", "import sqlalchemy"),
    "Rules and services speak to stores, never SQL": (
        "domains/identity/policy.py",
        "import sqlalchemy",
    ),
    "Only faces and apps know the web": ("domains/identity/views.py", "import fastapi"),
    "Vendor SDKs live only in platform": ("domains/identity/views.py", "import openai"),
    **{
        f"{domain}: tables and store are private": (
            "faces/v1/__init__.py",
            f"import mojodex.domains.{domain}.models",
        )
        for domain in ("identity", "catalog", "purchases", "chat", "executions")
    },
}


def test_each_contract_has_a_breach() -> None:
    assert set(BREACHES) == set(contract_names())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the source in which every contract is broken."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    for relative, statement in BREACHES.values():
        path = root / "src" / "mojodex" / relative
        path.write_text(f"{path.read_text()}\n{statement}\n")
    result = lint(root)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("name", contract_names())
def test_a_breach_is_reported(name: str, report: str) -> None:
    assert re.search(rf"{re.escape(name)} BROKEN", report), report
