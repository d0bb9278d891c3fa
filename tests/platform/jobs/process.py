"""A worker alone in its process: `python -m tests.platform.jobs.process URL [scheduled]`.

With `scheduled` it also runs the jobs that have a schedule.
"""

import asyncio
import sys

from mojodex.platform.db import Database
from mojodex.platform.jobs import JobQueue, JobWorker
from tests.platform.jobs.sample import JOBS, QUICK, minute_job, tick_job


async def main(url: str, *, is_scheduled: bool) -> None:
    db = Database(url)
    queue = JobQueue(db, (*JOBS, tick_job, minute_job) if is_scheduled else JOBS)
    db.provide(JobQueue, queue)
    await JobWorker(db, queue, concurrency=10, timing=QUICK).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], is_scheduled="scheduled" in sys.argv[2:]))
