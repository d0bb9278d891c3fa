"""What is counted as a time of recovery, and beside what."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.soak import signs
from tests.soak.database import LiveTurn, Observer
from tests.soak.plan import Injection, Trouble
from tests.soak.recovery import Company, Recoveries
from tests.soak.signs import Hit
from tests.soak.timeline import SETTLE_SECONDS, Timeline
from tests.soak.windows import Seen

KILLED = Injection(at=0, trouble=Trouble.WORKER_KILLED, which=0, lasts=1.0, share=1.0)


def turn(
    turn_id: str = "t", *, state: str = "running", ended_at: datetime | None = None
) -> LiveTurn:
    return LiveTurn(
        turn_id=turn_id, session_id="s", message_id=1, state=state, attempt=1, ended_at=ended_at
    )


def seen(
    *,
    after: float = 1.0,
    turn_id: str | None = "t",
    attempt: int = 1,
    is_final: bool = False,
    has_text: bool = True,
) -> Seen:
    return Seen(
        window="w",
        session_id="s",
        url="",
        connection=1,
        at=asyncio.get_running_loop().time() + after,
        turn_id=turn_id,
        attempt=attempt,
        is_final=is_final,
        has_text=has_text,
    )


class Watching:
    """Recoveries of one turn whose worker was killed."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.recoveries = Recoveries(self.timeline, lambda _name: [])
        self.observer = Observer("")
        self.observer.turns = {"t": turn()}
        hit = Hit(injection=KILLED, turn=turn())
        self.cause = self.timeline.begin()
        self.recoveries.expect(
            KILLED.trouble,
            session_id="s",
            shows=signs.is_taken_over(hit),
            is_past=signs.is_of_another(hit, self.observer),
            cause=self.cause,
        )

    def company(self) -> list[Company]:
        return [company for _, company in self.recoveries.seconds]


async def test_the_next_attempt_counts_once_from_its_empty_snapshot() -> None:
    watching = Watching()
    watching.recoveries.take(seen())
    assert watching.company() == []
    watching.recoveries.take(seen(after=2.0, attempt=2, has_text=False))
    watching.recoveries.take(seen(after=9.0, attempt=2))
    [[lasted]] = watching.recoveries.seconds.values()
    assert 2.0 <= lasted < 9.0
    assert watching.company() == [Company.ALONE]


@pytest.mark.parametrize(
    ("quiet", "company"),
    [(SETTLE_SECONDS + 1, Company.ALONE), (SETTLE_SECONDS - 1, Company.OTHERS)],
)
async def test_another_trouble_leaves_something_behind_for_a_while(
    quiet: float, company: Company
) -> None:
    watching = Watching()
    before = watching.timeline.begin()
    watching.timeline.end(before, was_done=True)
    before.began, before.ended = before.began - 60, before.ended - quiet
    watching.recoveries.take(seen(attempt=2))
    assert watching.company() == [company]


async def test_a_trouble_that_came_to_nothing_is_none() -> None:
    watching = Watching()
    watching.timeline.end(watching.timeline.begin(), was_done=False)
    watching.recoveries.take(seen(attempt=2))
    assert watching.company() == [Company.ALONE]


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        pytest.param(
            turn(state="done", ended_at=datetime.now(UTC) - timedelta(minutes=1)),
            {"turn_id": None},
            id="it had ended before",
        ),
        pytest.param(turn(state="failed"), {"turn_id": None}, id="a window that is not told"),
        pytest.param(turn(), {"turn_id": "another"}, id="another turn"),
    ],
)
async def test_what_is_of_another_answer_does_not_count(
    now: LiveTurn, shown: dict[str, str | None]
) -> None:
    watching = Watching()
    watching.observer.turns = {"t": now}
    watching.recoveries.take(seen(is_final=True, turn_id=shown["turn_id"]))
    assert watching.company() == []
    assert watching.recoveries.dropped == {KILLED.trouble: 1}
