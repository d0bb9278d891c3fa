"""Queries that remove for good."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from mojodex.domains.chat import SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow
from mojodex.domains.executions.store.executions import UNSYNCHRONIZED
from mojodex.domains.executions.views import ExecutionId
from mojodex.platform.db import Tx

Due = dict[ExecutionId, SessionId]


async def list_deleted(
    tx: Tx, *, before: datetime, limit: int, among: Collection[int] | None = None
) -> Due:
    """Executions that were deleted before this instant, the oldest deletions first."""
    query = select(ExecutionRow.user_task_execution_pk, ExecutionRow.session_id).where(
        ExecutionRow.deleted_at < before
    )
    if among is not None:
        query = query.where(ExecutionRow.user_task_execution_pk.in_(among))
    rows = await tx.execute(
        query.order_by(ExecutionRow.deleted_at, ExecutionRow.user_task_execution_pk).limit(limit)
    )
    return {ExecutionId(number): SessionId(session_id) for number, session_id in rows}


async def sessions_of_others(
    tx: Tx, *, session_ids: Collection[UUID], than: Collection[int]
) -> set[SessionId]:
    """Those of the sessions in which there are other executions than these, deleted or not."""
    rows = await tx.scalars(
        select(ExecutionRow.session_id).where(
            ExecutionRow.session_id.in_(session_ids),
            ExecutionRow.user_task_execution_pk.not_in(than),
        )
    )
    return {SessionId(session_id) for session_id in rows}


async def list_of_session(tx: Tx, *, session_id: UUID) -> list[ExecutionId]:
    """The executions of a session that are not deleted, oldest first."""
    rows = await tx.scalars(
        select(ExecutionRow.user_task_execution_pk)
        .where(ExecutionRow.session_id == session_id, ExecutionRow.deleted_at.is_(None))
        .order_by(ExecutionRow.user_task_execution_pk)
    )
    return [ExecutionId(number) for number in rows]


async def remove_executions(tx: Tx, *, execution_ids: Collection[int]) -> None:
    """Delete executions, with their texts and versions."""
    await tx.execute(
        delete(ExecutionRow).where(ExecutionRow.user_task_execution_pk.in_(execution_ids)),
        execution_options=UNSYNCHRONIZED,
    )


async def remove_texts(tx: Tx, *, before: datetime, limit: int) -> int:
    """Delete texts that were deleted by themselves before this instant. Returns how many."""
    due = (
        select(ProducedTextRow.produced_text_pk)
        .where(ProducedTextRow.deleted_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = delete(ProducedTextRow).where(ProducedTextRow.produced_text_pk.in_(due))
    rows = await tx.scalars(
        gone.returning(ProducedTextRow.produced_text_pk), execution_options=UNSYNCHRONIZED
    )
    return len(rows.all())
