"""When which trouble lasted, so that a time can be told apart in which there was but one."""

import asyncio
import math
from dataclasses import dataclass

#: What a trouble leaves behind is over so long after it: who lost the database comes back within
#: two seconds, a process that has just started still warms up.
SETTLE_SECONDS = 3.0


@dataclass(eq=False)
class Period:
    """From the beginning of a trouble until everything that it hit is ready again, in seconds of
    the loop."""

    began: float
    ended: float = math.inf


class Timeline:
    """All troubles of a soak."""

    def __init__(self) -> None:
        self._periods: list[Period] = []

    def begin(self) -> Period:
        """A trouble begins now."""
        period = Period(asyncio.get_running_loop().time())
        self._periods.append(period)
        return period

    def end(self, period: Period, *, was_done: bool) -> None:
        """It is over, or it came to nothing."""
        if was_done:
            period.ended = asyncio.get_running_loop().time()
        else:
            self._periods.remove(period)

    def is_quiet(self, began: float, ended: float, *, but: Period | None = None) -> bool:
        """Whether no trouble but this one lasted, or had just ended, within that time."""
        return not any(
            one.began < ended and one.ended + SETTLE_SECONDS > began
            for one in self._periods
            if one is not but
        )
