"""A worker alone in its process: `python -m tests.platform.jobs.process URL`."""

import asyncio
import sys

from mojodex.platform.db import Database
from mojodex.platform.jobs import JobQueue, JobWorker
from tests.platform.jobs.sample import JOBS, QUICK


async def main(url: str) -> None:
    db = Database(url)
    queue = JobQueue(db, JOBS)
    db.provide(JobQueue, queue)
    await JobWorker(db, queue, concurrency=10, timing=QUICK).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
