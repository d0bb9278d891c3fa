"""`mojodex jobs failed` and `mojodex jobs retry`, beside a running server and without one."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from mojodex.apps.failed_jobs import render_table
from mojodex.apps.migrations import SCRIPTS
from mojodex.domains.chat import AssistantRegistry, Turn
from mojodex.domains.executions import InstructTaskAssistant
from mojodex.platform.db import Tx
from mojodex.platform.db.migrate import migrate
from mojodex.platform.jobs import FailedJob
from mojodex.platform.llm import ScriptedModel
from tests.apps.programs import run_mojodex
from tests.harness.served import Served, serve
from tests.journeys.runs import LETTER, TITLED, Runner

Program = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


class BrokenAssistant(InstructTaskAssistant):
    """Has a bug that nobody foresaw."""

    async def prepare(self, tx: Tx) -> None:
        raise ZeroDivisionError("somebody divided by nothing")


def install(served: Served, assistant: Callable[[Turn], InstructTaskAssistant]) -> None:
    served.db.use(AssistantRegistry).register(InstructTaskAssistant.kind, assistant)


def model(n: int) -> ScriptedModel:
    """Writes `n` letters and their titles."""
    return ScriptedModel(by_label={"instruct_run": [LETTER] * n, "title_and_summary": [TITLED] * n})


def program(url: str, directory: Path) -> Program:
    async def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(
            run_mojodex, *arguments, directory=directory, MOJODEX_DATABASE_URL=url
        )

    return run


async def test_what_failed_is_shown_and_retried_beside_a_server(
    empty_url: str, tmp_path: Path
) -> None:
    await migrate(empty_url, SCRIPTS)
    mojodex = program(empty_url, tmp_path)
    async with serve(empty_url, model=model(1)) as served:
        install(served, BrokenAssistant)
        runner = Runner(served, await served.make_person("ada"))
        run = await runner.start()
        await runner.wait_for(run, "failed")
        failed = (await runner.read(run))["turn"]
        assert failed["error"]["code"] == "internal"

        table = (await mojodex("jobs", "failed")).stdout.splitlines()
        assert table[0].split() == ["id", "job", "failed", "at", "attempts", "error", "arguments"]
        assert len(table) == 2
        job_id, rest = table[1].split(maxsplit=1)
        assert rest.startswith("chat.run_turn ")
        assert "ZeroDivisionError: somebody divided by nothing" in rest
        assert f"turn_id={failed['id']}" in rest
        details = (await mojodex("jobs", "failed", "--details")).stdout
        assert "Traceback" in details
        assert "attempts: 1" in details

        install(served, InstructTaskAssistant)
        retried = await mojodex("jobs", "retry", job_id)
        assert (retried.returncode, retried.stdout) == (0, f"{job_id}: queued again\n")
        await runner.wait_for(run, "done")
        assert (await runner.read(run))["n_versions"] == 1
        assert (await mojodex("jobs", "failed")).stdout == "No job has failed.\n"


async def test_all_are_retried_and_refusals_are_told(empty_url: str, tmp_path: Path) -> None:
    await migrate(empty_url, SCRIPTS)
    mojodex = program(empty_url, tmp_path)
    async with serve(empty_url, model=model(3)) as served:
        install(served, BrokenAssistant)
        runner = Runner(served, await served.make_person("ada"))
        runs = [await runner.start() for _ in range(3)]
        for run in runs:
            await runner.wait_for(run, "failed")
        limited = (await mojodex("jobs", "failed", "--limit", "2")).stdout.splitlines()
        assert len(limited) == 4
        assert "--limit" in limited[-1]
        install(served, InstructTaskAssistant)
        retried = await mojodex("jobs", "retry", "--all")
        assert retried.stdout.count("queued again") == 3
        for run in runs:
            await runner.wait_for(run, "done")
        again = await mojodex("jobs", "retry", "--all")
        assert (again.returncode, again.stdout) == (0, "No job was queued again.\n")
        unknown = await mojodex("jobs", "retry", "4711")
        assert unknown.returncode == 1
        assert unknown.stderr == "4711: This failed job does not exist.\n"
        assert (await mojodex("jobs", "retry")).returncode == 2
        assert (await mojodex("jobs", "retry", "1", "--all")).returncode == 2


def test_without_a_server_the_embedded_database_is_asked(tmp_path: Path) -> None:
    result = run_mojodex("jobs", "failed", directory=tmp_path)
    assert (result.returncode, result.stdout) == (0, "No job has failed.\n"), result.stderr


def test_the_table_keeps_its_columns() -> None:
    job = FailedJob(
        job_id=7,
        name="chat.run_turn",
        arguments={"turn_id": "abc", "n": 2},
        attempts=3,
        error_type="some.module.OddError",
        error_text=f"Traceback\nsome.module.OddError: {'very ' * 40}\n(more about it)\n",
        correlation_id=None,
        failed_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    )
    head, row = render_table([job])
    assert row.startswith("7   chat.run_turn  2026-11-02 09:30:00Z  3         OddError: very")
    assert row.endswith("turn_id=abc n=2")
    assert head.index("arguments") == row.index("turn_id")
    assert len(row) < 160
