"""A turn whose job is gone gets another one: nothing runs or waits for ever."""

from datetime import timedelta

import pytest

from mojodex.domains.chat import (
    TurnState,
    delete_session,
    rescue_turns_job,
    retry_turn,
    run_turn_job,
    stop_turn,
)
from mojodex.domains.chat.service import reviving
from mojodex.domains.chat.service.reviving import rescue_turns, revive_turn
from mojodex.domains.chat.store import turns
from mojodex.kit.ids import new_id
from mojodex.platform.jobs import JobContext
from mojodex.platform.llm import ModelKeyWrong
from tests.domains.chat.conftest import Stage
from tests.domains.chat.speaking import conversation, read_turn, say, turn_of


async def claim(stage: Stage, turn_id: object, claimed_by: str) -> None:
    """A worker took the turn up and was never heard of again."""
    posted = next(one for one in stage.jobs.waiting if one.arguments["turn_id"] == str(turn_id))
    stage.jobs.waiting.remove(posted)
    async with stage.db.begin() as tx:
        (head,) = await turns.list_heads(tx)
        await turns.claim_turn(tx, turn_id=head, claim=claimed_by, at=tx.clock.now())


async def test_a_turn_that_waits_without_a_job_gets_one(stage: Stage) -> None:
    stage.model.add("One")
    stage.model.add("Two")
    await say(stage, "1")
    await say(stage, "2")
    assert await rescue_turns(stage.db) == 0
    stage.jobs.waiting.clear()
    context = JobContext(db=stage.db, job_id=1, attempt=1, worker_id="w")
    await rescue_turns_job(context)
    assert len(stage.jobs.waiting) == 1
    await rescue_turns_job(context)
    await stage.run()
    assert [text for _, text in await conversation(stage)] == ["1", "2", "One", "Two"]
    assert await rescue_turns(stage.db) == 0


async def test_a_turn_that_runs_nowhere_begins_anew(stage: Stage) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    await claim(stage, turn_id, "job:77")
    assert await rescue_turns(stage.db) == 1
    await stage.run()
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.DONE, 2)


async def test_a_request_to_stop_survives(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    await claim(stage, turn_id, "job:77")
    async with stage.db.begin() as tx:
        await stop_turn(tx, stage.caller, turn_id=turn_id)
    assert await rescue_turns(stage.db) == 1
    await stage.run()
    assert (await read_turn(stage, turn_id)).state is TurnState.STOPPED
    assert stage.model.requests == []


async def test_a_turn_that_is_lost_again_and_again_fails(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviving, "MAX_ATTEMPTS", 1)
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    await claim(stage, turn_id, "job:77")
    assert await rescue_turns(stage.db) == 1
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "internal")


async def test_the_operator_revives_only_what_failed_and_is_still_there(stage: Stage) -> None:
    stage.model.add(ModelKeyWrong())
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    hook = run_turn_job.retry_hook
    assert hook is not None

    async def revive() -> TurnState:
        async with stage.db.begin() as tx:
            await hook(tx, turn_id=str(turn_id))
        return (await read_turn(stage, turn_id)).state

    assert await revive() is TurnState.QUEUED
    await stage.run()
    assert (await read_turn(stage, turn_id)).state is TurnState.FAILED
    assert await revive() is TurnState.QUEUED
    stage.model.add("Hello")
    await stage.run()
    assert await revive() is TurnState.DONE
    stage.model.add(ModelKeyWrong())
    turn_id = await turn_of(await say(stage, "More"))
    await stage.run()
    async with stage.db.begin() as tx:
        await delete_session(tx, stage.caller, session_id=stage.session.session_id)
        await revive_turn(tx, turn_id=new_id())
    assert await revive() is TurnState.FAILED


async def test_a_job_for_later_is_hurried_only_when_the_person_asks_anew(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    (job,) = stage.jobs.waiting
    later = stage.db.clock.now() + timedelta(minutes=2)
    stage.jobs.waiting = [type(job)(**{**vars(job), "at": later})]
    async with stage.db.begin() as tx:
        await turns.claim_turn(tx, turn_id=turn_id, claim=None, at=tx.clock.now())
        await turns.put_back(tx, turn_id=turn_id, error_code="model_rate_limited")
    second = await say(stage, "More")
    async with stage.db.begin() as tx:
        await stop_turn(tx, stage.caller, turn_id=await turn_of(second))
    assert [one.at for one in stage.jobs.waiting] == [later]
    async with stage.db.begin() as tx:
        await stop_turn(tx, stage.caller, turn_id=turn_id)
        await retry_turn(tx, stage.caller, turn_id=turn_id)
    assert [one.at for one in stage.jobs.waiting] == [None]
