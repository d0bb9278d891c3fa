"""Ticks of scheduled jobs: deferred once each, and after a pause only the latest."""

from collections.abc import Iterable

from procrastinate.periodic import PeriodicDeferrer, PeriodicRegistry, TaskAtTime

#: A tick that nobody was there for is made up for within this time, the longest between two ticks
#: of ours: a machine that never runs at a certain minute still does its hourly work.
MADE_UP_SECONDS = 3600.0


class Scheduler(PeriodicDeferrer):
    """Defers each job's latest tick, under the key (job, tick), so that others may do the same.

    A process that was paused, or whose machine slept, would else defer every tick of that time.
    """

    def __init__(self, registry: PeriodicRegistry) -> None:
        super().__init__(registry, max_delay=MADE_UP_SECONDS)

    def get_previous_tasks(self, at: float) -> Iterable[TaskAtTime]:
        latest = {task.task.name: (task, tick) for task, tick in super().get_previous_tasks(at)}
        return list(latest.values())
