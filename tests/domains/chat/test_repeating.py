"""A message is said once, in whatever state its answer is when it comes again."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mojodex.domains.chat import (
    PostedMessage,
    SessionMode,
    SessionNotFound,
    TurnState,
    delete_session,
    open_session,
    post_message,
    retry_turn,
    run_turn,
    stop_turn,
)
from mojodex.platform.llm import ModelKeyWrong
from tests.domains.chat.conftest import KIND, Stage, new_person, person
from tests.domains.chat.speaking import conversation, count, listed, read_turn, say, turn_of

State = Callable[[Stage, PostedMessage], Awaitable[None]]


async def waits(_stage: Stage, _posted: PostedMessage) -> None:
    """Nobody has begun."""


async def runs(stage: Stage, posted: PostedMessage) -> None:
    await count(
        stage,
        "WITH x AS (UPDATE md_turn SET state = 'running', attempt = 1, started_at = now()"
        " RETURNING 1) SELECT count(*) FROM x",
    )
    stage.jobs.waiting.clear()
    assert (await read_turn(stage, await turn_of(posted))).state is TurnState.RUNNING


async def is_answered(stage: Stage, _posted: PostedMessage) -> None:
    stage.model.add("Hello")
    await stage.run()


async def is_stopped(stage: Stage, posted: PostedMessage) -> None:
    async with stage.db.begin() as tx:
        await stop_turn(tx, stage.caller, turn_id=await turn_of(posted))
    await stage.run()


@pytest.mark.parametrize(
    ("reach", "state"),
    [
        (waits, TurnState.QUEUED),
        (runs, TurnState.RUNNING),
        (is_answered, TurnState.DONE),
        (is_stopped, TurnState.STOPPED),
    ],
)
@pytest.mark.parametrize("words", ["Hi", "Something else", ""])
async def test_the_same_id_changes_nothing(
    stage: Stage, reach: State, state: TurnState, words: str
) -> None:
    """Whatever comes with it: what was stored first counts, and is answered."""
    posted = await say(stage, "Hi", client_id="a")
    await reach(stage, posted)
    before, said = len(stage.jobs.waiting), await conversation(stage)
    again = await say(stage, words, client_id="a")
    assert (again.is_new, again.message.text) == (False, "Hi")
    assert again.message.message_id == posted.message.message_id
    assert again.turn is not None
    assert (again.turn.turn_id, again.turn.state) == (await turn_of(posted), state)
    assert len(stage.jobs.waiting) == before
    assert await conversation(stage) == said
    assert await count(stage, "SELECT count(*) FROM md_turn") == 1


async def test_a_failed_one_is_tried_again_once_however_many_ask(committed_stage: Stage) -> None:
    stage = committed_stage
    stage.model.add(ModelKeyWrong(model="x", provider="y"))
    posted = await say(stage, "Hi", client_id="a")
    await stage.run()
    assert (await listed(stage))[-1].in_error_at is not None

    async def retry() -> None:
        async with stage.db.begin() as tx:
            await retry_turn(tx, stage.caller, turn_id=await turn_of(posted))

    stage.model.add("Hello")
    await asyncio.gather(*(say(stage, "Hi", client_id="a") for _ in range(3)), retry(), retry())
    assert len(stage.jobs.waiting) == 1
    await stage.run()
    turn = await read_turn(stage, await turn_of(posted))
    assert (turn.state, turn.attempt) == (TurnState.DONE, 2)
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Hello")]
    assert (await listed(stage))[-1].in_error_at is None


async def test_an_id_belongs_to_its_session(stage: Stage) -> None:
    """The same one elsewhere, of the same person or of another, is another message."""
    mine = await say(stage, "Hi", client_id="a")
    bob = person(await new_person(stage.db, "bob@example.com"))
    for caller in (stage.caller, bob):
        async with stage.db.begin() as tx:
            session = await open_session(tx, caller, mode=SessionMode.CHAT, platform=None)
            posted = await post_message(
                tx,
                caller,
                session_id=session.session_id,
                client_message_id="a",
                text="Elsewhere",
                written_at=tx.clock.now(),
                assistant_kind=KIND,
            )
        assert posted.is_new
        assert posted.message.message_id != mine.message.message_id
    assert [message.text for message in await listed(stage)] == ["Hi"]


async def test_in_a_deleted_session_nothing_is_repeated(stage: Stage) -> None:
    await say(stage, "Hi", client_id="a")
    async with stage.db.begin() as tx:
        await delete_session(tx, stage.caller, session_id=stage.session.session_id)
    for client_id in ("a", "b"):
        with pytest.raises(SessionNotFound):
            await say(stage, "Hi", client_id=client_id)
    assert await count(stage, "SELECT count(*) FROM md_message WHERE sender = 'user'") == 1


async def test_a_stop_and_a_repetition_at_once_leave_one_answer_or_none(
    committed_stage: Stage,
) -> None:
    """While it is written, the person stops, tries again and posts again, all at once."""
    stage = committed_stage
    held = asyncio.Event()
    stage.model.add(["Half an ans", held, "wer"])
    posted = await say(stage, "Hi", client_id="a")
    turn_id = await turn_of(posted)
    stage.jobs.waiting.clear()
    running = asyncio.create_task(run_turn(stage.db, turn_id=turn_id, claim="job:1"))
    while not stage.model.requests:
        await asyncio.sleep(0.001)

    async def act(use: Callable[..., Awaitable[object]]) -> None:
        async with stage.db.begin() as tx:
            await use(tx, stage.caller, turn_id=turn_id)

    # A turn that runs is on its way: to retry it changes nothing.
    await asyncio.gather(act(stop_turn), act(retry_turn), say(stage, "Hi", client_id="a"))
    async with asyncio.timeout(30):
        await running
    assert (await read_turn(stage, turn_id)).state is TurnState.STOPPED
    assert stage.jobs.waiting == []
    stage.model.add("Whole answer")
    await asyncio.gather(act(retry_turn), act(retry_turn))
    assert len(stage.jobs.waiting) == 1
    await stage.run()
    turn = await read_turn(stage, turn_id)
    assert (turn.state, turn.attempt) == (TurnState.DONE, 2)
    said = [text for sender, text in await conversation(stage) if sender == "mojo"]
    assert said == ["Half an ans", "Whole answer"]
