"""The double of the queue: it keeps jobs in memory and runs them when told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from mojodex.platform.db import Database, Tx
from mojodex.platform.jobs.job import Argument, Job, JobContext
from mojodex.platform.jobs.queue import JobQueue

MAX_RUNS = 1_000


@dataclass(frozen=True, kw_only=True)
class DeferredJob:
    """A job that waits in the double."""

    job_id: int
    job: Job[Any]
    arguments: dict[str, Argument]
    key: str | None
    lock: str | None
    at: datetime | None


class ImmediateJobs(JobQueue):
    """Stands in for `JobQueue` in tests: `db.provide(JobQueue, jobs)`, then `await run_all(db)`.

    Like the real one it queues only what was committed. Errors reach the test: no retries.
    """

    def __init__(self, db: Database, jobs: Iterable[Job[Any]]) -> None:
        super().__init__(db, jobs)
        self.waiting: list[DeferredJob] = []
        self._numbers = 0

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
        self.check(job, arguments)
        uncommitted: list[DeferredJob] = tx.info.setdefault("deferred_jobs", [])
        if key is not None and any(one.key == key for one in (*self.waiting, *uncommitted)):
            if hurry:
                self.waiting = [
                    replace(one, at=None) if one.key == key else one for one in self.waiting
                ]
            return None
        if not uncommitted:
            self._follow(tx, uncommitted)
        self._numbers += 1
        uncommitted.append(
            DeferredJob(
                job_id=self._numbers, job=job, arguments=arguments, key=key, lock=lock, at=at
            )
        )
        return self._numbers

    async def find_pending(
        self, tx: Tx, job: Job[Any], *, argument: str, values: Collection[str]
    ) -> set[str]:
        named = [one for one in self.waiting if one.job is job]
        return {str(one.arguments[argument]) for one in named} & set(values)

    def _follow(self, tx: Tx, uncommitted: list[DeferredJob]) -> None:
        def keep(session: Session) -> None:
            if not session.in_nested_transaction():
                self.waiting.extend(uncommitted)
                uncommitted.clear()

        event.listen(tx.sync_session, "after_commit", keep)

    async def run_all(self, db: Database) -> int:
        """Run what waits and is due, and what that defers, one after another. Returns how many."""
        done = 0
        while (due := self._take_due(db)) is not None:
            done += 1
            if done > MAX_RUNS:
                raise RuntimeError(f"{due.job.name} and others defer each other without end")
            context = JobContext(db=db, job_id=due.job_id, attempt=1, worker_id="immediate")
            await due.job(context, **due.arguments)
        return done

    def _take_due(self, db: Database) -> DeferredJob | None:
        now = db.clock.now()
        for position, one in enumerate(self.waiting):
            if one.at is None or one.at <= now:
                return self.waiting.pop(position)
        return None
