"""Every job of the product does its work once, however often it is run.

A worker may die after the effect of a job and before its end is noted: then another one runs it
again. Each job has a row here: what there is to do, and with which arguments. The first run must
change something, the second nothing: no row, no file, no further job, no call of a model.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mojodex.apps.wiring import all_jobs
from mojodex.domains import chat, executions, identity, purchases
from mojodex.domains.chat import Platform, Upload
from mojodex.domains.executions import Execution
from mojodex.domains.identity import Caller, CallerKind, User, secret_caller
from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Base, Database
from mojodex.platform.jobs import Argument, Job, JobContext, purge_jobs_job
from mojodex.platform.media import delete_file_job, delete_files_job
from tests.harness.doubles import Doubles, provide_doubles
from tests.harness.files import PICTURE

OFFICE = secret_caller("backoffice")
FORM = {"meeting_informations": "They came, we talked about the price, and they accept it."}
LONG_AGO = timedelta(days=100)
Arguments = dict[str, Argument]


@dataclass
class Plant:
    """A person who may run the example tasks, and what waits to be done."""

    db: Database
    clock: FrozenClock
    doubles: Doubles
    user: User

    @property
    def caller(self) -> Caller:
        return Caller(kind=CallerKind.USER, user_id=self.user.user_id)

    async def start(self) -> Execution:
        """A run whose answer and title wait."""
        async with self.db.begin() as tx:
            made = await executions.create_execution(
                tx, self.caller, task_id=1, platform=Platform.WEBAPP
            )
            return await executions.run_by_form(
                tx, self.caller, execution_id=made.execution_id, values=FORM
            )

    async def finish(self) -> Execution:
        execution = await self.start()
        await self.doubles.jobs.run_all(self.db)
        return execution

    def take(self, job: Job[Any]) -> Arguments:
        """The arguments of the job that waits; all that waits is taken away."""
        (found,) = [one for one in self.doubles.jobs.waiting if one.job is job]
        self.doubles.jobs.waiting.clear()
        return found.arguments

    async def execute(self, statement: str, **values: object) -> None:
        async with self.db.begin() as tx:
            await tx.execute(text(statement), values)

    async def contents(self) -> dict[str, list[str]]:
        """Everything that a job could change."""
        found = {"jobs": [repr(one) for one in self.doubles.jobs.waiting]}
        found["files"] = sorted(self.doubles.media.files)
        found["calls"] = [repr(call) for call in self.doubles.meter.records]
        async with self.db.begin() as tx:
            for table in (*sorted(Base.metadata.tables), "procrastinate_jobs"):
                rows = await tx.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1"))
                found[table] = list(rows)
        return found


@pytest.fixture
async def plant(db: Database, clock: FrozenClock) -> Plant:
    doubles = provide_doubles(db)
    user = await identity.create_user(
        db, OFFICE, email="ada@example.org", name="Ada", password=None, accept_terms=True
    )
    async with db.begin() as tx:
        product_id = await purchases.ensure_examples(tx)
        await purchases.grant_product(tx, OFFICE, user_id=user.user_id, product_id=product_id)
    return Plant(db, clock, doubles, user)


async def an_answer_waits(plant: Plant) -> Arguments:
    await plant.start()
    return plant.take(chat.run_turn_job)


async def a_title_waits(plant: Plant) -> Arguments:
    await plant.start()
    return plant.take(executions.write_title_job)


async def a_turn_lost_its_job(plant: Plant) -> Arguments:
    await plant.start()
    plant.doubles.jobs.waiting.clear()
    return {}


async def a_session_is_long_deleted(plant: Plant) -> Arguments:
    execution = await plant.finish()
    async with plant.db.begin() as tx:
        await chat.delete_session(tx, plant.caller, session_id=execution.session_id)
    plant.clock.advance(LONG_AGO)
    return {}


async def an_execution_is_long_deleted(plant: Plant) -> Arguments:
    execution = await plant.finish()
    async with plant.db.begin() as tx:
        await executions.delete_execution(tx, plant.caller, execution_id=execution.execution_id)
    plant.clock.advance(LONG_AGO)
    return {}


async def an_execution_came_without_words(plant: Plant) -> Arguments:
    await plant.finish()
    await plant.execute("UPDATE md_user_task_execution SET search_words = NULL")
    return {}


async def a_person_was_removed(plant: Plant) -> Arguments:
    await plant.finish()
    async with plant.db.begin() as tx:
        await identity.delete_user(tx, OFFICE, user_id=plant.user.user_id)
    return plant.take(identity.erase_user_job)


async def a_login_ended_long_ago(plant: Plant) -> Arguments:
    await plant.execute(
        "INSERT INTO md_login (login_id, user_id, token_hash, client, created_at, expires_at)"
        " VALUES (gen_random_uuid(), :user_id, :token_hash, 'tests', :then, :then)",
        user_id=plant.user.user_id,
        token_hash=b"h" * 32,
        then=plant.clock.now() - LONG_AGO,
    )
    return {}


async def files_have_lost_their_rows(plant: Plant) -> Arguments:
    await plant.doubles.media.save("users/gone", b"png", suffix=".png", max_bytes=3)
    return {"prefix": "users/gone"}


async def give_file(plant: Plant) -> Upload:
    async with plant.db.begin() as tx:
        execution = await executions.create_execution(
            tx, plant.caller, task_id=1, platform=Platform.WEBAPP
        )
    return await chat.save_upload(
        plant.db, plant.caller, session_id=execution.session_id, new=PICTURE
    )


async def a_file_was_never_used(plant: Plant) -> Arguments:
    await give_file(plant)
    plant.clock.advance(LONG_AGO)
    return {}


async def a_file_was_taken_back(plant: Plant) -> Arguments:
    upload = await give_file(plant)
    async with plant.db.begin() as tx:
        await chat.remove_upload(tx, plant.caller, upload_id=upload.upload_id)
    return plant.take(delete_file_job)


async def a_job_failed_long_ago(plant: Plant) -> Arguments:
    await plant.execute(
        "INSERT INTO md_job_failure (job_id, job_name, arguments, attempts, error_type, error_text,"
        " failed_at) VALUES (1, 'a.b', '{}', 1, 'E', 'e', :then)",
        then=plant.clock.now() - LONG_AGO,
    )
    return {}


ROWS: dict[str, Callable[[Plant], Awaitable[Arguments]]] = {
    chat.run_turn_job.name: an_answer_waits,
    chat.rescue_turns_job.name: a_turn_lost_its_job,
    chat.purge_sessions_job.name: a_session_is_long_deleted,
    chat.purge_uploads_job.name: a_file_was_never_used,
    executions.write_title_job.name: a_title_waits,
    executions.purge_executions_job.name: an_execution_is_long_deleted,
    executions.index_executions_job.name: an_execution_came_without_words,
    identity.erase_user_job.name: a_person_was_removed,
    identity.purge_logins_job.name: a_login_ended_long_ago,
    delete_files_job.name: files_have_lost_their_rows,
    delete_file_job.name: a_file_was_taken_back,
    purge_jobs_job.name: a_job_failed_long_ago,
}
JOBS = {job.name: job for job in all_jobs()}


@pytest.mark.parametrize("name", sorted({*JOBS, *ROWS}))
async def test_a_job_that_is_run_twice_has_one_effect(plant: Plant, name: str) -> None:
    arguments = await ROWS[name](plant)
    seen = [await plant.contents()]
    for attempt in (1, 2):
        ctx = JobContext(db=plant.db, job_id=7, attempt=attempt, worker_id="w")
        await JOBS[name](ctx, **arguments)
        seen.append(await plant.contents())
    before, once, twice = seen
    assert once != before, "there was nothing to do"
    assert twice == once
