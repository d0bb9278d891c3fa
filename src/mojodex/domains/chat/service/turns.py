"""Queueing, stopping and retrying answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from mojodex.domains.catalog import Platform
from mojodex.domains.chat import policy
from mojodex.domains.chat.errors import (
    TooManyTurns,
    TurnEnded,
    TurnNotFound,
    TurnNotRetryable,
)
from mojodex.domains.chat.events import TurnStateChanged
from mojodex.domains.chat.jobs import run_turn_job
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.store import messages, turns
from mojodex.domains.chat.views import (
    NewTurn,
    Option,
    SessionId,
    Subject,
    Turn,
    TurnId,
    TurnState,
)
from mojodex.domains.identity import Caller, UserId
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Reading, Tx, notify
from mojodex.platform.events import publish
from mojodex.platform.jobs import defer
from mojodex.platform.realtime import announce, session_room

#: Answers that may wait or run in one session.
MAX_OPEN_TURNS = 20
#: NOTIFY channel on which whoever runs a turn hears that its row says something new.
SIGNAL_CHANNEL = "md_turn_signal"

ANNOUNCED = {
    TurnState.RUNNING: "turn.started",
    TurnState.DONE: "turn.finished",
    TurnState.FAILED: "turn.failed",
    TurnState.STOPPED: "turn.stopped",
}


async def start_turn(
    tx: Tx,
    *,
    session_id: UUID,
    user_id: UserId,
    assistant_kind: str,
    subject: Subject | None = None,
    message_id: int | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> Turn:
    """Queue an answer. Its job is deferred here, or by the end of the turn before it.

    For code that has checked who asks, and done what `follow_turn` of its domain does when a turn
    is retried. Takes the session's lock. Raises `TooManyTurns`: the transaction must be undone.
    """
    await lock_session(tx, session_id=session_id)
    turn, n_before = await turns.add_turn(
        tx,
        NewTurn(
            turn_id=TurnId(new_id()),
            session_id=session_id,
            user_id=user_id,
            assistant_kind=assistant_kind,
            created_at=tx.clock.now(),
            subject=subject,
            message_id=message_id,
            platform=platform,
            options=options or {},
        ),
    )
    if n_before >= MAX_OPEN_TURNS:
        raise TooManyTurns()
    await tell_turn(tx, turn, is_new=True)
    if n_before == 0:
        await _defer(tx, turn)
    return turn


async def start_next(tx: Tx, *, session_id: UUID) -> None:
    """Defer the job of the first turn that waits, unless one runs. The session must be locked."""
    await _start_first(tx, await turns.find_open_turns(tx, session_id=session_id))


async def _start_first(tx: Tx, open_turns: Sequence[Turn]) -> None:
    if open_turns and open_turns[0].state is TurnState.QUEUED:
        await _defer(tx, open_turns[0])


async def tell_end(tx: Tx, ended: Turn, open_turns: Sequence[Turn]) -> None:
    """Tell of a turn that has ended, and start the next. The session must be locked."""
    await tell_turn(tx, ended, is_last=not open_turns)
    await _start_first(tx, open_turns)


async def _defer(tx: Tx, turn: Turn) -> None:
    """A job that waits for the next try of this turn waits on, unless the person asked anew."""
    await defer(
        tx,
        run_turn_job,
        key=f"turn:{turn.turn_id}",
        hurry=turn.error_code is None,
        turn_id=str(turn.turn_id),
    )


async def tell_turn(tx: Tx, turn: Turn, *, is_new: bool = False, is_last: bool = False) -> None:
    """Tell the domains above, and then the clients, of a turn's new state."""
    await publish(
        tx,
        TurnStateChanged(
            turn_id=turn.turn_id,
            session_id=turn.session_id,
            user_id=turn.user_id,
            assistant_kind=turn.assistant_kind,
            subject_kind=turn.subject.kind if turn.subject else None,
            subject_id=turn.subject.subject_id if turn.subject else None,
            state=turn.state.value,
            error_code=turn.error_code,
            is_new=is_new,
            is_last=is_last,
        ),
    )
    kind = ANNOUNCED.get(turn.state)
    if kind is not None:
        await announce(
            tx,
            room=session_room(turn.session_id),
            user_id=turn.user_id,
            kind=kind,
            ids={
                "turn_id": str(turn.turn_id),
                "session_id": str(turn.session_id),
                "attempt": turn.attempt,
                **(turn.subject.ids if turn.subject else {}),
            },
        )


