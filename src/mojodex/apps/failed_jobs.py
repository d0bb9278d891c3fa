"""Jobs that finally failed, as the command line shows and retries them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

from mojodex.apps.commands import opened_database
from mojodex.kit.errors import AppError
from mojodex.kit.pagination import MAX_LIMIT, Window
from mojodex.kit.text import shorten
from mojodex.platform.db import Database
from mojodex.platform.jobs import FailedJob, list_failed_jobs, retry_failed_job
from mojodex.platform.settings import Settings

HEAD = ("id", "job", "failed at", "attempts", "error", "arguments")
#: Characters of an error in the table; `--details` prints all of it.
MAX_ERROR = 72


async def show_failed(settings: Settings, *, limit: int, has_details: bool) -> list[str]:
    """Lines about the latest failed jobs, at most `limit` of them."""
    async with opened_database(settings) as db:
        jobs = await _list(db, limit + 1)
    if not jobs:
        return ["No job has failed."]
    shown = jobs[:limit]
    lines = list(render_details(shown) if has_details else render_table(shown))
    if len(jobs) > limit:
        lines.append(f"There are more than these {limit}: see --limit.")
    return lines


async def retry_failed(
    settings: Settings, *, job_id: int | None
) -> tuple[list[str], dict[int, AppError]]:
    """Queue one failed job again, or all of them; each in a transaction of its own.

    Returns a line for each that was queued, and the errors of those that could not be.
    """
    lines = []
    errors: dict[int, AppError] = {}
    async with opened_database(settings) as db:
        for number in [job_id] if job_id is not None else await _all_ids(db):
            try:
                async with db.begin() as tx:
                    await retry_failed_job(tx, job_id=number)
                lines.append(f"{number}: queued again")
            except AppError as error:
                errors[number] = error
    return lines or ["No job was queued again."], errors


async def _all_ids(db: Database) -> list[int]:
    """Oldest first, so that they run in the order in which they failed."""
    return [job.job_id for job in await _list(db, None)][::-1]


async def _list(db: Database, limit: int | None) -> list[FailedJob]:
    found: list[FailedJob] = []
    cursor = None
    while limit is None or len(found) < limit:
        size = MAX_LIMIT if limit is None else min(MAX_LIMIT, limit - len(found))
        async with db.begin() as tx:
            page = await list_failed_jobs(tx, window=Window(limit=size, cursor=cursor))
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def render_table(jobs: Sequence[FailedJob]) -> Iterator[str]:
    """One line for each job below a head, in columns."""
    rows = [HEAD, *(_cells(job) for job in jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _cells(job: FailedJob) -> tuple[str, ...]:
    return (
        str(job.job_id),
        job.name,
        _instant(job),
        str(job.attempts),
        shorten(_summary(job), MAX_ERROR),
        render_arguments(job.arguments),
    )


def _summary(job: FailedJob) -> str:
    """The line of the error that says what happened, without the path of its class."""
    name = job.error_type.rpartition(".")[2]
    for line in reversed(job.error_text.splitlines()):
        if line.startswith(job.error_type):
            return f"{name}{line.removeprefix(job.error_type)}"
    return name


def render_details(jobs: Sequence[FailedJob]) -> Iterator[str]:
    """All that is known of each job: where it failed, and the id under which the log has it."""
    for job in jobs:
        yield f"{job.job_id}  {job.name}  {_instant(job)}  attempts: {job.attempts}"
        if job.arguments:
            yield f"  arguments: {render_arguments(job.arguments)}"
        if job.correlation_id is not None:
            yield f"  correlation id: {job.correlation_id}"
        yield from (f"  {line}" for line in job.error_text.rstrip().splitlines())
        yield ""


def render_arguments(arguments: Mapping[str, str | int | float | bool | None]) -> str:
    """`name=value`, as they are: a job's arguments are ids."""
    return " ".join(f"{name}={value}" for name, value in arguments.items())


def _instant(job: FailedJob) -> str:
    return f"{job.failed_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
