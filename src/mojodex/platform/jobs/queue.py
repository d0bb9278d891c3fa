"""Deferring jobs inside the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson
import structlog
from sqlalchemy import text

from mojodex.platform.db import Database, Prepared, Tx
from mojodex.platform.jobs.job import Argument, Job

#: Key of the correlation id among a queued job's arguments; arguments proper never begin with "_".
CORRELATION = "_correlation_id"


#: The channel on which the queue's own triggers ring its workers.
BELL_CHANNEL = "procrastinate_any_queue_v1"

# Not the queue's own function: that fails on a key that is taken, which undoes the caller's
# transaction unless a savepoint stands around it, at three statements for each job.
_DEFER = Prepared(
    text("""
INSERT INTO procrastinate_jobs
  (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
VALUES (:queue, :name, :priority, :lock, :key, CAST(:arguments AS jsonb), :at)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING RETURNING id
""")
)
_HURRY = Prepared(
    text("""
WITH hurried AS (
  UPDATE procrastinate_jobs SET scheduled_at = NULL
  WHERE queueing_lock = :key AND status = 'todo' AND scheduled_at IS NOT NULL RETURNING id)
SELECT pg_notify(:channel, '{"type": "job_inserted", "job_id": ' || id || '}') FROM hurried
""")
)
_PENDING = Prepared(
    text("""
SELECT args ->> :argument FROM procrastinate_jobs
WHERE task_name = :name AND status IN ('todo', 'doing')
  AND args ->> :argument = ANY(CAST(:values AS text[]))
""")
)


class JobQueue:
    """All jobs of the application, and the way to defer them. Provided to transactions."""

    def __init__(self, db: Database, jobs: Iterable[Job[Any]]) -> None:
        self.db = db
        by_name: dict[str, Job[Any]] = {}
        for one in jobs:
            if by_name.setdefault(one.name, one) is not one:
                raise ValueError(f"two jobs are named {one.name}")
        self.jobs: Mapping[str, Job[Any]] = MappingProxyType(by_name)

    async def defer(
        self,
        tx: Tx,
        job: Job[Any],
        *,
        key: str | None = None,
        lock: str | None = None,
        at: datetime | None = None,
        hurry: bool = False,
        **arguments: Argument,
    ) -> int | None:
        """Queue `job` when, and only when, `tx` commits. Returns the job's number.

        `key`: nothing is queued (None is returned) while a job with this key waits; with `hurry`
        that one, if it waits for a later time, becomes due now. `lock`: jobs with the same lock run
        one after another. `at`: not before that instant. Raises `TypeError` when the arguments do
        not fit.
        """
        self.check(job, arguments)
        rows = await tx.fetch(
            _DEFER,
            {
                "queue": job.queue,
                "name": job.name,
                "priority": job.priority,
                "lock": lock,
                "key": key,
                "arguments": orjson.dumps({**arguments, **_correlation()}).decode(),
                "at": at,
            },
        )
        number: int | None = rows[0][0] if rows else None
        if number is None and hurry:
            await tx.fetch(_HURRY, {"key": key, "channel": BELL_CHANNEL})
        return number

    async def find_pending(
        self, tx: Tx, job: Job[Any], *, argument: str, values: Collection[str]
    ) -> set[str]:
        """Those of the values for which a `job` with this value as its argument waits or runs."""
        found = await tx.fetch(
            _PENDING, {"name": job.name, "argument": argument, "values": list(values)}
        )
        return {value for (value,) in found}

    async def counts(self) -> dict[str, int]:
        """How many jobs there are of each state (`todo`, `doing`, `failed`)."""
        query = "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"
        async with self.db.begin() as tx:
            return {str(state): int(count) for state, count in await tx.execute(text(query))}

    def check(self, job: Job[Any], arguments: Mapping[str, Argument]) -> None:
        """Raises `TypeError` for arguments that do not fit, `LookupError` for a stranger."""
        if self.jobs.get(job.name) is not job:
            raise LookupError(f"{job.name} is not among the application's jobs")
        job.check(arguments)


def _correlation() -> dict[str, Argument]:
    correlation_id = structlog.contextvars.get_contextvars().get("correlation_id")
    return {} if correlation_id is None else {CORRELATION: str(correlation_id)}


async def defer(
    tx: Tx,
    job: Job[Any],
    *,
    key: str | None = None,
    lock: str | None = None,
    at: datetime | None = None,
    hurry: bool = False,
    **arguments: Argument,
) -> int | None:
    """Queue `job` in `tx` through the queue that the composition root provided: see `JobQueue`."""
    queue = tx.use(JobQueue)
    return await queue.defer(tx, job, key=key, lock=lock, at=at, hurry=hurry, **arguments)


async def find_pending(
    tx: Tx, job: Job[Any], *, argument: str, values: Collection[str]
) -> set[str]:
    """Those of the values for which a job waits or runs: see `JobQueue`."""
    return await tx.use(JobQueue).find_pending(tx, job, argument=argument, values=values)
