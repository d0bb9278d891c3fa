"""The engine that makes answers: claim, prepare, stream, save, announce.

No transaction is open while a model thinks. Everything that an answer changes is written in the
one transaction that ends its turn, and only if the turn is still this worker's: `attempt` is the
fence. A worker that was paused and wakes up finds another attempt there and changes nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from mojodex.domains.chat.errors import EmptyAnswer
from mojodex.domains.chat.ports import Answer, AssistantRegistry, ChatAssistant
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.messages import add_error_message, announce_message
from mojodex.domains.chat.service.running import Interruption, RunningTurns, Watch
from mojodex.domains.chat.service.turns import tell_end, tell_turn
from mojodex.domains.chat.store import turns
from mojodex.domains.chat.views import Turn, TurnState
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, DatabaseUnavailable, Tx
from mojodex.platform.llm import ModelError, ModelGateway
from mojodex.platform.realtime import (
    Stream,
    Streams,
    end_checkpoint,
    find_checkpoint,
    session_room,
)

log = structlog.stdlib.get_logger(__name__)

#: Whether a call that failed is worth another try, after so many of the same turn that failed.
MayRetry = Callable[[ModelError, int], bool]


def never(_error: ModelError, _n_failures: int, /) -> bool:
    """No other try."""
    return False


@dataclass(frozen=True)
class Taken:
    """A turn that this worker runs, and who answers it."""

    turn: Turn
    assistant: ChatAssistant


async def run_turn(
    db: Database, *, turn_id: UUID, claim: str | None = None, may_retry: MayRetry = never
) -> None:
    """Make one answer, from the claim to the announcement. Harmless to repeat.

    A turn that is queued is claimed; one that runs is taken over with a higher attempt when it
    was claimed by the same `claim` (or when `claim` is None), because then whoever ran it died.
    A failure of the model fails the turn with its code. While `may_retry` says so, it puts the turn
    back into the queue, with the reason for the wait, and is raised, so that the job tries again.
    Raises `TransactionOpen`, `DatabaseUnavailable`, `ModelError`.
    """
    db.outside_transaction()
    taken = await _take(db, turn_id, claim)
    if taken is None:
        return
    try:
        answer = await _stream(db, taken)
        if answer is not None:
            await _save(db, taken, answer)
    except DatabaseUnavailable:
        raise
    except AppError as error:
        if isinstance(error, ModelError) and may_retry(error, taken.turn.n_failures):
            if await _put_back(db, taken, error.code):
                raise
            return
        log.warning("a turn failed", turn_id=str(turn_id), error=error.describe())
        await _fail(db, taken, error.code)


async def give_up_turn(db: Database, *, turn_id: UUID, claim: str, error: BaseException) -> None:
    """Fail the turn of a job that finally failed, unless somebody else has it by now."""
    code = error.code if isinstance(error, AppError) else AppError.code
    async with db.begin() as tx:
        turn = await _lock(tx, turn_id)
        if turn is None or not turn.state.is_open:
            return
        if turn.state is TurnState.RUNNING and not await _is_claimed_by(tx, turn, claim):
            return
        await end_failed(tx, turn, code)


async def _take(db: Database, turn_id: UUID, claim: str | None) -> Taken | None:
    """Claim the turn and prepare its answer, in one transaction."""
    async with db.begin() as tx:
        turn = await _claim(tx, turn_id, claim)
        if turn is None:
            return None
        await tell_turn(tx, turn)
        try:
            assistant = tx.use(AssistantRegistry).get(turn)
            await assistant.prepare(tx)
            if turn.is_stop_requested:
                async with tx.savepoint():
                    await _store(tx, turn, assistant, await _recover(tx, turn, assistant))
                return None
        except DatabaseUnavailable:
            raise
        except AppError as error:
            log.warning("a turn cannot be answered", turn_id=str(turn_id), error=error.describe())
            await end_failed(tx, turn, error.code)
            return None
    return Taken(turn, assistant)


async def _claim(tx: Tx, turn_id: UUID, claim: str | None) -> Turn | None:
    found = await turns.find_turn(tx, turn_id=turn_id)
    if found is None or not found.state.is_open:
        return None
    await lock_session(tx, session_id=found.session_id)
    turn = await turns.claim_turn(tx, turn_id=turn_id, claim=claim, at=tx.clock.now())
    if turn is not None and found.state is TurnState.RUNNING:
        log.info("a turn is taken over", turn_id=str(turn_id), attempt=turn.attempt)
    return turn


async def _is_claimed_by(tx: Tx, turn: Turn, claim: str) -> bool:
    return await turns.find_claim(tx, turn_id=turn.turn_id) == claim


async def _lock(tx: Tx, turn_id: UUID) -> Turn | None:
    """The turn as it is now, its session and its row locked in this order."""
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None:
        return None
    await lock_session(tx, session_id=turn.session_id)
    return await turns.find_turn(tx, turn_id=turn_id, is_locked=True)


async def _stream(db: Database, taken: Taken) -> Answer | None:
    """Let the assistant answer and show its words; None when the turn was lost on the way.

    Raises `EmptyAnswer` and what the model raises.
    """
    turn = taken.turn
    stream = db.use(Streams).open(
        stream_id=turn.turn_id,
        room=session_room(turn.session_id),
        attempt=turn.attempt,
        meta={key: str(value) for key, value in _stream_ids(turn).items()},
    )
    try:
        async with db.use(RunningTurns).watch(turn) as watch:
            answer = await _generate(db.use(ModelGateway), taken.assistant, stream, watch)
    finally:
        await stream.close()
    if answer is not None and not answer.is_stopped and not answer.raw:
        raise EmptyAnswer()
    return answer


def _stream_ids(turn: Turn) -> dict[str, int | str]:
    return {
        "turn_id": str(turn.turn_id),
        "session_id": str(turn.session_id),
        **(turn.subject.ids if turn.subject else {}),
    }


async def _generate(
    gateway: ModelGateway, assistant: ChatAssistant, stream: Stream, watch: Watch
) -> Answer | None:
    """Race the model against whoever interrupts it."""
    generation = asyncio.create_task(
        assistant.generate_message(gateway, stream.append), name="generate-message"
    )
    try:
        both: set[asyncio.Future[Any]] = {generation, watch.interruption}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not generation.done():
            generation.cancel()
            await asyncio.wait({generation})
    if not generation.cancelled():
        return generation.result()
    if watch.interruption.result() is Interruption.LOST:
        log.warning("a turn was lost", turn_id=str(watch.turn.turn_id))
        return None
    return assistant.partial_answer


async def _recover(tx: Tx, turn: Turn, assistant: ChatAssistant) -> Answer:
    """What a worker had shown that died before it could heed that it was stopped."""
    left = await find_checkpoint(tx, stream_id=turn.turn_id)
    return assistant.recover_answer({} if left is None else left.texts)


async def _save(db: Database, taken: Taken, answer: Answer) -> None:
    """Everything that an answer changes, in one transaction, if the turn is still ours."""
    async with db.begin() as tx:
        turn = await _ours(tx, taken.turn)
        if turn is not None:
            await _store(tx, turn, taken.assistant, answer)


async def _store(tx: Tx, turn: Turn, assistant: ChatAssistant, answer: Answer) -> None:
    result = await assistant.finish(tx, answer)
    if result.message is not None:
        await announce_message(tx, result.message, user_id=turn.user_id, ids=result.ids)
    await _end(tx, turn, TurnState.STOPPED if answer.is_stopped else TurnState.DONE)


async def _fail(db: Database, taken: Taken, code: str) -> None:
    async with db.begin() as tx:
        turn = await _ours(tx, taken.turn)
        if turn is not None and not await _heed_stop(tx, turn, taken.assistant):
            await end_failed(tx, turn, code)


async def _put_back(db: Database, taken: Taken, code: str) -> bool:
    """Let the turn wait for the next try of its job, if there is still something to try."""
    async with db.begin() as tx:
        turn = await _ours(tx, taken.turn)
        if turn is None or await _heed_stop(tx, turn, taken.assistant):
            return False
        await tell_turn(tx, await turns.put_back(tx, turn_id=turn.turn_id, error_code=code))
        return True


async def _heed_stop(tx: Tx, turn: Turn, assistant: ChatAssistant) -> bool:
    """The model failed just when the person had stopped it: then it was stopped."""
    if turn.is_stop_requested:
        await _store(tx, turn, assistant, assistant.partial_answer)
    return turn.is_stop_requested


async def _ours(tx: Tx, turn: Turn) -> Turn | None:
    """The fence: the locked turn, or None when another attempt has it or it has ended."""
    await lock_session(tx, session_id=turn.session_id)
    now = await turns.find_turn(tx, turn_id=turn.turn_id, is_locked=True)
    if now is None or now.state is not TurnState.RUNNING or now.attempt != turn.attempt:
        log.warning("an answer came too late", turn_id=str(turn.turn_id), attempt=turn.attempt)
        return None
    return now


async def end_failed(tx: Tx, turn: Turn, code: str) -> None:
    """Fail a turn. The session must be locked."""
    await add_error_message(tx, turn=turn, code=code)
    await _end(tx, turn, TurnState.FAILED, code)


async def _end(tx: Tx, turn: Turn, state: TurnState, code: str | None = None) -> None:
    ended, open_turns = await turns.end_turn(
        tx, turn_id=turn.turn_id, state=state, at=tx.clock.now(), error_code=code
    )
    await end_checkpoint(
        tx,
        stream_id=turn.turn_id,
        room=session_room(turn.session_id),
        attempt=turn.attempt,
    )
    await tell_end(tx, ended, open_turns)
