"""Queries that remove for good."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update

from mojodex.domains.chat.models import MessageRow, SessionRow, TurnRow
from mojodex.domains.chat.views import SessionId, SessionMode, Subject, TurnState
from mojodex.domains.identity import UserId
from mojodex.platform.db import Tx

#: Nothing of these rows is kept in the transaction's own memory.
UNSYNCHRONIZED = {"synchronize_session": False}


async def list_deleted(tx: Tx, *, before: datetime, limit: int) -> list[SessionId]:
    """Sessions that their persons deleted before this instant, the oldest deletions first."""
    rows = await tx.scalars(
        select(SessionRow.session_id)
        .where(SessionRow.deleted_at < before)
        .order_by(SessionRow.deleted_at, SessionRow.session_id)
        .limit(limit)
    )
    return [SessionId(session_id) for session_id in rows]


async def still_deleted(
    tx: Tx, *, session_ids: Collection[UUID], before: datetime
) -> list[SessionId]:
    """Those that nobody brought back meanwhile."""
    rows = await tx.scalars(
        select(SessionRow.session_id).where(
            SessionRow.session_id.in_(session_ids), SessionRow.deleted_at < before
        )
    )
    return [SessionId(session_id) for session_id in rows]


async def remove_sessions(
    tx: Tx, *, session_ids: Collection[UUID], modes: Collection[SessionMode] = tuple(SessionMode)
) -> dict[SessionId, UserId]:
    """Delete sessions of these modes with all that hangs on them. Returns whose they were."""
    rows = await tx.execute(
        delete(SessionRow)
        .where(SessionRow.session_id.in_(session_ids), SessionRow.starting_mode.in_(modes))
        .returning(SessionRow.session_id, SessionRow.user_id),
        execution_options=UNSYNCHRONIZED,
    )
    return {SessionId(session_id): UserId(user_id) for session_id, user_id in rows}


async def remove_subjects(
    tx: Tx, *, session_ids: Collection[UUID], subjects: Collection[Subject]
) -> None:
    """Delete what these sessions hold about these subjects: messages and turns."""
    pairs = [(subject.kind, subject.subject_id) for subject in subjects]
    for row in (TurnRow, MessageRow):
        await tx.execute(
            delete(row).where(
                row.session_id.in_(session_ids),
                tuple_(row.subject_kind, row.subject_id).in_(pairs),
            ),
            execution_options=UNSYNCHRONIZED,
        )


async def restore_session(tx: Tx, *, session_id: UUID) -> None:
    await tx.execute(
        update(SessionRow).where(SessionRow.session_id == session_id).values(deleted_at=None),
        execution_options=UNSYNCHRONIZED,
    )


async def list_open_sessions(tx: Tx, *, user_id: UUID) -> list[SessionId]:
    """The person's sessions in which a turn runs or waits, in the order of their ids."""
    rows = await tx.scalars(
        select(TurnRow.session_id)
        .where(
            TurnRow.user_id == user_id,
            TurnRow.state.in_((TurnState.RUNNING, TurnState.QUEUED)),
        )
        .distinct()
        .order_by(TurnRow.session_id)
    )
    return [SessionId(session_id) for session_id in rows]
