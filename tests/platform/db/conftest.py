"""Applications that tests may kill; what needs root is collected only as root."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.platform.db.lives import Life

collect_ignore = [] if os.geteuid() == 0 else ["test_embedded_as_root.py"]

Live = Callable[..., Life]


@pytest.fixture
def live() -> Iterator[Live]:
    """Starts applications; those still alive at the end of the test are killed."""
    lives: list[Life] = []

    def start(data_dir: Path, account: str | None = None) -> Life:
        lives.append(Life(data_dir, account))
        return lives[-1]

    yield start
    for life in lives:
        life.kill()
