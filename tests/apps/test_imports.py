"""What a start waits for: modules that are slow to load, or large, come when they are needed."""

import json
import subprocess
import sys

#: Seconds and megabytes that no start needs. What the model's SDK needs is loaded after readiness.
LATER = (
    *("alembic", "openai", "genai_prices", "PIL", "aiosmtplib", "pypdfium2", "schemathesis"),
    *("redis", "requests"),
)
#: Loaded while PostgreSQL gets ready; before that it would only make it late.
MEANWHILE = ("fastapi", "socketio", "procrastinate", "mojodex.faces", "mojodex.domains", "uvicorn")


def loaded_by(module: str, names: tuple[str, ...]) -> list[str]:
    """Those of the modules that are there once this one is imported."""
    code = (
        f"import json, sys, {module}; print(json.dumps([n for n in {names!r} if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_database_is_started_before_the_program_is_loaded() -> None:
    assert loaded_by("mojodex.apps.starting", MEANWHILE + LATER) == []


def test_a_server_loads_nothing_that_it_may_need_later() -> None:
    assert loaded_by("mojodex.apps.server", LATER) == []
