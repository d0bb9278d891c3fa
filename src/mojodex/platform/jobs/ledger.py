"""The queue's rows, with what a worker may do to them fenced by its own number."""

import asyncio
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import structlog
from procrastinate import PsycopgConnector, utils
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from typing_extensions import override

from mojodex.kit.clock import Clock
from mojodex.kit.text import clean
from mojodex.platform.jobs import metrics
from mojodex.platform.jobs.lease import LOCK_CLASS, Lease
from mojodex.platform.jobs.queue import CORRELATION

log = structlog.stdlib.get_logger(__name__)

MAX_ERROR_TEXT = 8_000
#: Tries of writing a job's end, a tenth of a second apart, before the worker gives itself up.
SETTLE_TRIES = 5
SETTLE_PAUSE_SECONDS = 0.1

_FINISH: LiteralString = """
WITH mine AS (
  SELECT id FROM procrastinate_jobs
  WHERE id = %(job_id)s AND worker_id = %(worker_id)s AND status = 'doing' FOR UPDATE)
SELECT id, procrastinate_finish_job_v1(id, %(status)s::procrastinate_job_status, %(gone)s)
FROM mine"""
_FAIL: LiteralString = """
WITH mine AS (
  SELECT id FROM procrastinate_jobs
  WHERE id = %(job_id)s AND worker_id = %(worker_id)s AND status = 'doing' FOR UPDATE
), failure AS (
  INSERT INTO md_job_failure (job_id, job_name, arguments, attempts, error_type, error_text,
                              correlation_id, failed_at)
  SELECT id, %(job_name)s, %(arguments)s, %(attempts)s, %(error_type)s, %(error_text)s,
         %(correlation_id)s, %(failed_at)s FROM mine
  ON CONFLICT (job_id) DO UPDATE SET attempts = EXCLUDED.attempts, failed_at = EXCLUDED.failed_at,
    error_type = EXCLUDED.error_type, error_text = EXCLUDED.error_text)
SELECT id, procrastinate_finish_job_v1(id, 'failed', false) FROM mine"""
# Not the queue's own retry: that rings no bell, so that a job that is due now waits for the next
# poll, and it fails when another job with the same key was queued since this one began. Then the
# key stays with the other.
_RETRY: LiteralString = """
WITH returned AS (
  UPDATE procrastinate_jobs job
  SET status = 'todo', attempts = attempts + 1, scheduled_at = %(retry_at)s, worker_id = NULL,
      abort_requested = false, queueing_lock = CASE WHEN EXISTS (
        SELECT 1 FROM procrastinate_jobs other
        WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo')
        THEN NULL ELSE queueing_lock END
  WHERE id = %(job_id)s AND worker_id = %(worker_id)s AND status = 'doing'
  RETURNING id)
SELECT id,
  pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": ' || id || '}')
FROM returned"""
# `worker_id` is repeated in the outer condition: between the two, somebody else may have taken the
# job over and started it. Of several jobs with the same key one keeps it, as above.
_TAKE_OVER: LiteralString = """
WITH stalled AS (
  SELECT id, worker_id, row_number() OVER (PARTITION BY queueing_lock ORDER BY id DESC) AS place
  FROM procrastinate_jobs
  WHERE status = 'doing' AND (worker_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid::bigint = %(lock_class)s AND l.objid::bigint = mod(worker_id, 2147483648)))
), returned AS (
  UPDATE procrastinate_jobs job
  SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL, worker_id = NULL,
      abort_requested = false, queueing_lock = CASE WHEN stalled.place > 1 OR EXISTS (
        SELECT 1 FROM procrastinate_jobs other
        WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo')
        THEN NULL ELSE queueing_lock END
  FROM stalled
  WHERE job.id = stalled.id AND job.status = 'doing'
    AND job.worker_id IS NOT DISTINCT FROM stalled.worker_id
  RETURNING job.id, job.task_name, job.attempts, stalled.worker_id)
SELECT id, task_name, attempts, worker_id,
  pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": ' || id || '}')
FROM returned"""


