"""The slice with the demo model and the real worker: what a newcomer sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text

from mojodex.domains.chat import run_turn_job
from mojodex.domains.executions import Execution, ExecutionState, write_title_job
from mojodex.domains.identity import set_language
from mojodex.platform.db import DatabaseUnavailable
from mojodex.platform.jobs import JobQueue, JobWorker, WorkerTiming
from mojodex.platform.llm import DemoModel, MemoryMeter, ModelGateway
from tests.domains.executions.conftest import Desk


@asynccontextmanager
async def working(desk: Desk, *, pace: float = 0.0) -> AsyncIterator[None]:
    """The real queue and worker, and the demo model."""
    queue = JobQueue(desk.db, [run_turn_job, write_title_job])
    desk.db.provide(JobQueue, queue)
    desk.db.provide(ModelGateway, ModelGateway([DemoModel(pace=pace)], MemoryMeter()))
    stop = asyncio.Event()
    worker = JobWorker(
        desk.db, queue, concurrency=10, timing=WorkerTiming(poll=0.2, take_over=0.2, grace=0.2)
    )
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def settle(desk: Desk, execution: Execution, *states: ExecutionState) -> Execution:
    """Wait until the execution is in one of the states and has its name and summary."""
    async with asyncio.timeout(20):
        while True:
            with suppress(DatabaseUnavailable):
                read = await desk.read(execution)
                if read.state in states and read.summary:
                    return read
            await asyncio.sleep(0.02)


NOTES = (
    "Ada and Bo met on Monday about the boat that cleans the harbour. They start in May, Bo books"
    " the room and Ada calls the mayor."
)


async def test_a_question_and_a_text(committed_desk: Desk) -> None:
    desk = committed_desk
    async with working(desk):
        execution = await desk.create()
        await desk.submit(execution, {"notes": "the boat"})
        asking = await settle(desk, execution, ExecutionState.ASKING)
        assert asking.question is not None
        assert asking.question.endswith("?")
        await desk.say(execution, NOTES)
        done = await settle(desk, execution, ExecutionState.DONE)
    assert done.text is not None
    assert done.text.title
    assert len(done.text.body) > 50
    assert "<" not in done.text.body


async def test_a_long_form_is_answered_at_once_and_changed_on_demand(committed_desk: Desk) -> None:
    desk = committed_desk
    async with working(desk):
        execution = await desk.create()
        await desk.submit(execution, {"notes": NOTES})
        done = await settle(desk, execution, ExecutionState.DONE)
        assert done.text is not None
        assert done.summary
        await desk.say(execution, "Make it shorter, please")
        async with asyncio.timeout(20):
            while (again := await desk.read(execution)).n_versions < 2:
                await asyncio.sleep(0.02)
        assert again.text is not None
        assert again.text.body != done.text.body
        await desk.say(execution, "Who is Bo?")
        async with asyncio.timeout(20):
            while (await desk.read(execution)).state is not ExecutionState.DONE:
                await asyncio.sleep(0.02)
    assert (await desk.read(execution)).n_versions == 2


async def test_french_is_answered_in_french(committed_desk: Desk) -> None:
    desk = committed_desk
    async with desk.db.begin() as tx:
        await set_language(tx, desk.caller, language_code="fr")
    async with working(desk):
        execution = await desk.create()
        await desk.submit(execution, {"notes": "le bateau"})
        asking = await settle(desk, execution, ExecutionState.ASKING)
    assert asking.question is not None
    assert "Dites" in asking.question


async def test_connections_that_are_cut_cost_nothing(committed_desk: Desk) -> None:
    """PostgreSQL hangs up on everybody while the model writes."""
    desk = committed_desk
    async with working(desk, pace=40):
        execution = await desk.create()
        await desk.submit(execution, {"notes": NOTES})
        async with asyncio.timeout(20):
            while not desk.streams.live(f"session:{execution.session_id}"):
                await asyncio.sleep(0.02)
        async with await desk.db.connect() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        done = await settle(desk, execution, ExecutionState.DONE)
    assert done.n_versions == 1
    async with desk.db.begin() as tx:
        answers = "SELECT count(*) FROM md_message WHERE sender = 'mojo'"
        assert await tx.scalar(text(answers)) == 1
    assert await desk.runs() == (0, 1)
