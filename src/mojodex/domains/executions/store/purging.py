"""Queries that remove for good."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, all_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY

from mojodex.domains.chat import SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow
from mojodex.domains.executions.views import ExecutionId
from mojodex.platform.db import Prepared, Tx, one_of_numbers, one_of_uuids

Due = dict[ExecutionId, SessionId]

_LIMIT = bindparam("limit", type_=BigInteger())
_DELETED = (
    select(ExecutionRow.user_task_execution_pk, ExecutionRow.session_id)
    .where(ExecutionRow.deleted_at < bindparam("before"))
    .order_by(ExecutionRow.deleted_at, ExecutionRow.user_task_execution_pk)
    .limit(_LIMIT)
)
_ALL_DELETED = Prepared(_DELETED)
_DELETED_AMONG = Prepared(
    _DELETED.where(ExecutionRow.user_task_execution_pk == one_of_numbers("among"))
)


async def list_deleted(
    tx: Tx, *, before: datetime, limit: int, among: Collection[int] | None = None
) -> Due:
    """Executions that were deleted before this instant, the oldest deletions first."""
    rows = await tx.fetch(
        _ALL_DELETED if among is None else _DELETED_AMONG,
        {"before": before, "limit": limit, "among": list(among or ())},
    )
    return {ExecutionId(number): SessionId(session_id) for number, session_id in rows}


_OTHERS = Prepared(
    select(ExecutionRow.session_id).where(
        ExecutionRow.session_id == one_of_uuids("session_ids"),
        ExecutionRow.user_task_execution_pk != all_(bindparam("than", type_=ARRAY(BigInteger()))),
    )
)


async def sessions_of_others(
    tx: Tx, *, session_ids: Collection[UUID], than: Collection[int]
) -> set[SessionId]:
    """Those of the sessions in which there are other executions than these, deleted or not."""
    rows = await tx.fetch(_OTHERS, {"session_ids": list(session_ids), "than": list(than)})
    return {SessionId(session_id) for (session_id,) in rows}


_OF_SESSION = Prepared(
    select(ExecutionRow.user_task_execution_pk)
    .where(ExecutionRow.session_id == bindparam("session_id"), ExecutionRow.deleted_at.is_(None))
    .order_by(ExecutionRow.user_task_execution_pk)
)


async def list_of_session(tx: Tx, *, session_id: UUID) -> list[ExecutionId]:
    """The executions of a session that are not deleted, oldest first."""
    rows = await tx.fetch(_OF_SESSION, {"session_id": session_id})
    return [ExecutionId(number) for (number,) in rows]


_REMOVE = Prepared(
    delete(ExecutionRow).where(
        ExecutionRow.user_task_execution_pk == one_of_numbers("execution_ids")
    )
)


async def remove_executions(tx: Tx, *, execution_ids: Collection[int]) -> None:
    """Delete executions, with their texts and versions."""
    await tx.change(_REMOVE, {"execution_ids": list(execution_ids)})


_REMOVE_TEXTS = Prepared(
    delete(ProducedTextRow).where(
        ProducedTextRow.produced_text_pk.in_(
            select(ProducedTextRow.produced_text_pk)
            .where(ProducedTextRow.deleted_at < bindparam("before"))
            .limit(_LIMIT)
            .with_for_update(skip_locked=True)
        )
    )
)


async def remove_texts(tx: Tx, *, before: datetime, limit: int) -> int:
    """Delete texts that were deleted by themselves before this instant. Returns how many."""
    return await tx.change(_REMOVE_TEXTS, {"before": before, "limit": limit})
