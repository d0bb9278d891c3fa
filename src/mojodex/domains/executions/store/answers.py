"""Queries that store what the assistant delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.store.rows import EXECUTION_PARTS, VersionParts, read_execution
from mojodex.domains.executions.store.searching import WORDS
from mojodex.domains.executions.store.texts import ensure_text_query
from mojodex.domains.executions.views import (
    ExecutionState,
    ProducedTextId,
    StoredExecution,
    StoredVersion,
    VersionId,
)
from mojodex.platform.db import Prepared, Tx, given


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the next version of an execution's text will stand; the text may be yet to be made."""

    produced_text_id: ProducedTextId
    version_id: VersionId
    index: int


def _next_id(column: Any) -> ColumnElement[int]:
    name = func.pg_get_serial_sequence(column.class_.__tablename__, column.key)
    return func.nextval(name, type_=BigInteger())


def _lock_with_place() -> Prepared:
    text = ProducedTextRow.user_task_execution_fk == ExecutionRow.user_task_execution_pk
    number = select(ProducedTextRow.produced_text_pk).where(text).scalar_subquery()
    newest = (
        select(func.max(VersionRow.version_index))
        .join(ProducedTextRow, ProducedTextRow.produced_text_pk == VersionRow.produced_text_fk)
        .where(text)
        .correlate(ExecutionRow)
        .scalar_subquery()
    )
    return Prepared(
        select(
            func.coalesce(number, _next_id(ProducedTextRow.produced_text_pk)),
            _next_id(VersionRow.produced_text_version_pk),
            func.coalesce(newest, 0) + 1,
            *EXECUTION_PARTS,
        )
        .where(ExecutionRow.user_task_execution_pk == bindparam("execution_id"))
        .with_for_update(of=ExecutionRow)
    )


_LOCK_WITH_PLACE = _lock_with_place()


async def lock_with_place(tx: Tx, *, execution_id: int) -> tuple[StoredExecution, Place] | None:
    """An execution, its row locked, and ids for the next version of its text.

    The message of a delivery names its version, and the version its message: with ids that are
    known before, each is written once. The session must be locked, so that the place stays free.
    """
    rows = await tx.fetch(_LOCK_WITH_PLACE, {"execution_id": execution_id})
    if not rows:
        return None
    (produced_text_id, version_id, index, *parts) = rows[0]
    return read_execution(parts), Place(
        produced_text_id=ProducedTextId(produced_text_id),
        version_id=VersionId(version_id),
        index=index,
    )


def _deliver() -> Prepared:
    """The text when there is none, its new version and its execution, in one statement."""
    text = ensure_text_query(
        produced_text_pk=bindparam("produced_text_id", type_=BigInteger()),
    ).cte("text")
    written = {
        name: bindparam(f"version_{name}", type_=getattr(VersionRow, name).type)
        for name in VersionParts._fields
        if name not in ("produced_text_fk", "revision", "restored_index")
    }
    version = (
        insert(VersionRow)
        .from_select(
            ["produced_text_fk", *written],
            select(text.c.produced_text_pk, *written.values()).where(text.c.deleted_at.is_(None)),
        )
        .returning(VersionRow.produced_text_version_pk)
        .cte("version")
    )
    return Prepared(
        update(ExecutionRow)
        .where(
            ExecutionRow.user_task_execution_pk == bindparam("execution_id"),
            select(version.c.produced_text_version_pk).exists(),
        )
        .values(**given("end_date", "consumed_at", "state"), search_words=WORDS)
        .returning(*EXECUTION_PARTS)
    )


_DELIVER = _deliver()


async def deliver(
    tx: Tx,
    execution: StoredExecution,
    version: StoredVersion,
    *,
    state: ExecutionState,
    ended_at: datetime,
    consumed_at: datetime | None,
    words: Sequence[str],
) -> StoredExecution:
    """Add the version in its `Place`, and note in the locked execution what follows from it: when
    there was a result first, when its run was consumed, and by which words it is found."""
    rows = await tx.fetch(
        _DELIVER,
        {
            "owner_id": execution.user_id,
            "execution_id": execution.execution_id,
            "of_session_id": execution.session_id,
            "at": version.created_at,
            "produced_text_id": version.produced_text_id,
            "version_produced_text_version_pk": version.version_id,
            "version_version_index": version.index,
            "version_title": version.title,
            "version_production": version.body,
            "version_creation_date": version.created_at,
            "version_edited_at": version.edited_at,
            "version_author": version.author.value,
            "version_cause": version.cause.value,
            "version_ending": version.ending.value,
            "version_message_id": version.message_id,
            "version_text_type_fk": version.text_type_id,
            "end_date": ended_at,
            "consumed_at": consumed_at,
            "state": state.value,
            "words": list(words),
        },
    )
    if not rows:
        raise LookupError(f"execution {execution.execution_id} has a text that is deleted")
    return read_execution(rows[0])
