"""What a job is: a named async function, its retry policy and what it learns about its run."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Concatenate, Generic, ParamSpec

from mojodex.platform.db import Database

P = ParamSpec("P")

#: What a job's argument may be: ids and small facts, never objects.
Argument = str | int | float | bool | None

#: Errors plus take-overs after which a job is given up, whatever its policy: one that kills its
#: worker each time would otherwise kill workers for ever.
MAX_STARTS = 12

_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")


class WorkerDied(RuntimeError):
    """The workers that ran this job died or were stopped too often."""


@dataclass(frozen=True)
class RetryPolicy:
    """Which errors are worth another try, how often, and after how long.

    `max_attempts` counts every start, also those after a take-over. `delays` are used one after
    another, the last one again and again; `asked` says how long an error itself asks to wait, which
    may only be longer.
    """

    max_attempts: int = 1
    delays: tuple[timedelta, ...] = ()
    retry_on: tuple[type[BaseException], ...] = ()
    asked: Callable[[BaseException], timedelta | None] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts < MAX_STARTS:
            raise ValueError(f"max_attempts must be 1 to {MAX_STARTS - 1}")
        if self.max_attempts > 1 and not (self.delays and self.retry_on):
            raise ValueError("a policy that retries needs delays and error types")

    def delay_after(self, error: BaseException, attempt: int) -> timedelta | None:
        """How long to wait after `attempt` (from 1) ended with `error`; None: it is final."""
        if attempt >= self.max_attempts or not isinstance(error, self.retry_on):
            return None
        usual = self.delays[min(attempt, len(self.delays)) - 1]
        asked = self.asked(error) if self.asked is not None else None
        return usual if asked is None else max(usual, asked)


NEVER = RetryPolicy()


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """What a running job knows of itself. No transaction is open when it starts."""

    db: Database
    job_id: int
    attempt: int
    worker_id: str
    #: The tick for which a scheduled job runs.
    tick: datetime | None = None


class Job(Generic[P]):
    """A function that can be deferred. Made by `@job`."""

    def __init__(
        self,
        function: Callable[Concatenate[JobContext, P], Awaitable[None]],
        *,
        name: str,
        queue: str,
        retry: RetryPolicy,
        priority: int = 0,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a job is named like room.do_something, not {name!r}")
        self.function = function
        self.name = name
        self.queue = queue
        self.retry = retry
        self.priority = priority
        self.schedule: str | None = None
        self.failure_hook: Callable[..., Awaitable[None]] | None = None
        self.retry_hook: Callable[..., Awaitable[None]] | None = None
        self._signature = inspect.signature(function)

    def __repr__(self) -> str:
        return f"<Job {self.name}>"

    async def __call__(self, ctx: JobContext, *args: P.args, **arguments: P.kwargs) -> None:
        await self.function(ctx, *args, **arguments)

    def on_failure(self, hook: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Decorates `async def hook(ctx, error, **arguments)`, called before a failure is final.

        Here the owner sets its own rows to a state on which a person can act. It must be harmless
        to repeat: a worker that dies in it runs the job, and then the hook, once more.
        """
        self.failure_hook = hook
        return hook

    def on_retry(self, hook: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Decorates `async def hook(tx, **arguments)`, called when a person retries a failed job.

        It shares the transaction in which the job is queued again, and undoes what the failure hook
        did, so that the job finds something to do. An `AppError` leaves the job failed.
        """
        self.retry_hook = hook
        return hook

    def own_arguments(self, stored: Mapping[str, Argument]) -> dict[str, Argument]:
        """Those of a queued job's arguments that its function takes."""
        names = self._signature.parameters
        return {name: value for name, value in stored.items() if name in names}

    def check(self, arguments: Mapping[str, Argument]) -> None:
        """Raises `TypeError` unless `arguments` fit the function and are plain values."""
        self._signature.bind(None, **arguments)
        for name, value in arguments.items():
            if name.startswith("_") or not isinstance(value, str | int | float | bool | None):
                raise TypeError(f"argument {name!r} of {self.name} must be a plain value")


def job(
    *, name: str, queue: str = "default", retry: RetryPolicy = NEVER, priority: int = 0
) -> Callable[[Callable[Concatenate[JobContext, P], Awaitable[None]]], Job[P]]:
    """Declare a job: `async def f(ctx, *, thing_id: str) -> None`, harmless to run twice.

    Of the jobs that wait, those with the highest `priority` begin first.
    """

    def declare(function: Callable[Concatenate[JobContext, P], Awaitable[None]]) -> Job[P]:
        return Job(function, name=name, queue=queue, retry=retry, priority=priority)

    return declare


def cron(schedule: str) -> Callable[[Job[P]], Job[P]]:
    """Above `@job`: run it at each tick of `schedule` (UTC, five fields, or six: seconds last).

    Every worker schedules; a tick is deferred under the key (job, tick), so that it has one effect.
    """

    def declare(declared: Job[P]) -> Job[P]:
        declared.schedule = schedule
        return declared

    return declare
