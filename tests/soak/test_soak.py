"""A short seed of the soak, with Redis and without."""

from pathlib import Path

import pytest

from tests.soak.report import describe, render_page
from tests.soak.run import Options, soak


@pytest.mark.parametrize(("seed", "has_redis"), [(160_318, True), (134_286, False)])
async def test_nothing_is_lost_doubled_stuck_or_misordered(
    seed: int, tmp_path: Path, *, has_redis: bool
) -> None:
    options = Options(
        seed=seed,
        n_turns=18,
        has_redis=has_redis,
        directory=tmp_path / "soak",
        gap=2.0,
        n_at_once=4,
        longest=6,
    )
    outcome = await soak(options, lambda _line: None)
    assert outcome.is_good, describe(outcome)
    assert outcome.counts["turns"] == options.n_turns
    assert (options.directory / "schedule.jsonl").read_text(), "there was no trouble"
    page = render_page([outcome])
    assert "| 0 | 0 | 0 | 0 |" in page
    assert f"Seed {seed}." in page
