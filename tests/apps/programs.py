"""Running the installed program in a directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

KEPT = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START")


def environment(directory: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in KEPT}
    return {**inherited, "MOJODEX_DATA_DIR": str(directory / "data"), **settings}


def run_mojodex(
    *arguments: str, directory: Path, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end. It may start and stop the embedded database."""
    return subprocess.run(
        [sys.executable, "-m", "mojodex.apps.cli", *arguments],
        cwd=directory,
        env=environment(directory, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
