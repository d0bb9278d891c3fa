"""What people deleted is removed for good after 30 days, rows first, files after them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.domains.chat import (
    Session,
    SessionMode,
    delete_session,
    lock_session,
    open_session,
    post_message,
    purge_deleted_sessions,
    purge_sessions_job,
    restore_session,
    run_turn_job,
    save_upload,
)
from mojodex.domains.chat.service import purging
from mojodex.kit.clock import FrozenClock
from mojodex.platform.jobs import ImmediateJobs, JobContext, JobQueue
from mojodex.platform.media import Media, MemoryMedia, delete_files_job
from tests.domains.chat.conftest import KIND, Stage, new_person, person
from tests.domains.chat.speaking import count
from tests.harness.files import PICTURE

MONTH = timedelta(days=30)
MOMENT = timedelta(seconds=1)
TABLES = ("md_session", "md_message", "md_turn", "md_upload", "md_delivery")


def with_file_jobs(stage: Stage) -> None:
    stage.jobs = ImmediateJobs(stage.db, [run_turn_job, delete_files_job])
    stage.db.provide(JobQueue, stage.jobs)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)


def files(stage: Stage) -> dict[str, bytes]:
    media = stage.db.use(Media)
    assert isinstance(media, MemoryMedia)
    return media.files


async def talk(stage: Stage, *, mode: SessionMode = SessionMode.CHAT) -> Session:
    """A session with a question, an answer that nobody acknowledged, and a file."""
    stage.model.add("Yes.")
    async with stage.db.begin() as tx:
        session = await open_session(tx, stage.caller, mode=mode, platform=None)
        await post_message(
            tx,
            stage.caller,
            session_id=session.session_id,
            client_message_id="1",
            text="Is it?",
            written_at=tx.clock.now(),
            assistant_kind=KIND,
        )
    await save_upload(
        stage.db,
        stage.caller,
        session_id=session.session_id,
        new=PICTURE,
    )
    await stage.run()
    return session


async def delete(stage: Stage, session: Session) -> None:
    async with stage.db.begin() as tx:
        await delete_session(tx, stage.caller, session_id=session.session_id)


async def of_session(stage: Stage, session_id: UUID) -> dict[str, int]:
    """How many rows of each table belong to a session."""
    found = {}
    async with stage.db.begin() as tx:
        for table in TABLES:
            where = "room = 'session:' || :id AND needs_ack AND delivered_at IS NULL"
            if table != "md_delivery":
                where = "session_id = CAST(:id AS uuid)"
            query = text(f"SELECT count(*) FROM {table} WHERE {where}")
            found[table] = int(await tx.scalar(query, {"id": str(session_id)}) or 0)
    return found


async def test_all_of_a_session_goes_after_thirty_days(stage: Stage, clock: FrozenClock) -> None:
    with_file_jobs(stage)
    gone, kept = await talk(stage), await talk(stage)
    before = await of_session(stage, kept.session_id)
    assert before == dict.fromkeys(TABLES, 1) | {"md_message": 2}
    await delete(stage, gone)
    clock.advance(MONTH)
    assert await purge_deleted_sessions(stage.db) == 0
    assert await of_session(stage, gone.session_id) == before
    clock.advance(MOMENT)
    assert await purge_deleted_sessions(stage.db) == 1
    assert await of_session(stage, gone.session_id) == dict.fromkeys(TABLES, 0)
    assert await of_session(stage, kept.session_id) == before
    # The rows are gone; whoever dies now leaves a job that deletes the file.
    assert len(files(stage)) == 2
    await stage.run()
    assert [key.split("/")[2] for key in files(stage)] == [kept.session_id.hex]
    assert await purge_deleted_sessions(stage.db) == 0


async def test_a_session_that_was_restored_stays(stage: Stage, clock: FrozenClock) -> None:
    with_file_jobs(stage)
    session = await talk(stage)
    await delete(stage, session)
    clock.advance(2 * MONTH)
    async with stage.db.begin() as tx:
        await lock_session(tx, session_id=session.session_id)
        await restore_session(tx, session_id=session.session_id)
    assert await purge_deleted_sessions(stage.db) == 0
    assert (await of_session(stage, session.session_id))["md_message"] == 2


async def test_many_sessions_go_in_batches(stage: Stage, clock: FrozenClock) -> None:
    with_file_jobs(stage)
    for _ in range(5):
        await delete(stage, await talk(stage))
    clock.advance(2 * MONTH)
    job = JobContext(db=stage.db, job_id=1, attempt=1, worker_id="1")
    await purge_sessions_job(job)
    assert await count(stage, "SELECT count(*) FROM md_session WHERE deleted_at IS NOT NULL") == 0
    await stage.run()
    assert files(stage) == {}
    await purge_sessions_job(job)


async def test_a_batch_that_fails_changes_nothing_and_is_repeated(
    stage: Stage, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_file_jobs(stage)
    session = await talk(stage)
    await delete(stage, session)
    clock.advance(2 * MONTH)

    async def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(purging, "defer", fail)
        with pytest.raises(ZeroDivisionError):
            await purge_deleted_sessions(stage.db)
    assert (await of_session(stage, session.session_id))["md_upload"] == 1
    assert await purge_deleted_sessions(stage.db) == 1


async def test_two_purges_side_by_side_do_it_once(
    committed_stage: Stage, clock: FrozenClock
) -> None:
    stage = committed_stage
    with_file_jobs(stage)
    for _ in range(5):
        await delete(stage, await talk(stage))
    bob = person(await new_person(stage.db, "bob@example.com"))
    async with stage.db.begin() as tx:
        await open_session(tx, bob, mode=SessionMode.CHAT, platform=None)
    clock.advance(2 * MONTH)
    removed = await asyncio.gather(*(purge_deleted_sessions(stage.db) for _ in range(3)))
    assert sum(removed) == 5
    # Ada's first session and Bob's were never deleted.
    assert await count(stage, "SELECT count(*) FROM md_session") == 2
    assert len(stage.jobs.waiting) == 5
    await stage.run()
    assert files(stage) == {}
