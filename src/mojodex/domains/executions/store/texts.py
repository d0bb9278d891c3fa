"""Queries about produced texts and their versions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.sql.dml import ReturningInsert

from mojodex.domains.catalog import TaskId, TextTypeId
from mojodex.domains.chat import MessageId, SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.store.executions import (
    FRESH,
    UNSYNCHRONIZED,
    read_execution,
)
from mojodex.domains.executions.views import (
    Author,
    Cause,
    Ending,
    ExecutionId,
    NewVersion,
    ProducedText,
    ProducedTextId,
    StoredExecution,
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
    rows = await tx.execute(
        _ensure_text(user_id=user_id, execution_id=execution_id, session_id=session_id, at=at)
    )
    number, deleted_at = rows.one()
    if deleted_at is not None:
        raise LookupError(f"execution {execution_id} has a text that is deleted")
    return ProducedText(
        produced_text_id=ProducedTextId(number), user_id=user_id, execution_id=execution_id
    )


@dataclass(frozen=True, kw_only=True)
class NewAnswer:
    """What the assistant delivered, to be stored as the newest version of an execution's text."""

    user_id: UserId
    execution_id: ExecutionId
    task_id: TaskId
    session_id: SessionId
    title: str | None
    body: str
    ending: Ending
    text_type_id: TextTypeId | None
    created_at: datetime


async def add_answer(tx: Tx, new: NewAnswer) -> StoredVersion:
    """Add a version, and the text when there is none, in one statement; the text stays locked.

    The session must be locked: then nobody adds a version between the reading of the newest index
    and the writing of the next one.
    """
    text = _ensure_text(
        user_id=new.user_id,
        execution_id=new.execution_id,
        session_id=new.session_id,
        at=new.created_at,
    ).cte("text")
    index = (
        select(func.coalesce(func.max(VersionRow.version_index), 0) + 1)
        .where(VersionRow.produced_text_fk == text.c.produced_text_pk)
        .scalar_subquery()
    )
    values = {
        VersionRow.produced_text_fk: text.c.produced_text_pk,
        VersionRow.version_index: index,
        VersionRow.title: literal(new.title, Text()),
        VersionRow.production: literal(new.body, Text()),
        VersionRow.author: literal(Author.ASSISTANT.value, Text()),
        VersionRow.cause: case((index == 1, Cause.ANSWER.value), else_=Cause.CHANGE.value),
        VersionRow.ending: literal(new.ending.value, Text()),
        VersionRow.text_type_fk: literal(new.text_type_id, BigInteger()),
        VersionRow.creation_date: literal(new.created_at, DateTime(timezone=True)),
        VersionRow.edited_at: literal(new.created_at, DateTime(timezone=True)),
    }
    rows = await tx.scalars(
        insert(VersionRow)
        .from_select(list(values), select(*values.values()).where(text.c.deleted_at.is_(None)))
        .returning(VersionRow)
    )
    return _read_version(rows.one(), new.execution_id, new.task_id)


def _ensure_text(
    *, user_id: UserId, execution_id: ExecutionId, session_id: SessionId, at: datetime
) -> ReturningInsert[int, datetime | None]:
    """The one text of an execution, made when there is none; its row is locked."""
    statement = insert(ProducedTextRow).values(
        user_id=user_id,
        user_task_execution_fk=execution_id,
        session_id=session_id,
        creation_date=at,
    )
    # An update that changes nothing: it locks the row that is there, and returns it.
    return statement.on_conflict_do_update(
        index_elements=[ProducedTextRow.user_task_execution_fk],
        set_={"user_task_execution_fk": statement.excluded.user_task_execution_fk},
    ).returning(ProducedTextRow.produced_text_pk, ProducedTextRow.deleted_at)


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


async def find_with_text(
    tx: Tx, *, execution_id: int
) -> tuple[StoredExecution, StoredVersion | None] | None:
    """An execution and the latest version of its text, in one statement."""
    rows = await tx.execute(
        select(ExecutionRow, VersionRow)
        .outerjoin(
            ProducedTextRow,
            and_(
                ProducedTextRow.user_task_execution_fk == ExecutionRow.user_task_execution_pk,
                ProducedTextRow.deleted_at.is_(None),
            ),
        )
        .outerjoin(VersionRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
        .where(ExecutionRow.user_task_execution_pk == execution_id)
        .order_by(VersionRow.version_index.desc())
        .limit(1),
        execution_options=FRESH,
    )
    found = rows.one_or_none()
    if found is None:
        return None
    row = found[0]
    version: VersionRow | None = found[1]
    if version is None:
        return read_execution(row), None
    return read_execution(row), _read_version(version, row.user_task_execution_pk, row.task_fk)


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
