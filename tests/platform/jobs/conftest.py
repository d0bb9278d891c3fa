"""A database with the sample jobs' tables and queue."""

import pytest

from mojodex.platform.db import Database
from mojodex.platform.jobs import JobQueue
from tests.platform.jobs.sample import JOBS, make_tables


@pytest.fixture
async def jobs_db(committed_db: Database) -> Database:
    await make_tables(committed_db)
    committed_db.provide(JobQueue, JobQueue(committed_db, JOBS))
    return committed_db