async def get_turn(tx: Reading, *, turn_id: UUID) -> Turn:
    """Raises `TurnNotFound`. For code that has checked who asks."""
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None:
        raise TurnNotFound()
    return turn


async def get_turns(tx: Reading, *, turn_ids: Collection[UUID]) -> dict[TurnId, Turn]:
    """Turns by id; unknown ones are absent. For code that has checked who asks."""
    return await turns.get_turns(tx, turn_ids=turn_ids)


async def access_turn(tx: Reading, caller: Caller, *, turn_id: UUID) -> Turn:
    """The caller's turn. Raises `TurnNotFound`."""
    return await policy.access_turn(tx, caller, turn_id=turn_id)


async def current_turn(tx: Reading, *, session_ids: Collection[UUID]) -> dict[SessionId, Turn]:
    """Of each session the running turn, else the next in the queue, else the last to end.

    One statement. For code that has checked who asks.
    """
    return await turns.current_turns(tx, session_ids=session_ids)


async def list_turns(
    tx: Reading, caller: Caller, *, session_id: UUID, window: Window
) -> Page[Turn]:
    """Turns of a session, newest first. Raises `SessionNotFound`."""
    session = await policy.access_session(tx, caller, session_id=session_id)
    return await turns.list_turns(tx, session_id=session.session_id, window=window)


async def retry_turn(tx: Tx, caller: Caller, *, turn_id: UUID) -> Turn:
    """Queue a failed or stopped turn again, at its old place.

    A turn that is on its way already is left alone: pressing twice is pressing once.
    Raises `TurnNotFound`, `TurnNotRetryable`.
    """
    turn = await policy.access_turn(tx, caller, turn_id=turn_id)
    await lock_session(tx, session_id=turn.session_id)
    turn = await get_turn(tx, turn_id=turn_id)
    if turn.state.is_open:
        return turn
    if turn.state is TurnState.DONE:
        raise TurnNotRetryable(state=turn.state.value)
    return await requeue(tx, turn)


async def requeue(tx: Tx, turn: Turn) -> Turn:
    """Queue an ended turn again. The session must be locked."""
    await set_failed(tx, turn, at=None)
    queued = await turns.requeue_turn(tx, turn_id=turn.turn_id)
    await tell_turn(tx, queued)
    await start_next(tx, session_id=turn.session_id)
    return queued


async def set_failed(tx: Tx, turn: Turn, *, at: datetime | None) -> None:
    """Mark the message of a turn as one that stays without an answer, or no more; tell clients."""
    if turn.message_id is None:
        return
    if not await messages.set_message_error(tx, message_id=turn.message_id, at=at):
        return
    await announce(
        tx,
        room=session_room(turn.session_id),
        user_id=turn.user_id,
        kind="message.changed",
        ids={
            "message_pk": turn.message_id,
            "session_id": str(turn.session_id),
            **(turn.subject.ids if turn.subject else {}),
        },
    )


async def stop_turn(tx: Tx, caller: Caller, *, turn_id: UUID) -> Turn:
    """Stop an answer. One that runs is stopped by whoever runs it, with its partial text kept.

    Raises `TurnNotFound`, `TurnEnded`.
    """
    turn = await policy.access_turn(tx, caller, turn_id=turn_id)
    await lock_session(tx, session_id=turn.session_id)
    turn = await get_turn(tx, turn_id=turn_id)
    if not turn.state.is_open:
        raise TurnEnded(state=turn.state.value)
    return await _stop(tx, turn)


async def stop_turns(tx: Tx, *, session_id: UUID) -> None:
    """Stop all that runs or waits in a session. For code that has checked who asks."""
    await lock_session(tx, session_id=session_id)
    # Those that wait first: the end of a running one would start the next.
    for turn in reversed(await turns.find_open_turns(tx, session_id=session_id)):
        await _stop(tx, turn)


async def _stop(tx: Tx, turn: Turn) -> Turn:
    now = tx.clock.now()
    if turn.state is TurnState.RUNNING:
        stopping = await turns.request_stop(tx, turn_id=turn.turn_id, at=now)
        await notify(tx, SIGNAL_CHANNEL, str(turn.turn_id))
        return stopping
    ended, open_turns = await turns.end_turn(
        tx, turn_id=turn.turn_id, state=TurnState.STOPPED, at=now
    )
    await tell_end(tx, ended, open_turns)
    return ended
