"""Queries about produced texts, and what writes their versions."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from mojodex.domains.chat import SessionId
from mojodex.domains.executions.models import ProducedTextRow, VersionRow
from mojodex.domains.executions.store.rows import (
    TEXT_PARTS,
    read_text,
)
from mojodex.domains.executions.views import (
    Ending,
    ExecutionId,
    NewVersion,
    ProducedText,
    ProducedTextId,
    VersionId,
)
from mojodex.domains.identity import UserId
from mojodex.platform.db import Prepared, Reading, Tx, given, one_of_numbers


def ensure_text_query(**more: object) -> ReturningInsert[int, datetime | None]:
    """The one text of an execution, made when there is none; its row is locked."""
    statement = insert(ProducedTextRow).values(
        **more,
        user_id=bindparam("owner_id", type_=Uuid(as_uuid=True)),
        user_task_execution_fk=bindparam("execution_id", type_=BigInteger()),
        session_id=bindparam("of_session_id", type_=Uuid(as_uuid=True)),
        creation_date=bindparam("at", type_=DateTime(timezone=True)),
    )
    # An update that changes nothing: it locks the row that is there, and returns it.
    return statement.on_conflict_do_update(
        index_elements=[ProducedTextRow.user_task_execution_fk],
        set_={"user_task_execution_fk": statement.excluded.user_task_execution_fk},
    ).returning(ProducedTextRow.produced_text_pk, ProducedTextRow.deleted_at)


_ENSURE = Prepared(ensure_text_query())


async def ensure_text(
    tx: Tx,
    *,
    user_id: UserId,
    execution_id: ExecutionId,
    session_id: SessionId,
    at: datetime,
) -> ProducedText:
    """The one text of an execution, made when there is none, its row locked."""
    ((number, deleted_at),) = await tx.fetch(
        _ENSURE,
        {
            "owner_id": user_id,
            "execution_id": execution_id,
            "of_session_id": session_id,
            "at": at,
        },
    )
    if deleted_at is not None:
        raise LookupError(f"execution {execution_id} has a text that is deleted")
    return ProducedText(
        produced_text_id=ProducedTextId(number), user_id=user_id, execution_id=execution_id
    )


_ADD_TEXT = Prepared(
    insert(ProducedTextRow).values(**given("user_id", "creation_date")).returning(*TEXT_PARTS)
)


async def add_text(tx: Tx, *, user_id: UserId, at: datetime) -> ProducedText:
    """A text without an execution."""
    (row,) = await tx.fetch(_ADD_TEXT, {"user_id": user_id, "creation_date": at})
    return read_text(row)


_PRESENT = select(*TEXT_PARTS).where(ProducedTextRow.deleted_at.is_(None))
_BY_ID = _PRESENT.where(ProducedTextRow.produced_text_pk == bindparam("produced_text_id"))
_FIND = Prepared(_BY_ID)
_LOCK = Prepared(_BY_ID.with_for_update())


async def find_text(
    tx: Reading, *, produced_text_id: int, is_locked: bool = False
) -> ProducedText | None:
    rows = await tx.fetch(_LOCK if is_locked else _FIND, {"produced_text_id": produced_text_id})
    return read_text(rows[0]) if rows else None


_OF_EXECUTION = _PRESENT.where(ProducedTextRow.user_task_execution_fk == bindparam("execution_id"))
_LOCK_OF_EXECUTION = Prepared(_OF_EXECUTION.with_for_update())


async def lock_text_of_execution(tx: Tx, *, execution_id: int) -> ProducedText | None:
    """The text of an execution, its row locked."""
    rows = await tx.fetch(_LOCK_OF_EXECUTION, {"execution_id": execution_id})
    return read_text(rows[0]) if rows else None


_ADD_VERSION = Prepared(
    insert(VersionRow)
    .values(
        **given(
            "produced_text_fk",
            "version_index",
            "title",
            "production",
            "author",
            "cause",
            "ending",
            "restored_index",
            "message_id",
            "text_type_fk",
            "creation_date",
            "edited_at",
        )
    )
    .returning(VersionRow.produced_text_version_pk)
)


async def add_version(tx: Tx, new: NewVersion) -> VersionId:
    ((number,),) = await tx.fetch(
        _ADD_VERSION,
        {
            "produced_text_fk": new.produced_text_id,
            "version_index": new.index,
            "title": new.title,
            "production": new.body,
            "author": new.author.value,
            "cause": new.cause.value,
            "ending": new.ending.value,
            "restored_index": new.restored_index,
            "message_id": new.message_id,
            "text_type_fk": new.text_type_id,
            "creation_date": new.created_at,
            "edited_at": new.created_at,
        },
    )
    return VersionId(number)


_ONE = VersionRow.produced_text_version_pk == bindparam("version_id")
_CHANGE = Prepared(
    update(VersionRow)
    .where(_ONE)
    .values(
        **given("title", "production", "edited_at"),
        ending=Ending.WHOLE.value,
        revision=VersionRow.revision + 1,
    )
)


async def change_version(
    tx: Tx, *, version_id: int, title: str | None, body: str, at: datetime
) -> None:
    """Replace the text of a version: one more revision of it."""
    await tx.change(
        _CHANGE, {"version_id": version_id, "title": title, "production": body, "edited_at": at}
    )


_READ = (
    update(VersionRow)
    .where(VersionRow.read_by_user.is_(None))
    .values(read_by_user=bindparam("at", type_=DateTime(timezone=True)))
)
_MARK_READ = Prepared(_READ.where(_ONE))
_MARK_READ_BY_MESSAGE = Prepared(
    _READ.where(VersionRow.message_id == one_of_numbers("message_ids"))
)


async def mark_read_by_message(tx: Tx, *, message_ids: Collection[int], at: datetime) -> None:
    await tx.change(_MARK_READ_BY_MESSAGE, {"message_ids": list(message_ids), "at": at})


async def mark_read(tx: Tx, *, version_id: int, at: datetime) -> None:
    await tx.change(_MARK_READ, {"version_id": version_id, "at": at})