class Bell(asyncio.Event):
    """Rings a worker. A ring that falls into a running fetch is kept for the next one.

    The queue's worker clears its event after each fetch; a job that was committed between the
    fetch's snapshot and that clearing would wait for the next poll.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rung_during_fetch = False

    def fetch_begins(self) -> None:
        self._rung_during_fetch = False

    def set(self) -> None:
        self._rung_during_fetch = True
        super().set()

    def clear(self) -> None:
        if not self._rung_during_fetch:
            super().clear()


@dataclass(frozen=True)
class Failure:
    """Why a job finally failed."""

    error_type: str
    error_text: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        lines = "".join(traceback.format_exception(error))
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        return cls(name.removeprefix("builtins."), clean(lines[-MAX_ERROR_TEXT:]))


class Ledger(JobManager):
    """The queue as one worker sees it.

    The end of a job is written only while the row still belongs to this worker: one that was
    paused, taken over and woken up changes nothing.
    """

    def __init__(
        self,
        connector: PsycopgConnector,
        *,
        lease: Lease,
        clock: Clock,
        give_up: Callable[[], None],
    ) -> None:
        super().__init__(connector)
        self.bell = Bell()
        self.failures: dict[int, Failure] = {}
        self._lease = lease
        self._clock = clock
        self._give_up = give_up

    async def register_worker(self) -> int:
        """A number for this worker, under its lock; takes over what dead ones left behind."""
        worker_id = await super().register_worker()
        await self._lease.take(worker_id)
        await self.take_over()
        return worker_id

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> QueuedJob | None:
        self.bell.fetch_begins()
        return await super().fetch_job(queues, worker_id)

    @override
    async def finish_job(self, job: QueuedJob, status: Status, delete_job: bool) -> None:
        if status is Status.FAILED:
            await self._settle(job, _FAIL, self._describe_failure(job))
        else:
            await self._settle(job, _FINISH, {"status": status.value, "gone": delete_job})

    async def retry_job(
        self,
        job: QueuedJob,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        del priority, queue, lock  # a retried job keeps its own
        now = utils.utcnow()
        await self._settle(job, _RETRY, {"retry_at": retry_at or now})
        if retry_at is not None and retry_at > now:
            wait = (retry_at - now).total_seconds()
            asyncio.get_running_loop().call_later(wait + 0.01, self.bell.set)

    async def update_heartbeat(self, worker_id: int) -> None:
        rows = await self.connector.execute_query_all_async(
            "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(id)s"
            " RETURNING id",
            id=worker_id,
        )
        if not rows:
            log.warning("a worker was declared dead and stops", worker_id=worker_id)
            self._give_up()

    async def take_over(self) -> int:
        """Return the jobs of dead workers to the queue. Returns how many."""
        rows = await self.connector.execute_query_all_async(_TAKE_OVER, lock_class=LOCK_CLASS)
        for row in rows:
            metrics.TAKEN_OVER.labels(row["task_name"]).inc()
            log.warning(
                "a job was taken over from a dead worker",
                job=row["task_name"],
                job_id=row["id"],
                attempt=row["attempts"] + 1,
                worker_id=row["worker_id"],
            )
        return len(rows)

    async def _settle(self, job: QueuedJob, query: LiteralString, values: dict[str, Any]) -> None:
        """Write a job's end. If that cannot be done, the worker stops, so that others take over."""
        for _ in range(SETTLE_TRIES):
            try:
                rows = await self.connector.execute_query_all_async(
                    query, job_id=job.id, worker_id=job.worker_id, **values
                )
            except ConnectorException as error:
                log.warning("the end of a job could not be written", error=str(error.__cause__))
                await asyncio.sleep(SETTLE_PAUSE_SECONDS)
                continue
            if not rows:
                metrics.ENDED.labels(job.task_name, "fenced").inc()
                log.warning("a job had been taken over", job=job.task_name, job_id=job.id)
            return
        self._give_up()

    def _describe_failure(self, job: QueuedJob) -> dict[str, Any]:
        unknown = Failure("TaskNotFound", "This process knows no job of this name.")
        failure = self.failures.pop(job.id or 0, unknown)
        arguments = {key: value for key, value in job.task_kwargs.items() if key != CORRELATION}
        return {
            "job_name": job.task_name,
            "arguments": arguments,
            "attempts": job.attempts + 1,
            "error_type": failure.error_type,
            "error_text": failure.error_text,
            "correlation_id": job.task_kwargs.get(CORRELATION),
            "failed_at": self._clock.now(),
        }
