"""Work that happens later: deferred with the caller's transaction, run by workers, never lost.

A job is declared beside the use case that it calls, deferred inside a transaction (a rollback takes
it back, a commit rings the workers), and run by whichever worker is free. A worker that dies is
noticed by the lock that dies with its connection; its jobs start again on another, with a higher
attempt. So every job must be harmless to repeat: it selects by state and fences its writes
(`UPDATE … WHERE state = expected`).
"""

from mojodex.platform.jobs.failures import (
    FailedJob,
    FailedJobNotFound,
    list_failed_jobs,
    retry_failed_job,
)
from mojodex.platform.jobs.immediate import DeferredJob, ImmediateJobs
from mojodex.platform.jobs.job import (
    Argument,
    Job,
    JobContext,
    RetryPolicy,
    WorkerDied,
    cron,
    job,
)
from mojodex.platform.jobs.purge import purge_jobs, purge_jobs_job
from mojodex.platform.jobs.queue import JobQueue, defer, find_pending
from mojodex.platform.jobs.schema import apply_schema, schema_sql
from mojodex.platform.jobs.worker import JobWorker, WorkerTiming

__all__ = [
    "Argument",
    "DeferredJob",
    "FailedJob",
    "FailedJobNotFound",
    "ImmediateJobs",
    "Job",
    "JobContext",
    "JobQueue",
    "JobWorker",
    "RetryPolicy",
    "WorkerDied",
    "WorkerTiming",
    "apply_schema",
    "cron",
    "defer",
    "find_pending",
    "job",
    "list_failed_jobs",
    "purge_jobs",
    "purge_jobs_job",
    "retry_failed_job",
    "schema_sql",
]
