"""Queries about produced texts and their versions."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from mojodex.domains.catalog import TaskId, TextTypeId
from mojodex.domains.chat import MessageId, SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.store.executions import FRESH, UNSYNCHRONIZED
from mojodex.domains.executions.views import (
    Author,
    Cause,
    Ending,
    ExecutionId,
    NewVersion,
    ProducedText,
    ProducedTextId,
    StoredVersion,
    VersionId,
)
from mojodex.domains.identity import UserId
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Tx


async def ensure_text(
    tx: Tx,
    *,
    user_id: UserId,
    execution_id: ExecutionId,
    session_id: SessionId,
    at: datetime,
) -> ProducedText:
    """The one text of an execution, made when there is none, its row locked."""
    await tx.execute(
        insert(ProducedTextRow)
        .values(
            user_id=user_id,
            user_task_execution_fk=execution_id,
            session_id=session_id,
            creation_date=at,
        )
        .on_conflict_do_nothing(index_elements=[ProducedTextRow.user_task_execution_fk])
    )
    found = await find_text_of_execution(tx, execution_id=execution_id, is_locked=True)
    if found is None:
        raise LookupError(f"execution {execution_id} has no text after one was made")
    return found


async def add_text(tx: Tx, *, user_id: UserId, at: datetime) -> ProducedText:
    """A text without an execution."""
    row = ProducedTextRow(user_id=user_id, creation_date=at)
    tx.add(row)
    await tx.flush()
    return _read_text(row)


async def find_text(
    tx: Tx, *, produced_text_id: int, is_locked: bool = False
) -> ProducedText | None:
    return await _find(
        tx,
        select(ProducedTextRow).where(ProducedTextRow.produced_text_pk == produced_text_id),
        is_locked=is_locked,
    )


async def find_text_of_execution(
    tx: Tx, *, execution_id: int, is_locked: bool = False
) -> ProducedText | None:
    return await _find(
        tx,
        select(ProducedTextRow).where(ProducedTextRow.user_task_execution_fk == execution_id),
        is_locked=is_locked,
    )


async def _find(tx: Tx, query: Select[ProducedTextRow], *, is_locked: bool) -> ProducedText | None:
    query = query.where(ProducedTextRow.deleted_at.is_(None))
    row = await tx.scalar(query.with_for_update() if is_locked else query, execution_options=FRESH)
    return None if row is None else _read_text(row)


async def add_version(tx: Tx, new: NewVersion) -> VersionId:
    row = VersionRow(
        produced_text_fk=new.produced_text_id,
        version_index=new.index,
        title=new.title,
        production=new.body,
        author=new.author,
        cause=new.cause,
        ending=new.ending,
        restored_index=new.restored_index,
        message_id=new.message_id,
        text_type_fk=new.text_type_id,
        creation_date=new.created_at,
        edited_at=new.created_at,
    )
    tx.add(row)
    await tx.flush()
    return VersionId(row.produced_text_version_pk)


async def change_version(
    tx: Tx, *, version_id: int, title: str | None, body: str, at: datetime
) -> None:
    """Replace the text of a version: one more revision of it."""
    await _change(
        tx,
        version_id,
        title=title,
        production=body,
        edited_at=at,
        ending=Ending.WHOLE,
        revision=VersionRow.revision + 1,
    )


async def set_message(tx: Tx, *, version_id: int, message_id: int) -> None:
    await _change(tx, version_id, message_id=message_id)


async def _change(tx: Tx, version_id: int, **values: object) -> None:
    await tx.execute(
        update(VersionRow)
        .where(VersionRow.produced_text_version_pk == version_id)
        .values(**values),
        execution_options=UNSYNCHRONIZED,
    )


async def mark_read_by_message(tx: Tx, *, message_ids: Collection[int], at: datetime) -> None:
    await _mark_read(tx, VersionRow.message_id.in_(message_ids), at)


async def mark_read(tx: Tx, *, version_id: int, at: datetime) -> None:
    await _mark_read(tx, VersionRow.produced_text_version_pk == version_id, at)


async def _mark_read(tx: Tx, which: ColumnElement[bool], at: datetime) -> None:
    await tx.execute(
        update(VersionRow).where(which, VersionRow.read_by_user.is_(None)).values(read_by_user=at),
        execution_options=UNSYNCHRONIZED,
    )


async def find_latest(tx: Tx, *, produced_text_id: int) -> StoredVersion | None:
    rows = await _read_all(
        tx,
        _versions()
        .where(VersionRow.produced_text_fk == produced_text_id)
        .order_by(VersionRow.version_index.desc())
        .limit(1),
    )
    return rows[0] if rows else None


async def find_version(tx: Tx, *, execution_id: int, index: int) -> StoredVersion | None:
    rows = await _read_all(
        tx,
        _versions().where(
            ProducedTextRow.user_task_execution_fk == execution_id,
            VersionRow.version_index == index,
        ),
    )
    return rows[0] if rows else None


async def get_versions(tx: Tx, *, version_ids: Collection[int]) -> list[StoredVersion]:
    if not version_ids:
        return []
    return await _read_all(
        tx, _versions().where(VersionRow.produced_text_version_pk.in_(version_ids))
    )


async def get_versions_of_messages(tx: Tx, *, message_ids: Collection[int]) -> list[StoredVersion]:
    if not message_ids:
        return []
    return await _read_all(tx, _versions().where(VersionRow.message_id.in_(message_ids)))


async def latest_versions(
    tx: Tx, *, execution_ids: Collection[int]
) -> dict[ExecutionId, StoredVersion]:
    """The latest version of each execution that has one; its index is their number."""
    if not execution_ids:
        return {}
    found = await _read_all(
        tx,
        _versions()
        .where(ProducedTextRow.user_task_execution_fk.in_(execution_ids))
        .ext(distinct_on(ProducedTextRow.user_task_execution_fk))
        .order_by(ProducedTextRow.user_task_execution_fk, VersionRow.version_index.desc()),
    )
    return {item.execution_id: item for item in found if item.execution_id is not None}


async def count_versions(tx: Tx, *, execution_ids: Collection[int]) -> dict[ExecutionId, int]:
    """How many versions each execution has, without reading them; those without are absent."""
    if not execution_ids:
        return {}
    rows = await tx.execute(
        select(ProducedTextRow.user_task_execution_fk, func.max(VersionRow.version_index))
        .join(VersionRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
        .where(
            ProducedTextRow.user_task_execution_fk.in_(execution_ids),
            ProducedTextRow.deleted_at.is_(None),
        )
        .group_by(ProducedTextRow.user_task_execution_fk)
    )
    return {ExecutionId(number): count for number, count in rows if number is not None}


async def list_versions(tx: Tx, *, execution_id: int, window: Window) -> Page[StoredVersion]:
    query = _versions().where(ProducedTextRow.user_task_execution_fk == execution_id)
    if window.cursor is not None:
        (index,) = decode_cursor(window.cursor, int)
        query = query.where(VersionRow.version_index < index)
    found = await _read_all(
        tx,
        query.order_by(VersionRow.version_index.desc())
        .offset(window.offset)
        .limit(window.limit + 1),
    )
    return cut_page(found, window.limit, lambda item: encode_cursor(item.index))


def _versions() -> Select[VersionRow, int | None, int | None]:
    return (
        select(VersionRow, ProducedTextRow.user_task_execution_fk, ExecutionRow.task_fk)
        .join(ProducedTextRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
        .outerjoin(
            ExecutionRow,
            ExecutionRow.user_task_execution_pk == ProducedTextRow.user_task_execution_fk,
        )
        .where(ProducedTextRow.deleted_at.is_(None))
    )


async def _read_all(
    tx: Tx, query: Select[VersionRow, int | None, int | None]
) -> list[StoredVersion]:
    rows = await tx.execute(query, execution_options=FRESH)
    return [_read_version(row, execution_id, task_id) for row, execution_id, task_id in rows]


def _read_text(row: ProducedTextRow) -> ProducedText:
    execution_id = row.user_task_execution_fk
    return ProducedText(
        produced_text_id=ProducedTextId(row.produced_text_pk),
        user_id=UserId(row.user_id),
        execution_id=None if execution_id is None else ExecutionId(execution_id),
    )


def _read_version(row: VersionRow, execution_id: int | None, task_id: int | None) -> StoredVersion:
    return StoredVersion(
        version_id=VersionId(row.produced_text_version_pk),
        produced_text_id=ProducedTextId(row.produced_text_fk),
        execution_id=None if execution_id is None else ExecutionId(execution_id),
        task_id=None if task_id is None else TaskId(task_id),
        index=row.version_index,
        title=row.title,
        body=row.production,
        created_at=row.creation_date,
        edited_at=row.edited_at,
        revision=row.revision,
        author=Author(row.author),
        cause=Cause(row.cause),
        ending=Ending(row.ending),
        restored_index=row.restored_index,
        message_id=None if row.message_id is None else MessageId(row.message_id),
        text_type_id=None if row.text_type_fk is None else TextTypeId(row.text_type_fk),
    )
