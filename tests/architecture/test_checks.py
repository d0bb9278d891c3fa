"""The conventions hold, and each check is seen to fail on a tree that breaks it."""

import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.checks import CHECKS
from tests.sharing import ALONE, FIRST

ROOT = Path(__file__).parents[2]
LISTED = Path(__file__).with_name("sizes.txt")


def listed_offenders() -> set[str]:
    """Known offences against sizes, one a line; the list only shrinks."""
    lines = LISTED.read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


@cache
def offences(name: str) -> frozenset[str]:
    """Found once: each check reads the whole source."""
    return frozenset(CHECKS[name](ROOT))


@pytest.mark.parametrize("name", CHECKS)
def test_the_code_keeps_the_convention(name: str) -> None:
    assert offences(name) - listed_offenders() == set()


def test_the_list_of_offenders_holds_nothing_mended() -> None:
    assert listed_offenders() <= frozenset().union(*map(offences, CHECKS))


BROKEN: dict[str, tuple[str, str]] = {
    "long_functions": ("kit/x.py", "def f() -> None:\n" + "    pass\n" * 45),
    "long_modules": ("kit/x.py", "x = 1\n" * 401),
    "vague_names": ("kit/x.py", "class ThingManager: ...\n"),
    "stray_domain_files": ("domains/identity/things.py", ""),
    "stray_commits": ("domains/identity/service.py", "async def f(tx): await tx.commit()\n"),
    "evaluated_text": ("kit/x.py", "eval('1')\n"),
    "wall_clocks": ("kit/x.py", "from datetime import datetime\ndatetime.now()\n"),
    "silenced_checks": ("kit/x.py", "import os  # " + "noqa\n"),
    "missing_readmes": ("platform/room/__init__.py", ""),
    "loose_arguments": ("domains/chat/service.py", "async def f(tx, is_new): ...\n"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_check_reports_a_tree_that_breaks_it(name: str, tmp_path: Path) -> None:
    for floor in ("platform", "domains", "faces"):
        (tmp_path / "src" / "mojodex" / floor).mkdir(parents=True)
    assert CHECKS[name](tmp_path) == []
    relative, content = BROKEN[name]
    path = tmp_path / "src" / "mojodex" / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if name == "loose_arguments":
        path.with_name("__init__.py").write_text('__all__ = ["f"]\n')
        path.with_name("README.md").touch()
    assert len(CHECKS[name](tmp_path)) == 1


def test_no_file_names_a_registry_or_this_machine() -> None:
    hosts = ["pypi{}org", "pythonhosted{}org", "registry{}npmjs", "registry{}yarnpkg"]
    pattern = "|".join(host.format(r"\.") for host in hosts)
    result = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", "."],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode > 1:
        pytest.fail(result.stderr)
    assert result.stdout == ""


def test_the_modules_that_begin_first_are_there() -> None:
    assert [path for path in (*FIRST, *ALONE) if not (ROOT / path).is_file()] == []
