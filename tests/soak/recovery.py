"""How long people wait after a trouble: until the next thing that their windows show."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.soak.plan import Trouble
from tests.soak.windows import Seen

SLOW_SECONDS = 8.0
#: Whether what was seen shows that it goes on.
Shows = Callable[[Seen], bool]


@dataclass(frozen=True, eq=False)
class _Wait:
    trouble: Trouble
    began: float
    shows: Shows
    is_past: Shows


class Recoveries:
    """From each trouble to the first further progress that a client saw, for affected turns."""

    def __init__(self) -> None:
        self.seconds: dict[Trouble, list[float]] = defaultdict(list)
        #: What was seen after long waits, for whoever looks for a cause.
        self.slow: list[str] = []
        self._waits: dict[str, list[_Wait]] = defaultdict(list)

    def expect(
        self, trouble: Trouble, *, began: float, session_id: str, shows: Shows, is_past: Shows
    ) -> None:
        """A turn of this session was affected.

        `is_past`: what was seen is of another turn, so that this one had ended before.
        """
        self._waits[session_id].append(_Wait(trouble, began, shows, is_past))

    def take(self, seen: Seen) -> None:
        """A window showed something."""
        waits = self._waits.get(seen.session_id)
        if not waits:
            return
        for wait in [one for one in waits if seen.at > one.began and one.shows(seen)]:
            waits.remove(wait)
            if wait.is_past(seen):
                continue
            lasted = seen.at - wait.began
            self.seconds[wait.trouble].append(lasted)
            if lasted > SLOW_SECONDS:
                self.slow.append(f"{lasted:.1f} s after {wait.trouble} at {wait.began:.1f}: {seen}")

    def forget(self, session_id: str) -> None:
        """Nothing more will be shown there: its turn had ended before the trouble took hold."""
        self._waits.pop(session_id, None)


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


def summarize_all(seconds: Mapping[Trouble, Sequence[float]]) -> dict[Trouble, Summary]:
    """Of each trouble that was measured, in the order of their names' list."""
    return {one: summarize(seconds[one]) for one in Trouble if seconds.get(one)}
