"""Answers that failed or were lost for a reason of ours, given another chance."""

from uuid import UUID

import structlog

from mojodex.domains.chat.jobs import run_turn_job
from mojodex.domains.chat.service.engine import end_failed
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.turns import requeue, start_next
from mojodex.domains.chat.store import sessions, turns
from mojodex.domains.chat.views import Turn, TurnState
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, Tx
from mojodex.platform.jobs import find_pending

log = structlog.stdlib.get_logger(__name__)

#: A turn that was taken up so often is not taken up once more.
MAX_ATTEMPTS = 20


async def revive_turn(tx: Tx, *, turn_id: UUID) -> None:
    """Queue a failed turn again, at its old place, for the operator who retries its job.

    Nothing happens when the turn did not fail, or when its session is gone. Takes the session's
    lock. Raises what the domains above raise when they hear of it, as for `retry_turn`.
    """
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None:
        return
    await lock_session(tx, session_id=turn.session_id)
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None or turn.state is not TurnState.FAILED:
        return
    found = await sessions.find_session(tx, session_id=turn.session_id, user_id=turn.user_id)
    if found is not None:
        await requeue(tx, turn)


async def rescue_turns(db: Database) -> int:
    """Give turns a new job whose job is gone, so that nothing runs or waits for ever.

    A turn ends before its job does, and a job that fails fails its turn; but that may fail too,
    when the database goes away in between. Then the row would say `running` for ever, and later
    messages of its session would wait for it. Returns how many. Harmless to repeat.
    """
    db.outside_transaction()
    async with db.begin() as tx:
        heads = await turns.list_heads(tx)
        suspects = await _without_job(tx, [str(turn_id) for turn_id in heads])
    n_rescued = 0
    for turn_id in suspects:
        async with db.begin() as tx:
            n_rescued += await _rescue(tx, UUID(turn_id))
    return n_rescued


async def _without_job(tx: Tx, turn_ids: list[str]) -> list[str]:
    pending = await find_pending(tx, run_turn_job, argument="turn_id", values=turn_ids)
    return [turn_id for turn_id in turn_ids if turn_id not in pending]


async def _rescue(tx: Tx, turn_id: UUID) -> bool:
    """Look again, under the lock: only whoever holds it gives a turn a job, or ends it."""
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None:
        return False
    await lock_session(tx, session_id=turn.session_id)
    first, *_ = [*await turns.find_open_turns(tx, session_id=turn.session_id), None]
    if first is None or first.turn_id != turn_id or not await _without_job(tx, [str(turn_id)]):
        return False
    log.error("a turn had lost its job", turn_id=str(turn_id), attempt=first.attempt)
    await _begin_again(tx, first)
    return True


async def _begin_again(tx: Tx, turn: Turn) -> None:
    if turn.attempt >= MAX_ATTEMPTS:
        await end_failed(tx, turn, AppError.code)
        return
    await turns.release_turn(tx, turn_id=turn.turn_id)
    await start_next(tx, session_id=turn.session_id)
