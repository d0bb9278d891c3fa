"""One answer from its queueing to its announcement, and all that may come in between."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.domains.chat import (
    EmptyAnswer,
    RunningTurns,
    TooManyTurns,
    TurnEnded,
    TurnNotFound,
    TurnNotRetryable,
    TurnState,
    access_turn,
    current_turn,
    list_turns,
    retry_turn,
    run_turn,
    run_turn_job,
    start_turn,
    stop_turn,
    stop_turns,
)
from mojodex.domains.chat.service.engine import give_up_turn
from mojodex.domains.chat.service.turns import MAX_OPEN_TURNS
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Window
from mojodex.platform.db import TransactionOpen
from mojodex.platform.jobs import JobContext
from mojodex.platform.llm import ModelKeyWrong, ModelUnavailable, Role
from mojodex.platform.realtime import Streams, StreamSnapshot, find_checkpoint
from tests.domains.chat.conftest import KIND, Parrot, Stage, new_person, person
from tests.domains.chat.speaking import (
    conversation,
    count,
    deliveries,
    listed,
    read_turn,
    say,
    turn_of,
)
from tests.domains.counting import statements

_CHECKPOINT = text(
    "INSERT INTO md_stream (stream_id, room, attempt, seq, texts, meta)"
    " VALUES (:turn_id, :room, 1, 1, '{\"message\": \"What was shown\"}', '{}')"
)


def _id(value: object) -> UUID:
    return UUID(str(value))


async def _die(stage: Stage, turn_id: UUID) -> None:
    """Like a killed process: the task is gone and nobody tidies up."""
    await run_turn(stage.db, turn_id=turn_id, claim="job:1")


async def test_a_message_is_answered(stage: Stage) -> None:
    stage.model.add("Hello <ask>Ada</ask>")
    posted = await say(stage, "Hi")
    assert posted.is_new
    assert not posted.is_processing
    assert posted.turn is not None
    assert posted.turn.state is TurnState.QUEUED
    assert await stage.run() == 1
    turn = await read_turn(stage, posted.turn.turn_id)
    assert (turn.state, turn.attempt, turn.error_code) == (TurnState.DONE, 1, None)
    assert turn.started_at == turn.ended_at == stage.db.clock.now()
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Hello Ada")]
    (request,) = stage.model.requests
    assert [message.role for message in request.messages] == [Role.SYSTEM, Role.USER]
    assert [event.state for event in stage.told] == ["queued", "running", "done"]


async def test_what_is_saved_is_announced(stage: Stage) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    await stage.run()
    answer = (await listed(stage))[0]
    session_id = str(stage.session.session_id)
    turn_ids = {"turn_id": str(await turn_of(posted)), "session_id": session_id, "attempt": 1}
    assert await deliveries(stage) == [
        (
            "message.added",
            {"message_pk": posted.message.message_id, "session_id": session_id},
            False,
        ),
        ("turn.started", turn_ids, False),
        (
            "message.added",
            {"message_pk": answer.message_id, "session_id": session_id, "parrot": 1},
            True,
        ),
        ("turn.finished", turn_ids, False),
    ]


async def test_no_transaction_is_open_while_the_model_thinks(stage: Stage) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    async with stage.db.begin():
        with pytest.raises(TransactionOpen):
            await run_turn(stage.db, turn_id=await turn_of(posted))


async def test_the_words_are_streamed_as_they_come(stage: Stage) -> None:
    go_on = asyncio.Event()
    stage.model.add(["Hel", go_on, "lo"])
    posted = await say(stage, "Hi")
    running = asyncio.create_task(stage.run())
    live: list[StreamSnapshot] = []
    while not live or not live[0].texts:
        await asyncio.sleep(0)
        live = stage.db.use(Streams).live(f"session:{stage.session.session_id}")
    assert live[0].texts == {"message": "Hel"}
    assert (live[0].stream_id, live[0].attempt) == (await turn_of(posted), 1)
    go_on.set()
    await running
    assert stage.streams.live(f"session:{stage.session.session_id}") == []
    assert (await conversation(stage))[-1] == ("mojo", "Hello")


async def test_a_second_message_waits_its_turn(stage: Stage) -> None:
    go_on = asyncio.Event()
    stage.model.add(["One", go_on])
    stage.model.add("Two")
    first, second = await say(stage, "1"), await say(stage, "2")
    assert len(stage.jobs.waiting) == 1
    running = asyncio.create_task(stage.run())
    while not stage.model.requests:
        await asyncio.sleep(0)
    assert (await read_turn(stage, await turn_of(first))).state is TurnState.RUNNING
    assert (await read_turn(stage, await turn_of(second))).state is TurnState.QUEUED
    # Whoever runs the second too early finds that its time has not come.
    await run_turn(stage.db, turn_id=await turn_of(second))
    assert len(stage.model.requests) == 1
    go_on.set()
    await running
    assert [said for _, said in await conversation(stage)] == ["1", "2", "One", "Two"]
    # The first answer did not see the second message; the second saw it last.
    shown = [[message.text for message in request.messages[1:]] for request in stage.model.requests]
    assert shown == [["1"], ["1", "One", "2"]]


async def test_a_failure_of_the_model_is_a_state_to_act_on(stage: Stage) -> None:
    stage.model.add(ModelKeyWrong(model="x", provider="y"))
    posted = await say(stage, "Hi")
    await stage.run()
    turn_id = await turn_of(posted)
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "model_key_wrong")
    (message,) = await listed(stage)
    assert message.in_error_at is not None
    async with stage.db.begin() as tx:
        assert (await current_turn(tx, session_ids=[stage.session.session_id])) == {
            stage.session.session_id: turn
        }
    assert ("turn.failed", 1) in [
        (kind, ids.get("attempt")) for kind, ids, _ in await deliveries(stage)
    ]
    notes = await count(
        stage,
        "SELECT count(*) FROM md_message WHERE event_name = 'error' AND sender = 'mojo'"
        " AND message->>'error' = 'model_key_wrong' AND message ? 'user_message_pk'",
    )
    assert notes == 1

    stage.model.add("Better now")
    async with stage.db.begin() as tx:
        retried = await retry_turn(tx, stage.caller, turn_id=turn_id)
        assert retried.state is TurnState.QUEUED
        assert await retry_turn(tx, stage.caller, turn_id=turn_id) == retried
    await stage.run()
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt, turn.error_code) == (TurnState.DONE, 2, None)
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Better now")]
    assert (await listed(stage))[-1].in_error_at is None


async def test_posting_again_after_a_failure_retries(stage: Stage) -> None:
    stage.model.add(ModelKeyWrong(model="x", provider="y"))
    await say(stage, "Hi", client_id="a")
    await stage.run()
    stage.model.add("Hello")
    again = await say(stage, "Hi", client_id="a")
    assert not again.is_new
    assert again.message.in_error_at is None
    assert again.turn is not None
    assert again.turn.state is TurnState.QUEUED
    await stage.run()
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Hello")]


async def test_a_failure_that_may_pass_is_tried_again_by_the_job(stage: Stage) -> None:
    stage.model.add(["Half", ModelUnavailable(model="x", provider="y")])
    stage.model.add("Whole")
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    with pytest.raises(ModelUnavailable):
        await stage.run()
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.QUEUED, 1)
    context = JobContext(db=stage.db, job_id=1, attempt=2, worker_id="w")
    await run_turn_job(context, turn_id=str(turn_id))
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.DONE, 2)
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Whole")]


async def test_what_waits_for_another_try_is_stopped_at_once(stage: Stage) -> None:
    stage.model.add(ModelUnavailable(model="x", provider="y"))
    posted = await say(stage, "Hi")
    with pytest.raises(ModelUnavailable):
        await stage.run()
    async with stage.db.begin() as tx:
        stopped = await stop_turn(tx, stage.caller, turn_id=await turn_of(posted))
    assert stopped.state is TurnState.STOPPED
    context = JobContext(db=stage.db, job_id=1, attempt=2, worker_id="w")
    await run_turn_job(context, turn_id=str(await turn_of(posted)))
    assert len(stage.model.requests) == 1


async def test_an_empty_answer_fails_the_turn(stage: Stage) -> None:
    stage.model.add(" \n")
    posted = await say(stage, "Hi")
    await stage.run()
    turn = await read_turn(stage, await turn_of(posted))
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "empty_answer")


async def test_what_cannot_be_prepared_fails_and_the_next_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await say(stage, "1")
    await say(stage, "2")
    monkeypatch.setattr(Parrot, "prepare_error", EmptyAnswer())
    await run_turn(stage.db, turn_id=await turn_of(first))
    assert (await read_turn(stage, await turn_of(first))).state is TurnState.FAILED
    monkeypatch.undo()
    stage.model.add("Two")
    stage.jobs.waiting.pop(0)
    await stage.run()
    assert (await conversation(stage))[-1] == ("mojo", "Two")


async def test_an_unknown_assistant_fails_the_turn(stage: Stage) -> None:
    async with stage.db.begin() as tx:
        turn = await start_turn(
            tx,
            session_id=stage.session.session_id,
            user_id=stage.user.user_id,
            assistant_kind="nobody",
        )
    await stage.run()
    turn = await read_turn(stage, turn.turn_id)
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "assistant_missing")


async def test_what_nobody_foresaw_undoes_the_answer_and_fails_the_turn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    monkeypatch.setattr(Parrot, "finish_error", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await stage.run()
    assert await conversation(stage) == [("user", "Hi")]
    assert (await read_turn(stage, turn_id)).state is TurnState.RUNNING
    context = JobContext(db=stage.db, job_id=1, attempt=1, worker_id="w")
    hook = run_turn_job.failure_hook
    assert hook is not None
    for _ in range(2):
        await hook(context, ZeroDivisionError(), turn_id=str(turn_id))
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.error_code) == (TurnState.FAILED, "internal")


async def test_giving_up_leaves_alone_what_another_job_runs(stage: Stage) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    await stage.run()
    await give_up_turn(
        stage.db, turn_id=await turn_of(posted), claim="job:1", error=ZeroDivisionError()
    )
    assert (await read_turn(stage, await turn_of(posted))).state is TurnState.DONE
    await give_up_turn(stage.db, turn_id=new_id(), claim="job:1", error=ZeroDivisionError())


async def test_stopping_keeps_what_was_written(stage: Stage) -> None:
    stage.model.add(["Half an ans", asyncio.Event()])
    stage.model.add("Two")
    posted = await say(stage, "Hi")
    await say(stage, "2")
    running = asyncio.create_task(stage.run())
    while not stage.model.requests:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with stage.db.begin() as tx:
        stopping = await stop_turn(tx, stage.caller, turn_id=await turn_of(posted))
        assert stopping.is_stop_requested
        await stop_turn(tx, stage.caller, turn_id=await turn_of(posted))
    async with asyncio.timeout(2):
        await running
    turn = await read_turn(stage, await turn_of(posted))
    assert turn.state is TurnState.STOPPED
    said = [(message.text, message.is_stopped) for message in await listed(stage)]
    assert said == [("Two", False), ("Half an ans", True), ("2", False), ("Hi", False)]
    assert stage.model.n_abandoned == 1
    assert "turn.stopped" in [kind for kind, _, _ in await deliveries(stage)]


async def test_stopping_before_the_first_word_keeps_nothing(stage: Stage) -> None:
    stage.model.add([asyncio.Event()])
    posted = await say(stage, "Hi")
    running = asyncio.create_task(stage.run())
    while not stage.model.requests:
        await asyncio.sleep(0)
    async with stage.db.begin() as tx:
        await stop_turns(tx, session_id=stage.session.session_id)
    async with asyncio.timeout(2):
        await running
    assert (await read_turn(stage, await turn_of(posted))).state is TurnState.STOPPED
    assert await conversation(stage) == [("user", "Hi")]


async def test_a_turn_that_waits_is_stopped_at_once_and_may_be_retried(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    async with stage.db.begin() as tx:
        stopped = await stop_turn(tx, stage.caller, turn_id=turn_id)
        assert stopped.state is TurnState.STOPPED
        with pytest.raises(TurnEnded):
            await stop_turn(tx, stage.caller, turn_id=turn_id)
    await stage.run()
    assert stage.model.requests == []
    stage.model.add("Hello")
    async with stage.db.begin() as tx:
        await retry_turn(tx, stage.caller, turn_id=turn_id)
    await stage.run()
    assert (await read_turn(stage, turn_id)).state is TurnState.DONE
    async with stage.db.begin() as tx:
        with pytest.raises(TurnNotRetryable):
            await retry_turn(tx, stage.caller, turn_id=turn_id)


async def test_everything_in_a_session_stops(stage: Stage) -> None:
    for words in "123":
        await say(stage, words)
    async with stage.db.begin() as tx:
        await stop_turns(tx, session_id=stage.session.session_id)
        page = await list_turns(
            tx, stage.caller, session_id=stage.session.session_id, window=Window(limit=2)
        )
        rest = await list_turns(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            window=Window(limit=2, cursor=page.next_cursor),
        )
    assert [turn.state for turn in (*page.items, *rest.items)] == [TurnState.STOPPED] * 3
    await stage.run()
    assert stage.model.requests == []


async def test_a_dead_worker_that_was_told_to_stop_leaves_its_checkpoint(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    stage.model.add([asyncio.Event()])
    dying = asyncio.create_task(run_turn(stage.db, turn_id=turn_id, claim="job:1"))
    while not stage.model.requests:
        await asyncio.sleep(0)
    stage.db.use(Streams).live("")
    async with stage.db.begin() as tx:
        await tx.execute(_CHECKPOINT, {"turn_id": turn_id, "room": "session:x"})
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    async with stage.db.begin() as tx:
        await stop_turn(tx, stage.caller, turn_id=turn_id)
    await run_turn(stage.db, turn_id=turn_id, claim="job:1")
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.STOPPED, 2)
    assert (await listed(stage))[0].text == "What was shown"
    async with stage.db.begin() as tx:
        assert await find_checkpoint(tx, stream_id=turn_id) is None
    assert len(stage.model.requests) == 1


async def test_another_job_does_not_take_a_running_turn(stage: Stage) -> None:
    go_on = asyncio.Event()
    stage.model.add(["One", go_on])
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    running = asyncio.create_task(run_turn(stage.db, turn_id=turn_id, claim="job:1"))
    while not stage.model.requests:
        await asyncio.sleep(0)
    await run_turn(stage.db, turn_id=turn_id, claim="job:2")
    go_on.set()
    await running
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.DONE, 1)
    await run_turn(stage.db, turn_id=turn_id, claim="job:2")
    await run_turn(stage.db, turn_id=new_id())
    assert len(stage.model.requests) == 1


async def test_a_paused_worker_that_wakes_up_changes_nothing(committed_stage: Stage) -> None:
    stage = committed_stage
    go_on = asyncio.Event()
    stage.model.add(["Late", go_on, " words"])
    stage.model.add("In time")
    posted = await say(stage, "Hi")
    turn_id = await turn_of(posted)
    # The paused one hears no bell and looks at no row.
    stage.db.provide(RunningTurns, RunningTurns(stage.db, poll=timedelta(hours=1)))
    paused = asyncio.create_task(run_turn(stage.db, turn_id=turn_id, claim="job:1"))
    while not stage.model.requests:
        await asyncio.sleep(0.01)
    await stage.db.use(RunningTurns).close()
    stage.db.provide(RunningTurns, RunningTurns(stage.db))
    await run_turn(stage.db, turn_id=turn_id, claim="job:1")
    go_on.set()
    await paused
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.DONE, 2)
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "In time")]


async def test_a_worker_that_lost_its_turn_stops_asking_the_model(committed_stage: Stage) -> None:
    stage = committed_stage
    stage.model.add(["Late", asyncio.Event()])
    stage.model.add("In time")
    turn_id = await turn_of(await say(stage, "Hi"))
    # Two processes: each has its own running turns.
    slow = RunningTurns(stage.db, poll=timedelta(milliseconds=20))
    stage.db.provide(RunningTurns, slow)
    lost = asyncio.create_task(run_turn(stage.db, turn_id=turn_id, claim="job:1"))
    while not stage.model.requests:
        await asyncio.sleep(0.01)
    stage.db.provide(RunningTurns, RunningTurns(stage.db))
    await run_turn(stage.db, turn_id=turn_id, claim="job:1")
    async with asyncio.timeout(2):
        await lost
    assert stage.model.n_abandoned == 1
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "In time")]
    await slow.close()


async def test_a_crash_between_stream_and_save_costs_nothing(
    committed_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = committed_stage
    stage.model.add("First words")
    stage.model.add("Second words")
    turn_id = await turn_of(await say(stage, "Hi"))
    monkeypatch.setattr(Parrot, "finish_error", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await _die(stage, turn_id)
    monkeypatch.undo()
    assert (await read_turn(stage, turn_id)).state is TurnState.RUNNING
    await run_turn(stage.db, turn_id=turn_id, claim="job:1")
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Second words")]
    added = [ids for kind, ids, _ in await deliveries(stage) if kind == "message.added"]
    assert len(added) == 2


async def test_two_workers_claim_one_turn_once(committed_stage: Stage) -> None:
    stage = committed_stage
    for _ in range(2):
        stage.model.add("Hello")
    turn_id = await turn_of(await say(stage, "Hi"))
    await asyncio.gather(
        *(run_turn(stage.db, turn_id=turn_id, claim=f"job:{number}") for number in range(5))
    )
    assert len(stage.model.requests) == 1
    assert (await read_turn(stage, turn_id)).attempt == 1
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Hello")]


async def test_one_turn_runs_in_a_session_also_under_concurrent_posts(
    committed_stage: Stage,
) -> None:
    stage = committed_stage
    for number in range(6):
        stage.model.add(f"answer {number}")
    await asyncio.gather(*(say(stage, f"question {number}") for number in range(6)))
    most = 0
    while stage.jobs.waiting:
        jobs, stage.jobs.waiting = stage.jobs.waiting, []
        most = max(most, len(jobs))
        await asyncio.gather(
            *(
                run_turn(stage.db, turn_id=_id(job.arguments["turn_id"]), claim=f"{job.job_id}")
                for job in jobs
            )
        )
    assert most == 1
    said = await conversation(stage)
    assert sorted(words for sender, words in said if sender == "mojo" and words) == [
        f"answer {number}" for number in range(6)
    ]
    assert await count(stage, "SELECT count(*) FROM md_turn WHERE state = 'done'") == 6


async def test_a_turn_is_looked_at_only_while_it_runs(stage: Stage) -> None:
    turn = await read_turn(stage, await turn_of(await say(stage, "Hi")))
    running = RunningTurns(stage.db, poll=timedelta(hours=1))
    with statements() as asked:
        async with running.watch(turn):
            """Ended before anybody looked."""
        await asyncio.sleep(0.1)
        async with running.watch(turn):
            await asyncio.sleep(0.1)
    await running.close()
    assert not [statement for statement in asked if "md_turn" in statement]


async def test_a_session_takes_only_so_many_turns(stage: Stage) -> None:
    for number in range(MAX_OPEN_TURNS):
        await say(stage, str(number))
    with pytest.raises(TooManyTurns):
        await say(stage, "one too many")
    assert await count(stage, "SELECT count(*) FROM md_turn") == MAX_OPEN_TURNS
    assert len(stage.jobs.waiting) == 1


async def test_turns_of_others_are_unknown(stage: Stage) -> None:
    turn_id = await turn_of(await say(stage, "Hi"))
    bob = person(await new_person(stage.db, "bob@example.com"))
    async with stage.db.begin() as tx:
        assert (await access_turn(tx, stage.caller, turn_id=turn_id)).assistant_kind == KIND
        for use in (access_turn, retry_turn, stop_turn):
            with pytest.raises(TurnNotFound):
                await use(tx, bob, turn_id=turn_id)
            with pytest.raises(TurnNotFound):
                await use(tx, stage.caller, turn_id=new_id())
