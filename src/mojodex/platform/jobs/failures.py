"""Jobs that finally failed: listing them and giving them another chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, select, text, tuple_

from mojodex.kit.errors import AppError, ErrorKind
from mojodex.kit.pagination import (
    InvalidCursor,
    Page,
    Window,
    cut_page,
    decode_cursor,
    encode_cursor,
)
from mojodex.platform.db import Tx
from mojodex.platform.jobs.queue import BELL_CHANNEL, JobQueue
from mojodex.platform.jobs.tables import JobFailureRow


class FailedJobNotFound(AppError):
    """No failed job has this number; perhaps it was retried already."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "failed_job_not_found"


@dataclass(frozen=True, kw_only=True)
class FailedJob:
    """A job that waits for a person: to look, and to retry it or not."""

    job_id: int
    name: str
    arguments: Mapping[str, str | int | float | bool | None]
    attempts: int
    error_type: str
    error_text: str
    correlation_id: str | None
    failed_at: datetime


async def list_failed_jobs(tx: Tx, *, window: Window) -> Page[FailedJob]:
    """Failed jobs, the latest first. Raises `InvalidCursor`."""
    query = select(JobFailureRow).order_by(
        JobFailureRow.failed_at.desc(), JobFailureRow.job_id.desc()
    )
    if window.cursor is not None:
        at, job_id = decode_cursor(window.cursor, str, int)
        place = tuple_(JobFailureRow.failed_at, JobFailureRow.job_id)
        query = query.where(place < tuple_(_instant(str(at)), job_id))
    rows = await tx.scalars(query.offset(window.offset).limit(window.limit + 1))
    return cut_page(
        [_view(row) for row in rows],
        window.limit,
        lambda job: encode_cursor(job.failed_at.isoformat(), job.job_id),
    )


def _instant(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidCursor() from error


def _view(row: JobFailureRow) -> FailedJob:
    return FailedJob(
        job_id=row.job_id,
        name=row.job_name,
        arguments=row.arguments,
        attempts=row.attempts,
        error_type=row.error_type,
        error_text=row.error_text,
        correlation_id=row.correlation_id,
        failed_at=row.failed_at,
    )


async def retry_failed_job(tx: Tx, *, job_id: int) -> None:
    """Queue a failed job again, as if it were new, after its owner has made ready for it.

    Raises `FailedJobNotFound`, and what the job's `on_retry` hook raises.
    """
    # Its key is dropped: another job with that key may wait, and both shall run.
    revived = (
        await tx.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL,"
                " worker_id = NULL, queueing_lock = NULL"
                " WHERE id = :job_id AND status = 'failed' RETURNING task_name, args"
            ),
            {"job_id": job_id},
        )
    ).one_or_none()
    if revived is None:
        raise FailedJobNotFound(job_id=job_id)
    await tx.execute(delete(JobFailureRow).where(JobFailureRow.job_id == job_id))
    job = tx.use(JobQueue).jobs.get(revived.task_name)
    if job is not None and job.retry_hook is not None:
        await job.retry_hook(tx, **job.own_arguments(revived.args))
    payload = f'{{"type": "job_inserted", "job_id": {job_id}}}'
    ring = text("SELECT pg_notify(:channel, :payload)")
    await tx.execute(ring, {"channel": BELL_CHANNEL, "payload": payload})
