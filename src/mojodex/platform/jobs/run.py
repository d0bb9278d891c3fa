"""One start of one job: context, logging, metrics, and the decision about another try."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate import JobContext as QueueContext
from procrastinate.jobs import Job as QueuedJob

from mojodex.platform.db import Database, Share, taking
from mojodex.platform.jobs import metrics
from mojodex.platform.jobs.job import MAX_STARTS, Argument, Job, JobContext, WorkerDied
from mojodex.platform.jobs.ledger import Failure, Ledger
from mojodex.platform.jobs.queue import CORRELATION

log = structlog.stdlib.get_logger(__name__)

#: The name under which the queue hands a scheduled job its tick, in seconds since 1970.
TICK = "timestamp"


class ByErrorType(BaseRetryStrategy):
    """Our retry policy in the queue's terms. A cancelled job goes back to the queue at once."""

    def __init__(self, job: Job[Any]) -> None:
        self._job = job

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        delay = self._job.retry.delay_after(exception, job.attempts + 1)
        if delay is None:
            return None
        return RetryDecision(retry_in={"milliseconds": int(delay.total_seconds() * 1000)})


@dataclass(frozen=True)
class JobRunner:
    """Turns our jobs into the queue's tasks."""

    db: Database
    ledger: Ledger

    def register(self, app: App, job: Job[Any]) -> None:
        """Make `job` known to the queue's worker, with its schedule."""
        task = app.task(
            name=job.name,
            queue=job.queue,
            priority=job.priority,
            retry=ByErrorType(job),
            pass_context=True,
        )(self._task_of(job))
        if job.schedule is not None:
            app.periodic_registry.register_task(
                task=task, cron=job.schedule, periodic_id="", configure_kwargs={}
            )

    def _task_of(self, job: Job[Any]) -> Callable[..., Coroutine[Any, Any, None]]:
        async def run(context: QueueContext, **raw: Argument) -> None:
            correlation_id = raw.pop(CORRELATION, None)
            tick = raw.pop(TICK, None) if job.schedule is not None else None
            ctx = JobContext(
                db=self.db,
                job_id=context.job.id or 0,
                attempt=context.job.attempts + 1,
                worker_id=str(context.job.worker_id),
                tick=datetime.fromtimestamp(float(tick), UTC) if tick is not None else None,
            )
            bound = {"job": job.name, "job_id": ctx.job_id, "attempt": ctx.attempt}
            if correlation_id is not None:
                bound["correlation_id"] = correlation_id
            with structlog.contextvars.bound_contextvars(**bound), taking(Share.JOBS):
                await self._run(job, ctx, raw)

        return run

    async def _run(self, job: Job[Any], ctx: JobContext, arguments: dict[str, Argument]) -> None:
        started = time.perf_counter()
        try:
            if ctx.attempt > MAX_STARTS:
                raise WorkerDied(f"{job.name} was started {MAX_STARTS} times")
            await job.function(ctx, **arguments)
        except asyncio.CancelledError:
            metrics.ENDED.labels(job.name, "returned").inc()
            log.info("a job goes back to the queue")
            raise
        except Exception as error:
            await self._fail(job, ctx, arguments, error)
            raise
        seconds = time.perf_counter() - started
        metrics.SECONDS.labels(job.name).observe(seconds)
        metrics.ENDED.labels(job.name, "succeeded").inc()
        log.debug("a job ended", seconds=round(seconds, 3))

    async def _fail(
        self, job: Job[Any], ctx: JobContext, arguments: dict[str, Argument], error: Exception
    ) -> None:
        delay = job.retry.delay_after(error, ctx.attempt)
        if delay is not None:
            metrics.ENDED.labels(job.name, "retried").inc()
            log.warning(
                "a job will be tried again", error=repr(error), seconds=delay.total_seconds()
            )
            return
        metrics.ENDED.labels(job.name, "failed").inc()
        log.error("a job finally failed", exc_info=error)
        self.ledger.failures[ctx.job_id] = Failure.of(error)
        if job.failure_hook is None:
            return
        try:
            await job.failure_hook(ctx, error, **arguments)
        except Exception:  # the edge: the failure that it reports must be kept all the same
            log.exception("the failure hook of a job failed")
