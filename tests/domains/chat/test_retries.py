"""Which failures of a model are worth another try, how often, and after how long."""

import asyncio
from datetime import timedelta

import pytest

from mojodex.domains.chat import TurnState, retry_turn, run_turn_job
from mojodex.domains.chat.jobs import MODEL_TRIES, may_retry
from mojodex.domains.chat.store.turns import request_stop
from mojodex.platform.jobs import JobContext
from mojodex.platform.llm import (
    ContentFiltered,
    ContextTooLong,
    MalformedAnswer,
    ModelError,
    ModelKeyWrong,
    ModelRateLimited,
    ModelStreamCut,
    ModelTimeout,
    ModelUnavailable,
    ModelUnknown,
    ModelUnreachable,
)
from mojodex.platform.realtime import session_room
from tests.domains.chat.conftest import Stage
from tests.domains.chat.speaking import conversation, read_turn, say, turn_of
from tests.harness.listening import wait_until


async def test_the_last_try_fails_the_turn(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    for n in range(1, MODEL_TRIES):
        stage.model.add(ModelUnavailable(model="x", provider="y"))
        with pytest.raises(ModelUnavailable):
            # However often it was started: takings-over are no failures of the model.
            await run_turn_job(begun(stage, 5 + n), turn_id=str(turn_id))
        turn = await read_turn(stage, turn_id)
        assert (turn.state, turn.error_code) == (TurnState.QUEUED, "model_unavailable")
        assert turn.n_failures == n
    stage.model.add(ModelUnavailable(model="x", provider="y"))
    await run_turn_job(begun(stage, 1), turn_id=str(turn_id))
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "model_unavailable")
    assert [item.error_code for item in stage.told] == [
        None, None, "model_unavailable", None, "model_unavailable", None, "model_unavailable",
    ]  # fmt: skip
    # The person asks again, with all tries.
    async with stage.db.begin() as tx:
        turn = await retry_turn(tx, stage.caller, turn_id=turn_id)
    assert (turn.state, turn.error_code, turn.n_failures) == (TurnState.QUEUED, None, 0)


def begun(stage: Stage, attempt: int) -> JobContext:
    return JobContext(db=stage.db, job_id=1, attempt=attempt, worker_id="w")


@pytest.mark.parametrize(
    ("error", "is_worth_it"),
    [
        (ModelUnreachable(), True),
        (ModelStreamCut(), True),
        (ModelTimeout(), False),
        (ModelRateLimited(retry_after=None), True),
        (ModelRateLimited(retry_after=90), True),
        (ModelRateLimited(retry_after=900), False),
        (ModelKeyWrong(), False),
        (ModelUnknown(), False),
        (ContextTooLong(), False),
        (ContentFiltered(), False),
        (MalformedAnswer(), False),
    ],
    ids=lambda value: value.describe() if isinstance(value, ModelError) else str(value),
)
def test_errors_are_worth_another_try_by_type(error: ModelError, is_worth_it: bool) -> None:
    assert may_retry(error, 0) is is_worth_it
    assert not may_retry(error, MODEL_TRIES - 1)


def test_the_wait_is_at_least_what_the_endpoint_asks_for() -> None:
    delay = run_turn_job.retry.delay_after
    assert delay(ModelRateLimited(retry_after=20), 1) == timedelta(seconds=20)
    assert delay(ModelRateLimited(retry_after=0.1), 1) == timedelta(seconds=1)
    assert delay(ModelUnreachable(), 2) == timedelta(seconds=3)
    assert delay(ModelKeyWrong(), 1) is None


async def test_a_failure_after_a_stop_is_a_stop(stage: Stage) -> None:
    """The request to stop came while the call was failing; nobody heard it before."""
    cut = asyncio.Event()
    stage.model.add(["Half of", cut, ModelStreamCut()])
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)

    async def stop_and_fail() -> None:
        await wait_until(lambda: stage.streams.live(room) and stage.streams.live(room)[0].seq)
        async with stage.db.begin() as tx:
            await request_stop(tx, turn_id=turn_id, at=tx.clock.now())
        cut.set()

    room = session_room(stage.session.session_id)
    await asyncio.gather(run_turn_job(begun(stage, 1), turn_id=str(turn_id)), stop_and_fail())
    assert (await read_turn(stage, turn_id)).state is TurnState.STOPPED
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Half of")]
