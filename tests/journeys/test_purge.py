"""The jobs that remove what was deleted, under two real schedulers on one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from mojodex.apps.wiring import all_jobs
from mojodex.domains.chat import purge_sessions_job, save_upload
from mojodex.domains.executions import purge_executions_job
from mojodex.domains.identity import (
    Caller,
    CallerKind,
    delete_user,
    erase_user_job,
    purge_logins_job,
    secret_caller,
)
from mojodex.platform.db import Database
from mojodex.platform.jobs import Job, JobContext, JobQueue, JobWorker, WorkerTiming, purge_jobs_job
from mojodex.platform.llm import ScriptedModel
from mojodex.platform.media import Media
from tests.harness.files import PICTURE
from tests.harness.listening import wait_until
from tests.harness.served import Human, Served, serve
from tests.journeys.runs import LETTER, TITLED, Run, Runner

PURGES: tuple[Job[Any], ...] = (
    purge_sessions_job,
    purge_executions_job,
    purge_logins_job,
    purge_jobs_job,
)
QUICK = WorkerTiming(poll=0.2, take_over=0.5, beat=0.5, silence=5.0, grace=0.5)


def every_second(one: Job[Any], ticks: list[tuple[str, datetime | None]]) -> Job[Any]:
    """The job as it is, at each second instead of each hour; notes the ticks it ran for."""

    async def run(ctx: JobContext, /, **arguments: Any) -> None:
        ticks.append((one.name, ctx.tick))
        await one.function(ctx, **arguments)

    quick: Job[Any] = Job(run, name=one.name, queue=one.queue, retry=one.retry)
    quick.schedule = "* * * * * *"
    return quick


@asynccontextmanager
async def two_workers(
    db: Database, ticks: list[tuple[str, datetime | None]]
) -> AsyncIterator[None]:
    """Both schedule and both work, as two `mojodex worker` would."""
    jobs = [every_second(one, ticks) if one in PURGES else one for one in all_jobs()]
    stop = asyncio.Event()
    workers = [
        asyncio.create_task(JobWorker(db, JobQueue(db, jobs), timing=QUICK).run(stop))
        for _ in range(2)
    ]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*workers)


async def count(db: Database, table: str, where: str = "true") -> int:
    async with db.begin() as tx:
        return int(await tx.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}")) or 0)


async def make_run(served: Served, human: Human) -> Run:
    """A finished run with a text and a file in its session."""
    runner = Runner(served, human)
    run = await runner.wait_for(await runner.start(), "done")
    await save_upload(
        served.db,
        Caller(kind=CallerKind.USER, user_id=human.user.user_id),
        session_id=run["session_id"],
        new=PICTURE,
    )
    return run


def files_below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.png"))


@asynccontextmanager
async def stage(
    pg_url: str, media: Path, n_runs: int
) -> AsyncIterator[tuple[Served, list[tuple[str, datetime | None]]]]:
    """The served product with a model that writes `n_runs` letters, files in `media`."""
    model = ScriptedModel(
        by_label={"instruct_run": [LETTER] * n_runs, "title_and_summary": [TITLED] * n_runs}
    )
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serve(pg_url, model=model))
        served.db.provide(Media, Media(media))
        yield served, []


async def test_a_deleted_run_goes_whole_and_each_tick_has_one_effect(
    pg_url: str, tmp_path: Path
) -> None:
    async with stage(pg_url, tmp_path, 2) as (served, ticks):
        ada = await served.make_person("ada")
        gone, kept = await make_run(served, ada), await make_run(served, ada)
        async with served.client(ada) as client:
            assert (await client.delete(f"/executions/{gone['id']}")).status_code == 204
        async with served.db.begin() as tx:
            await tx.execute(
                text(
                    "UPDATE md_user_task_execution SET deleted_at = now() - interval '31 days'"
                    " WHERE deleted_at IS NOT NULL"
                )
            )
        assert len(files_below(tmp_path)) == 2
        async with two_workers(served.db, ticks):
            await wait_until(lambda: len(files_below(tmp_path)) == 1, 20)
            await wait_until(lambda: len(ticks) >= 4 * len(PURGES), 20)
        assert len(ticks) == len(set(ticks)), "a tick had two effects"
        assert kept["session_id"].replace("-", "") in files_below(tmp_path)[0]
        for table in ("md_session", "md_user_task_execution", "md_upload", "md_turn"):
            assert await count(served.db, table) == 1, table
        assert await count(served.db, "md_produced_text_version") == 1
        assert await count(served.db, "md_job_failure") == 0
        async with served.client(ada) as client:
            assert (await client.get(f"/executions/{kept['id']}")).json()["n_versions"] == 1
            assert (await client.get(f"/executions/{gone['id']}")).status_code == 404


async def test_a_removed_person_leaves_no_row_and_no_file(pg_url: str, tmp_path: Path) -> None:
    async with stage(pg_url, tmp_path, 2) as (served, _):
        ada, bob = await served.make_person("ada"), await served.make_person("bob")
        await make_run(served, ada)
        await make_run(served, bob)
        async with served.db.begin() as tx:
            await delete_user(tx, secret_caller("backoffice"), user_id=ada.user.user_id)
            # Its delay is for live sockets; nobody is connected here.
            await tx.execute(
                text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE task_name = :name"),
                {"name": erase_user_job.name},
            )
        await wait_until(lambda: len(files_below(tmp_path)) == 1, 20)
        assert bob.user_id.hex in files_below(tmp_path)[0]
        owned = await tables_of_persons(served.db)
        assert {"md_session", "md_turn", "md_purchase", "md_login"} <= set(owned)
        for table in owned:
            where = f"user_id = '{ada.user_id}'"
            if table == "md_model_usage":
                assert await count(served.db, table, where) > 0, "usage outlives its person"
            elif table == "md_delivery":
                # What nobody waits for goes within a day.
                waiting = f"{where} AND needs_ack AND delivered_at IS NULL"
                assert await count(served.db, table, waiting) == 0
            else:
                assert await count(served.db, table, where) == 0, table
                assert await count(served.db, table, f"user_id = '{bob.user_id}'") > 0 or (
                    table == "md_grant"
                ), table


async def tables_of_persons(db: Database) -> list[str]:
    """Every table with a column for a person."""
    async with db.begin() as tx:
        rows = await tx.scalars(
            text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE column_name = 'user_id' AND table_schema = 'public'"
            )
        )
        return sorted(rows)
