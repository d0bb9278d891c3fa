"""Answers that failed for a reason of ours, given another chance when that was mended."""

from uuid import UUID

from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.turns import requeue
from mojodex.domains.chat.store import sessions, turns
from mojodex.domains.chat.views import TurnState
from mojodex.platform.db import Tx


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
