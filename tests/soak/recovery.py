"""How long people wait after a trouble, and after they pressed stop: until a window shows it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tests.soak.timeline import Period, Timeline
from tests.soak.windows import Seen

#: Of longer waits it is written down what happened to the window.
SLOW_SECONDS = 2.0
#: The row of what people stop.
STOP = "stop"
#: Whether what was seen shows that it goes on.
Shows = Callable[[Seen], bool]


class Company(StrEnum):
    """Whether other troubles had to do with it."""

    ALONE = "alone"
    OTHERS = "with another"


@dataclass(frozen=True, eq=False)
class Wait:
    """Something that a window shall show. `cause`: the trouble that it is about."""

    what: str
    session_id: str
    began: float
    shows: Shows
    is_past: Shows
    cause: Period | None


Row = tuple[str, Company]


class Recoveries:
    """From each trouble to the first further progress that a client saw, for affected turns."""

    def __init__(self, timeline: Timeline, history: Callable[[str], Iterable[str]]) -> None:
        """`history`: what happened to the window of that name."""
        self.seconds: dict[Row, list[float]] = defaultdict(list)
        #: Waits that came to nothing, because what they waited for had ended before.
        self.dropped: Counter[str] = Counter()
        #: Every one with its time of the day, for whoever looks for a cause.
        self.log: list[str] = []
        self._timeline = timeline
        self._history = history
        self._waits: dict[str, list[Wait]] = defaultdict(list)

    def expect(
        self,
        what: str,
        *,
        session_id: str,
        shows: Shows,
        is_past: Shows,
        cause: Period | None = None,
    ) -> Wait:
        """From now on, until `shows`.

        `is_past`: what was seen is of another turn, so that this one had ended before.
        """
        began = asyncio.get_running_loop().time()
        wait = Wait(what, session_id, began, shows, is_past, cause)
        self._waits[session_id].append(wait)
        return wait

    def withdraw(self, wait: Wait) -> None:
        """It will not be shown."""
        waits = self._waits.get(wait.session_id, [])
        if wait in waits:
            waits.remove(wait)

    def take(self, seen: Seen) -> None:
        """A window showed something."""
        waits = self._waits.get(seen.session_id)
        if not waits:
            return
        for wait in [one for one in waits if seen.at > one.began and one.shows(seen)]:
            waits.remove(wait)
            if wait.is_past(seen):
                self.dropped[wait.what] += 1
            else:
                self._note(wait, seen)

    def _note(self, wait: Wait, seen: Seen) -> None:
        lasted = seen.at - wait.began
        is_alone = self._timeline.is_quiet(wait.began, seen.at, but=wait.cause)
        company = Company.ALONE if is_alone else Company.OTHERS
        self.seconds[(wait.what, company)].append(lasted)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.log.append(f"{now} {lasted:.2f} s after {wait.what} ({company}): {seen}")
        if lasted > SLOW_SECONDS:
            self.log += [f"    {one}" for one in self._history(seen.window)]

    def forget(self, session_id: str) -> None:
        """Nothing more will be shown there: its turn had ended before the trouble took hold."""
        for wait in self._waits.pop(session_id, []):
            self.dropped[wait.what] += 1


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Of some durations, in seconds."""

    n: int
    median: float
    p95: float
    longest: float


def summarize(seconds: Sequence[float]) -> Summary:
    """By nearest rank; `seconds` is not empty."""
    ordered = sorted(seconds)
    n = len(ordered)
    return Summary(
        n=n,
        median=ordered[(n - 1) // 2],
        p95=ordered[min(n - 1, -(-95 * n // 100) - 1)],
        longest=ordered[-1],
    )


def find_summary(seconds: Mapping[Row, Sequence[float]], row: Row) -> Summary | None:
    """Of one row; None when nothing was measured."""
    found = seconds.get(row)
    return summarize(found) if found else None
