"""How the processes of a test run share it: a module stays whole, what takes long comes first.

A module's fixtures, which may be a browser or a handful of servers, are then made once, and no
process is left alone with a long module at the end. pytest-xdist's own groups do not hold: since
pytest 9.2 it forgets them (pytest-xdist issue 1386).
"""

import os
from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

#: What takes longest, in the order in which it begins: what waits beside what computes.
FIRST = (
    "tests/browser/test_access.py",
    "tests/journeys/test_processes.py",
    "tests/soak/test_soak.py",
    "tests/journeys/test_database_away.py",
    "tests/browser/test_shell.py",
    "tests/faces/mojodex/test_sockets.py",
    "tests/journeys/test_model_failures.py",
    "tests/browser/test_writing.py",
    "tests/journeys/test_queue.py",
    "tests/browser/test_history.py",
    "tests/platform/realtime/test_notify_bus.py",
    "tests/platform/llm/test_tags.py",
    "tests/platform/db/test_embedded.py",
    "tests/browser/test_troubles.py",
    "tests/apps/test_failed_jobs.py",
    "tests/browser/test_slice.py",
    "tests/apps/test_serve.py",
    "tests/browser/test_form.py",
    "tests/platform/jobs/test_worker.py",
    "tests/journeys/test_network_gone.py",
    "tests/platform/realtime/test_deliveries.py",
    "tests/platform/realtime/test_streams.py",
    "tests/apps/test_backup.py",
)
#: Modules of long tests with little in common: each test is shared by itself.
ALONE = frozenset({"tests/browser/test_access.py", "tests/soak/test_soak.py"})


class ModuleScheduling(LoadScopeScheduling):
    """Whoever is free takes the next module, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if path in ALONE else path


def count_processes() -> int:
    """Three for two cores: many tests wait for other processes, a browser or a pause."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def sort_by_length(items: list[pytest.Item]) -> None:
    """The modules that take longest first; what is in a module stays in its order."""
    places = {path: place for place, path in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(FIRST)))


def refuse_namesakes(items: list[pytest.Item]) -> None:
    """Of tests that share a name, pytest-xdist would run one and say nothing of the others."""
    counts = Counter(item.nodeid for item in items)
    doubles = [name for name, count in counts.items() if count > 1]
    if doubles:
        raise pytest.UsageError(f"several tests of one name: {', '.join(doubles)}")
