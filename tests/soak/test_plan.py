"""The schedule comes from the seed alone, and holds everything that a soak shall meet."""

from itertools import islice, pairwise

import pytest

from tests.soak.plan import (
    NEEDS_REDIS,
    Trouble,
    Wire,
    draw_conversations,
    draw_injections,
)
from tests.soak.recovery import summarize


@pytest.mark.parametrize("n_turns", [1, 5, 100, 3_000])
def test_a_seed_draws_the_same_turns_again_and_as_many_as_asked(n_turns: int) -> None:
    drawn = draw_conversations(7, n_turns)
    assert drawn == draw_conversations(7, n_turns)
    assert sum(len(one.turns) for one in drawn) == n_turns
    assert [one.number for one in drawn] == list(range(len(drawn)))
    assert drawn != draw_conversations(8, n_turns)
    assert all(len(one.turns) <= 5 for one in draw_conversations(7, n_turns, longest=5))


def test_all_that_people_do_is_drawn() -> None:
    drawn = draw_conversations(7, 1_000)
    turns = [turn for one in drawn for turn in one.turns]
    assert {turn.wire for turn in turns} == set(Wire)
    assert {turn.n_copies for turn in turns} == {1, 2, 3}
    assert {turn.waits for turn in turns} == {turn.repeats for turn in turns} == {True, False}
    assert {turn.stops_after is None for turn in turns} == {True, False}
    tabs = [tab for one in drawn for tab in one.tabs]
    assert {tab.wire for tab in tabs} == {Wire.V1, Wire.MOJODEX}
    assert any(tab.turn > 0 for tab in tabs), "nobody joins in the middle"
    for one in drawn:
        wires = {tab.wire for tab in one.tabs}
        assert wires == ({Wire.MOJODEX} if one.is_lone else {Wire.V1, Wire.MOJODEX})


@pytest.mark.parametrize("has_redis", [True, False])
def test_every_trouble_comes_in_order_of_time(*, has_redis: bool) -> None:
    drawn = list(islice(draw_injections(7, has_redis=has_redis, gap=5), 300))
    assert drawn == list(islice(draw_injections(7, has_redis=has_redis, gap=5), 300))
    assert {one.trouble for one in drawn} == set(Trouble) - (set() if has_redis else NEEDS_REDIS)
    assert all(before.at < after.at for before, after in pairwise(drawn))
    assert 4 < drawn[-1].at / len(drawn) < 6


def test_times_are_summarized_by_rank() -> None:
    found = summarize([float(n) for n in range(100, 0, -1)])
    assert (found.n, found.median, found.p95, found.longest) == (100, 50.0, 95.0, 100.0)
    alone = summarize([2.5])
    assert (alone.n, alone.median, alone.p95, alone.longest) == (1, 2.5, 2.5, 2.5)
