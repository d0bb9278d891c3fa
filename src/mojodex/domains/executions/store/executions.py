"""Queries about executions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, case, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from mojodex.domains.catalog import TaskId
from mojodex.domains.chat import SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.rules.inputs import decode_inputs, encode_inputs
from mojodex.domains.executions.rules.titling import search_text
from mojodex.domains.executions.store.searching import words_value
from mojodex.domains.executions.views import (
    ExecutionId,
    ExecutionInput,
    ExecutionState,
    NewExecution,
    StoredExecution,
)
from mojodex.domains.identity import UserId
from mojodex.domains.purchases import PurchaseId, UserTaskId
from mojodex.platform.db import Prepared, Reading, Tx

#: Rows read again show what the database says now, not what this transaction saw before.
FRESH = {"populate_existing": True}
UNSYNCHRONIZED = {"synchronize_session": False, "populate_existing": True}


async def add_execution(tx: Tx, new: NewExecution) -> StoredExecution:
    rows = await tx.scalars(
        insert(ExecutionRow)
        .values(
            user_id=new.user_id,
            user_task_fk=new.user_task_id,
            task_fk=new.task_id,
            session_id=new.session_id,
            json_input_values=encode_inputs(new.inputs),
            creation_date=new.created_at,
            client_id=new.client_id,
            predefined_action_from_user_task_execution_fk=new.origin_execution_id,
        )
        .returning(ExecutionRow)
    )
    return read_execution(rows.one())


async def find_by_client_id(tx: Tx, *, user_id: UserId, client_id: UUID) -> StoredExecution | None:
    row = await tx.scalar(
        select(ExecutionRow).where(
            ExecutionRow.user_id == user_id, ExecutionRow.client_id == client_id
        ),
        execution_options=FRESH,
    )
    return None if row is None else read_execution(row)


async def find_execution(
    tx: Tx, *, execution_id: int, is_locked: bool = False
) -> StoredExecution | None:
    """An execution, deleted or not; `is_locked` holds its row until the transaction ends."""
    query = select(ExecutionRow).where(ExecutionRow.user_task_execution_pk == execution_id)
    row = await tx.scalar(query.with_for_update() if is_locked else query, execution_options=FRESH)
    return None if row is None else read_execution(row)


async def get_executions(tx: Tx, *, execution_ids: Collection[int]) -> list[StoredExecution]:
    if not execution_ids:
        return []
    rows = await tx.scalars(
        select(ExecutionRow).where(ExecutionRow.user_task_execution_pk.in_(execution_ids)),
        execution_options=FRESH,
    )
    return [read_execution(row) for row in rows]


async def newest_of_sessions(
    tx: Tx, *, session_ids: Collection[UUID]
) -> dict[SessionId, ExecutionId]:
    """The newest execution of each session, deleted ones left out."""
    if not session_ids:
        return {}
    rows = await tx.execute(
        select(ExecutionRow.session_id, ExecutionRow.user_task_execution_pk)
        .where(ExecutionRow.session_id.in_(session_ids), ExecutionRow.deleted_at.is_(None))
        .ext(distinct_on(ExecutionRow.session_id))
        .order_by(ExecutionRow.session_id, ExecutionRow.user_task_execution_pk.desc())
    )
    return {SessionId(session_id): ExecutionId(number) for session_id, number in rows}


_LAST_STARTS = Prepared(
    select(
        column("asked", BigInteger()),
        select(func.max(ExecutionRow.start_date))
        .where(
            ExecutionRow.user_id == bindparam("user_id"),
            ExecutionRow.task_fk == column("asked", BigInteger()),
        )
        .scalar_subquery(),
    ).select_from(func.unnest(bindparam("task_ids", type_=ARRAY(BigInteger()))).alias("asked"))
)


async def last_starts(
    tx: Reading, *, user_id: UserId, task_ids: Collection[TaskId]
) -> dict[TaskId, datetime]:
    """When this person last started each of these tasks, deleted executions included.

    For each task one look at the end of its part of an index, not at all that was ever run.
    """
    if not task_ids:
        return {}
    rows = await tx.fetch(_LAST_STARTS, {"user_id": user_id, "task_ids": list(task_ids)})
    return {TaskId(number): at for number, at in rows if at is not None}


async def start(
    tx: Tx,
    *,
    execution_id: int,
    inputs: Sequence[ExecutionInput],
    purchase_id: PurchaseId | None,
    words: Sequence[str],
    at: datetime,
) -> StoredExecution:
    """Begin, with a run that is reserved on a purchase; its first answer is on its way."""
    return await _change(
        tx,
        execution_id,
        start_date=at,
        json_input_values=encode_inputs(inputs),
        purchase_fk=purchase_id,
        state=ExecutionState.WRITING,
        search_words=words_value(words),
    )


async def set_writing(
    tx: Tx, *, execution_id: int, purchase_id: PurchaseId | None
) -> StoredExecution:
    """Another answer is on its way."""
    return await _change(tx, execution_id, state=ExecutionState.WRITING, purchase_fk=purchase_id)


async def set_state(
    tx: Tx, *, execution_id: int, with_text: ExecutionState, without_text: ExecutionState
) -> StoredExecution | None:
    """One of two states, by whether there is a text. None when there is no such execution."""
    text = (
        select(VersionRow.version_index)
        .join(ProducedTextRow, ProducedTextRow.produced_text_pk == VersionRow.produced_text_fk)
        .where(
            ProducedTextRow.user_task_execution_fk == execution_id,
            ProducedTextRow.deleted_at.is_(None),
        )
    )
    return await _update(
        tx, execution_id, state=case((text.exists(), with_text), else_=without_text)
    )


async def set_purchase(
    tx: Tx, *, execution_id: int, purchase_id: PurchaseId | None
) -> StoredExecution:
    return await _change(tx, execution_id, purchase_fk=purchase_id)


async def set_result(
    tx: Tx,
    *,
    execution_id: int,
    ended_at: datetime,
    consumed_at: datetime | None,
    words: Sequence[str],
) -> StoredExecution:
    """Note when there was a result first and when its run was consumed, and the present words."""
    return await _change(
        tx,
        execution_id,
        end_date=ended_at,
        consumed_at=consumed_at,
        search_words=words_value(words),
    )


async def set_title(
    tx: Tx,
    *,
    execution_id: int,
    title: str | None,
    summary: str | None,
    words: Sequence[str],
) -> StoredExecution:
    return await _change(
        tx,
        execution_id,
        title=title,
        summary=summary,
        search_text=search_text(title, summary),
        search_words=words_value(words),
    )


async def set_deleted(tx: Tx, *, execution_id: int, at: datetime | None) -> StoredExecution:
    return await _change(tx, execution_id, deleted_at=at)


async def _change(tx: Tx, execution_id: int, **values: object) -> StoredExecution:
    changed = await _update(tx, execution_id, **values)
    if changed is None:
        raise LookupError(f"execution {execution_id} vanished while it was locked")
    return changed


async def _update(tx: Tx, execution_id: int, **values: object) -> StoredExecution | None:
    row = await tx.scalar(
        update(ExecutionRow)
        .where(ExecutionRow.user_task_execution_pk == execution_id)
        .values(**values)
        .returning(ExecutionRow),
        execution_options=UNSYNCHRONIZED,
    )
    return None if row is None else read_execution(row)


def read_execution(row: ExecutionRow) -> StoredExecution:
    purchase, origin = row.purchase_fk, row.predefined_action_from_user_task_execution_fk
    return StoredExecution(
        execution_id=ExecutionId(row.user_task_execution_pk),
        user_id=UserId(row.user_id),
        user_task_id=UserTaskId(row.user_task_fk),
        task_id=TaskId(row.task_fk),
        session_id=SessionId(row.session_id),
        state=ExecutionState(row.state),
        title=row.title,
        summary=row.summary,
        inputs=decode_inputs(row.json_input_values),
        created_at=row.creation_date,
        started_at=row.start_date,
        ended_at=row.end_date,
        consumed_at=row.consumed_at,
        deleted_at=row.deleted_at,
        purchase_id=None if purchase is None else PurchaseId(purchase),
        origin_execution_id=None if origin is None else ExecutionId(origin),
    )
