"""What the benchmarks count, and the page they write. No test asserts their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import pytest
from benchmarks.load import (
    KINDS,
    Job,
    MojodexWatcher,
    NotStarted,
    Outcome,
    Person,
    SocketWatcher,
    V1Watcher,
    carry_out,
    spread_of,
    summarize,
)
from benchmarks.report import Aim, Result, Table, render_page
from benchmarks.streams import LEVELS, Level, climb, highest

from mojodex.apps.mock_llm import now_us

PERSON = Person(token="t", task_id="1", user_task_pk=1)


def word(number: int, age_ms: int = 5) -> str:
    """A word as the model stamps it, some milliseconds old."""
    return f" {number:05d}:{now_us() - 1000 * age_ms:015d}"


def watcher(kind: type[SocketWatcher]) -> SocketWatcher:
    # Nothing is sent: what comes is told by the tests.
    return kind(cast(aiohttp.ClientSession, None), "http://127.0.0.1:1", PERSON)


def delta(text: str) -> dict[str, Any]:
    return {"type": "turn_delta", "channel": "draft_body", "text": text}


def seen(*events: Mapping[str, Any], saved: str) -> Outcome:
    """What comes of these notices when this text was saved."""
    one = watcher(V1Watcher)
    for payload in events:
        one.take_event("notice", dict(payload))
    one.ended.set()
    one.text = saved
    return summarize([one], 0.0)


def test_words_are_counted_once_and_their_age_is_known() -> None:
    first, second = word(1), word(2)
    outcome = seen(delta(first), delta(second), saved=first + second)
    assert (outcome.n_words, outcome.n_lost, outcome.n_doubled) == (2, 0, 0)
    assert 5 <= outcome.added.p50 < 5_000


def test_a_word_that_comes_in_two_pieces_is_one() -> None:
    one = word(1)
    outcome = seen(delta(one[:9]), delta(one[9:]), delta(word(2)), saved=one)
    assert (outcome.n_words, outcome.n_doubled) == (2, 0)


def test_what_no_event_brought_is_lost_and_what_two_brought_is_doubled() -> None:
    words = [word(number) for number in (1, 2, 3)]
    outcome = seen(delta(words[0]), delta(words[2]), delta(words[2]), saved="".join(words))
    assert (outcome.n_lost, outcome.n_doubled) == (1, 1)


def test_a_snapshot_brings_only_what_is_new() -> None:
    words = [word(number) for number in (1, 2)]
    whole = {"type": "turn_snapshot", "texts": {"draft_body": "".join(words)}}
    outcome = seen(delta(words[0]), whole, saved="".join(words))
    assert (outcome.n_words, outcome.n_lost, outcome.n_doubled) == (2, 0, 0)


def test_whole_texts_of_the_mojodex_clients_are_read_from_where_they_grew() -> None:
    one = watcher(MojodexWatcher)
    words = [word(number) for number in (1, 2, 3)]
    for n_words in (1, 3):
        one.take_event("draft_token", {"produced_text": "".join(words[:n_words])})
    final = {"produced_text": "".join(words), "session_id": "s", "produced_text_version_pk": 4}
    assert one.take_event("draft_message", final) == {
        "session_id": "s",
        "produced_text_version_pk": 4,
    }
    outcome = summarize([one], 0.0)
    assert (outcome.n_words, outcome.n_lost, outcome.n_late) == (3, 0, 0)


@dataclass(frozen=True)
class Case:
    p99: float = 10.0
    n_lost: int = 0
    n_late: int = 0


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        (Case(), True),
        (Case(p99=50.0), False),
        (Case(n_lost=1), False),
        (Case(n_late=1), False),
    ],
)
def test_a_level_holds_while_all_is_quick_and_nothing_is_lost(case: Case, holds: bool) -> None:
    nothing = summarize([watcher(V1Watcher)], 0.0)
    outcome = nothing.model_copy(
        update={
            "added": spread_of([case.p99]),
            "n_lost": case.n_lost,
            "n_late": case.n_late,
        }
    )
    assert Level(n_streams=1, outcome=outcome, cpu_seconds=0.1).holds is holds


@pytest.mark.parametrize(
    ("misses", "asked", "held"),
    [((), LEVELS, LEVELS[-1]), ((50,), LEVELS, LEVELS[-1]), ((50, 100), LEVELS[:4], 25),
     ((10, 25), LEVELS[:2], None), ((25, 100, 150), LEVELS[:5], 50)],
)  # fmt: skip
def test_the_number_grows_until_two_in_a_row_do_not_hold(
    misses: Sequence[int], asked: Sequence[int], held: int | None
) -> None:
    nothing = summarize([watcher(V1Watcher)], 0.0)

    def measure(n_streams: int) -> Level:
        n_lost = int(n_streams in misses)
        outcome = nothing.model_copy(update={"n_lost": n_lost, "n_late": 0})
        return Level(n_streams=n_streams, outcome=outcome, cpu_seconds=0.1)

    levels = climb(measure)
    assert [level.n_streams for level in levels] == list(asked)
    best = highest(levels)
    assert (None if best is None else best.n_streams) == held


def test_what_stands_in_the_way_of_several_is_said_once() -> None:
    aims = [
        Aim(what=what, wanted="1", reached="2", is_reached=False, obstacle="the disk.")
        for what in ("reads", "writes")
    ]
    page = render_page([Result(name="n", title="N", tables=[], aims=aims)])
    assert "- **reads; writes**: the disk." in page


def test_the_page_says_which_aims_are_missed_why_and_what_was_disturbed() -> None:
    result = Result(
        name="lists",
        title="Lists",
        tables=[Table(title="All", note="How.", columns=("list", "per s"), rows=[("a", "9")])],
        aims=[
            Aim(what="fast", wanted="10", reached="9", is_reached=False, obstacle="the disk."),
            Aim(what="small", wanted="3", reached="2", is_reached=True, obstacle="unsaid."),
        ],
        machine="2 cores",
        foreign=0.42,
        measured_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    )
    page = render_page([result])
    assert "| fast | 10 | 9 | **no** |" in page
    assert "- **fast**: the disk." in page
    assert "unsaid." not in page
    assert "| a | 9 |" in page
    assert "2026-11-02 09:30 UTC. **Disturbed**: other programs took 42%" in page
    quiet = result.model_copy(update={"foreign": 0.01})
    assert "Disturbed" not in render_page([quiet])


class Overloaded(V1Watcher):
    """Refused by the product, or started and never ended."""

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def read_saved(self) -> None:
        assert self.refusal is None

    async def run(self) -> None:
        if self.person.task_id == "refused":
            raise NotStarted("too many")
        self.ended.set()


async def test_a_text_that_was_refused_is_late_and_the_others_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(KINDS, "v1", Overloaded)
    refused = PERSON.model_copy(update={"task_id": "refused"})
    job = Job(wire="v1", urls=["http://127.0.0.1:1"], people=[refused, PERSON])
    outcome = await carry_out(job)
    assert (outcome.n_streams, outcome.n_late) == (2, 1)
    with pytest.raises(RuntimeError, match="too many"):
        await carry_out(job.model_copy(update={"people": [refused, refused]}))
