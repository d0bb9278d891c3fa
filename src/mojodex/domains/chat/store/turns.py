"""Queries about turns."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from mojodex.domains.chat.models import TurnRow
from mojodex.domains.chat.store.rows import (
    FRESH,
    TURN_PARTS,
    UNSYNCHRONIZED,
    TurnParts,
    read_turn,
    subject_columns,
)
from mojodex.domains.chat.views import NewTurn, SessionId, Turn, TurnId, TurnSignal, TurnState
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, Tx


def _waits() -> ColumnElement[int]:
    """Sorts running turns before queued ones before ended ones."""
    return case(
        (TurnRow.state == TurnState.RUNNING, 0), (TurnRow.state == TurnState.QUEUED, 1), else_=2
    )


async def add_turn(tx: Tx, turn: NewTurn) -> Turn:
    row = await tx.scalar(
        insert(TurnRow)
        .values(
            turn_id=turn.turn_id,
            session_id=turn.session_id,
            user_id=turn.user_id,
            assistant_kind=turn.assistant_kind,
            message_pk=turn.message_id,
            platform=turn.platform,
            options=dict(turn.options),
            created_at=turn.created_at,
            **subject_columns(turn.subject),
        )
        .returning(TurnRow)
    )
    if row is None:
        raise LookupError("an inserted turn was not returned")
    return read_turn(row)


async def find_turn(tx: Tx, *, turn_id: UUID, is_locked: bool = False) -> Turn | None:
    """A turn; `is_locked` holds its row until the transaction ends."""
    query = select(TurnRow).where(TurnRow.turn_id == turn_id)
    row = await tx.scalar(query.with_for_update() if is_locked else query, execution_options=FRESH)
    return None if row is None else read_turn(row)


async def get_turns(tx: Tx, *, turn_ids: Collection[UUID]) -> dict[TurnId, Turn]:
    if not turn_ids:
        return {}
    rows = await tx.scalars(
        select(TurnRow).where(TurnRow.turn_id.in_(turn_ids)), execution_options=FRESH
    )
    return {TurnId(row.turn_id): read_turn(row) for row in rows}


async def find_turn_of_message(tx: Tx, *, message_id: int) -> Turn | None:
    """The latest turn that answers this message."""
    row = await tx.scalar(
        select(TurnRow)
        .where(TurnRow.message_pk == message_id)
        .order_by(TurnRow.queue_number.desc())
        .limit(1),
        execution_options=FRESH,
    )
    return None if row is None else read_turn(row)


async def find_open_turns(tx: Tx, *, session_id: UUID) -> list[Turn]:
    """The running turn of a session, if any, and then those that wait, in order."""
    rows = await tx.scalars(
        select(TurnRow)
        .where(
            TurnRow.session_id == session_id,
            TurnRow.state.in_((TurnState.RUNNING, TurnState.QUEUED)),
        )
        .order_by(_waits(), TurnRow.queue_number),
        execution_options=FRESH,
    )
    return [read_turn(row) for row in rows]


_CURRENT = Prepared(
    select(*TURN_PARTS)
    .where(TurnRow.session_id == any_(bindparam("session_ids", type_=ARRAY(Uuid(as_uuid=True)))))
    .ext(distinct_on(TurnRow.session_id))
    .order_by(
        TurnRow.session_id,
        _waits(),
        TurnRow.ended_at.desc(),
        case((TurnRow.state == TurnState.QUEUED, TurnRow.queue_number)),
        TurnRow.queue_number.desc(),
    )
)


async def current_turns(tx: Reading, *, session_ids: Collection[UUID]) -> dict[SessionId, Turn]:
    if not session_ids:
        return {}
    rows = await tx.fetch(_CURRENT, {"session_ids": list(session_ids)})
    turns = [read_turn(TurnParts(*row)) for row in rows]
    return {turn.session_id: turn for turn in turns}


async def list_turns(tx: Tx, *, session_id: UUID, window: Window) -> Page[Turn]:
    query = select(TurnRow).where(TurnRow.session_id == session_id)
    if window.cursor is not None:
        (number,) = decode_cursor(window.cursor, int)
        query = query.where(TurnRow.queue_number < number)
    rows = await tx.scalars(
        query.order_by(TurnRow.queue_number.desc()).offset(window.offset).limit(window.limit + 1),
        execution_options=FRESH,
    )
    page = cut_page(list(rows), window.limit, lambda row: encode_cursor(row.queue_number))
    return page.map(read_turn)


async def claim_turn(tx: Tx, *, turn_id: UUID, claim: str | None, at: datetime) -> Turn | None:
    """Take a turn up: one more attempt, by this claim. None when its person was erased."""
    return await _update_turn(
        tx,
        turn_id,
        state=TurnState.RUNNING,
        attempt=TurnRow.attempt + 1,
        claimed_by=claim,
        error_code=None,
        started_at=func.coalesce(TurnRow.started_at, at),
    )


async def end_turn(
    tx: Tx, *, turn_id: UUID, state: TurnState, at: datetime, error_code: str | None = None
) -> Turn:
    return await _change_turn(tx, turn_id, state=state, ended_at=at, error_code=error_code)


async def requeue_turn(tx: Tx, *, turn_id: UUID) -> Turn:
    return await _change_turn(
        tx,
        turn_id,
        state=TurnState.QUEUED,
        ended_at=None,
        error_code=None,
        n_failures=0,
        claimed_by=None,
        stop_requested_at=None,
    )


async def put_back(tx: Tx, *, turn_id: UUID, error_code: str) -> Turn:
    """Let a running turn, whose try failed for this reason, wait for another one."""
    return await _change_turn(
        tx,
        turn_id,
        state=TurnState.QUEUED,
        claimed_by=None,
        error_code=error_code,
        n_failures=TurnRow.n_failures + 1,
    )


async def release_turn(tx: Tx, *, turn_id: UUID) -> Turn:
    """Let a turn that nobody runs any more wait again; a request to stop it stays."""
    return await _change_turn(tx, turn_id, state=TurnState.QUEUED, claimed_by=None)


async def list_heads(tx: Tx) -> list[TurnId]:
    """Of each session in which turns run or wait the one that is due: the running, else the first.

    One statement.
    """
    rows = await tx.scalars(
        select(TurnRow.turn_id)
        .where(TurnRow.state.in_((TurnState.RUNNING, TurnState.QUEUED)))
        .ext(distinct_on(TurnRow.session_id))
        .order_by(TurnRow.session_id, _waits(), TurnRow.queue_number)
    )
    return [TurnId(turn_id) for turn_id in rows]


async def request_stop(tx: Tx, *, turn_id: UUID, at: datetime) -> Turn:
    return await _change_turn(
        tx, turn_id, stop_requested_at=func.coalesce(TurnRow.stop_requested_at, at)
    )


async def find_claim(tx: Tx, *, turn_id: UUID) -> str | None:
    """Who took a turn up last."""
    return await tx.scalar(select(TurnRow.claimed_by).where(TurnRow.turn_id == turn_id))


async def list_signals(tx: Tx, *, turn_ids: Collection[UUID]) -> list[TurnSignal]:
    """What those who run these turns must know. A turn that is gone is absent."""
    rows = await tx.execute(
        select(TurnRow.turn_id, TurnRow.state, TurnRow.attempt, TurnRow.stop_requested_at).where(
            TurnRow.turn_id.in_(turn_ids)
        )
    )
    return [
        TurnSignal(
            turn_id=TurnId(turn_id),
            is_running=state == TurnState.RUNNING,
            attempt=attempt,
            is_stop_requested=stop_requested_at is not None,
        )
        for turn_id, state, attempt, stop_requested_at in rows
    ]


async def _change_turn(tx: Tx, turn_id: UUID, **values: object) -> Turn:
    changed = await _update_turn(tx, turn_id, **values)
    if changed is None:
        raise LookupError(f"turn {turn_id} vanished while it was locked")
    return changed


async def _update_turn(tx: Tx, turn_id: UUID, **values: object) -> Turn | None:
    row = await tx.scalar(
        update(TurnRow).where(TurnRow.turn_id == turn_id).values(**values).returning(TurnRow),
        execution_options=UNSYNCHRONIZED,
    )
    return None if row is None else read_turn(row)
