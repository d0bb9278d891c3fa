"""Deleted executions can be restored for 30 days; then they go with all that hangs on them."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from mojodex.domains.chat import SessionDeleted, delete_session, run_turn_job
from mojodex.domains.executions import (
    Execution,
    ExecutionNotFound,
    ExecutionState,
    delete_execution,
    follow_session,
    purge_deleted_executions,
    purge_executions_job,
    restore_execution,
    write_title_job,
)
from mojodex.domains.executions.service import purging
from mojodex.kit.clock import FrozenClock
from mojodex.platform.events import EventBus
from mojodex.platform.jobs import ImmediateJobs, JobContext, JobQueue
from mojodex.platform.media import delete_files_job
from tests.domains.executions.conftest import Desk

MONTH = timedelta(days=30)
MOMENT = timedelta(seconds=1)
#: Rows of each table that belong to one execution, by a condition on its number and session.
OWNED = {
    "md_user_task_execution": "user_task_execution_pk = :number",
    "md_produced_text": "user_task_execution_fk = :number",
    "md_produced_text_version": "produced_text_fk IN (SELECT produced_text_pk FROM "
    "md_produced_text WHERE user_task_execution_fk = :number)",
    "md_session": "session_id = :session",
    "md_message": "session_id = :session AND subject_id = CAST(:number AS text)",
    "md_turn": "session_id = :session AND subject_id = CAST(:number AS text)",
}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)


def prepare(desk: Desk) -> Desk:
    """File jobs are known, and executions hear of deleted sessions."""
    desk.jobs = ImmediateJobs(desk.db, [run_turn_job, write_title_job, delete_files_job])
    desk.db.provide(JobQueue, desk.jobs)
    desk.db.use(EventBus).subscribe(SessionDeleted, follow_session)
    return desk


async def owned(desk: Desk, execution: Execution) -> dict[str, int]:
    values = {"number": execution.execution_id, "session": execution.session_id}
    async with desk.db.begin() as tx:
        return {
            table: int(
                await tx.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"), values) or 0
            )
            for table, where in OWNED.items()
        }


NOTHING = dict.fromkeys(OWNED, 0)


async def delete(desk: Desk, execution: Execution) -> None:
    async with desk.db.begin() as tx:
        await delete_execution(tx, desk.caller, execution_id=execution.execution_id)


async def restore(desk: Desk, execution: Execution) -> Execution:
    async with desk.db.begin() as tx:
        return await restore_execution(tx, desk.caller, execution_id=execution.execution_id)


async def test_all_of_an_execution_goes_after_thirty_days(desk: Desk, clock: FrozenClock) -> None:
    prepare(desk)
    gone, kept = await desk.done(), await desk.done()
    assert await owned(desk, gone) == dict.fromkeys(OWNED, 1)
    await delete(desk, gone)
    clock.advance(MONTH)
    assert await purge_deleted_executions(desk.db) == 0
    assert (await restore(desk, gone)).text is not None
    await delete(desk, gone)
    clock.advance(MONTH + MOMENT)
    assert await purge_deleted_executions(desk.db) == 1
    assert await owned(desk, gone) == NOTHING
    assert await owned(desk, kept) == dict.fromkeys(OWNED, 1)
    assert [one.arguments["prefix"] for one in desk.jobs.waiting] == [
        f"users/{desk.user.user_id.hex}/{gone.session_id.hex}"
    ]
    with pytest.raises(ExecutionNotFound):
        await restore(desk, gone)


async def test_what_was_made_from_it_stays(desk: Desk, clock: FrozenClock) -> None:
    prepare(desk)
    origin = await desk.done()
    made = await desk.create(origin_execution_id=origin.execution_id)
    await delete(desk, origin)
    clock.advance(2 * MONTH)
    await purge_deleted_executions(desk.db)
    assert (await desk.read(made)).origin_execution_id is None
    # What was consumed stays consumed.
    assert (await desk.runs())[1] == 1


async def test_a_session_goes_with_the_last_of_its_executions(
    desk: Desk, clock: FrozenClock
) -> None:
    prepare(desk)
    first, second = await desk.done(), await desk.done()
    await share_session(desk, first, second)
    await delete(desk, first)
    clock.advance(2 * MONTH)
    assert await purge_deleted_executions(desk.db) == 1
    left = await owned(desk, first)
    assert left == NOTHING | {"md_session": 1}
    assert (await desk.read(second)).n_versions == 1
    await delete(desk, second)
    clock.advance(2 * MONTH)
    assert await purge_deleted_executions(desk.db) == 1
    assert await owned(desk, first) == NOTHING


async def share_session(desk: Desk, first: Execution, second: Execution) -> None:
    """Both in the first one's session, as executions are that begin in a conversation."""
    async with desk.db.begin() as tx:
        for table in ("md_user_task_execution", "md_produced_text", "md_message", "md_turn"):
            await tx.execute(
                text(f"UPDATE {table} SET session_id = :first WHERE session_id = :second"),
                {"first": first.session_id, "second": second.session_id},
            )


async def test_a_chat_outlives_the_executions_that_began_in_it(
    desk: Desk, clock: FrozenClock
) -> None:
    prepare(desk)
    execution = await desk.done()
    async with desk.db.begin() as tx:
        await tx.execute(
            text("UPDATE md_session SET starting_mode = 'chat' WHERE session_id = :id"),
            {"id": execution.session_id},
        )
    await delete(desk, execution)
    clock.advance(2 * MONTH)
    assert await purge_deleted_executions(desk.db) == 1
    assert await owned(desk, execution) == NOTHING | {"md_session": 1}
    assert desk.jobs.waiting == []


async def test_a_session_is_deleted_and_restored_with_its_executions(
    desk: Desk, clock: FrozenClock
) -> None:
    prepare(desk)
    execution = await desk.create()
    await desk.submit(execution)
    assert await desk.runs() == (1, 0)
    async with desk.db.begin() as tx:
        await delete_session(tx, desk.caller, session_id=execution.session_id)
    with pytest.raises(ExecutionNotFound):
        await desk.read(execution)
    assert await desk.runs() == (0, 0)
    assert (await restore(desk, execution)).state is ExecutionState.STOPPED
    desk.script()
    desk.model.add("Who reads it?", label="instruct_run")
    await desk.say(execution, "Go on")
    await desk.run()
    assert (await desk.read(execution)).state is ExecutionState.ASKING


async def test_many_go_in_batches_and_once(committed_desk: Desk, clock: FrozenClock) -> None:
    desk = prepare(committed_desk)
    async with desk.db.begin() as tx:
        await tx.execute(text("UPDATE md_product SET n_tasks_limit = NULL"))
    executions = [await desk.create() for _ in range(5)]
    for execution in executions:
        await delete(desk, execution)
    clock.advance(2 * MONTH)
    removed = await asyncio.gather(*(purge_deleted_executions(desk.db) for _ in range(3)))
    assert sum(removed) == 5
    assert [await owned(desk, one) for one in executions] == [NOTHING] * 5
    assert len(desk.jobs.waiting) == 5
    await purge_executions_job(JobContext(db=desk.db, job_id=1, attempt=1, worker_id="1"))


async def test_texts_that_were_deleted_alone_go_too(desk: Desk, clock: FrozenClock) -> None:
    prepare(desk)
    execution = await desk.done()
    async with desk.db.begin() as tx:
        await tx.execute(
            text("UPDATE md_produced_text SET deleted_at = :now"), {"now": clock.now()}
        )
    clock.advance(2 * MONTH)
    assert await purge_deleted_executions(desk.db) == 1
    left = await owned(desk, execution)
    assert (left["md_produced_text"], left["md_user_task_execution"]) == (0, 1)
