"""Queries about messages."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    bindparam,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on

from mojodex.domains.chat.models import MessageRow
from mojodex.domains.chat.store.rows import (
    MESSAGE_PARTS,
    MessageParts,
    decode_instant,
    read_message,
    subject_columns,
)
from mojodex.domains.chat.views import (
    Conversation,
    Direction,
    Message,
    MessageId,
    NewMessage,
    Sender,
    SessionId,
    Subject,
)
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, Rows, Tx, given, one_of_numbers, one_of_uuids


def _has_text() -> ColumnElement[bool]:
    return MessageRow.message.op("->>")("text").is_not(None)


def _is_shown() -> ColumnElement[bool]:
    return or_(MessageRow.sender == Sender.USER, _has_text())


def _read_all(rows: Rows) -> list[Message]:
    return [read_message(MessageParts(*row)) for row in rows]


_ADD = Prepared(
    insert(MessageRow)
    .values(
        **given(
            "message_uuid",
            "session_id",
            "sender",
            "message",
            "message_date",
            "creation_date",
            "event_name",
            "client_message_id",
            "subject_kind",
            "subject_id",
        )
    )
    .returning(*MESSAGE_PARTS)
)


async def add_message(tx: Tx, message: NewMessage) -> Message:
    rows = await tx.fetch(
        _ADD,
        {
            "message_uuid": message.message_uuid,
            "session_id": message.session_id,
            "sender": message.sender,
            "message": dict(message.body),
            "message_date": message.written_at,
            "creation_date": message.created_at,
            "event_name": message.event_name,
            "client_message_id": message.client_message_id,
            **subject_columns(message.subject),
        },
    )
    return _read_all(rows)[0]


_OF_CLIENT = Prepared(
    select(*MESSAGE_PARTS).where(
        MessageRow.session_id == bindparam("session_id"),
        MessageRow.client_message_id == bindparam("client_message_id"),
    )
)


async def find_client_message(
    tx: Reading, *, session_id: UUID, client_message_id: str
) -> Message | None:
    rows = await tx.fetch(
        _OF_CLIENT, {"session_id": session_id, "client_message_id": client_message_id}
    )
    return next(iter(_read_all(rows)), None)


_GET = Prepared(
    select(*MESSAGE_PARTS).where(MessageRow.message_pk == one_of_numbers("message_ids"))
)


async def get_messages(tx: Reading, *, message_ids: Collection[int]) -> dict[MessageId, Message]:
    if not message_ids:
        return {}
    found = _read_all(await tx.fetch(_GET, {"message_ids": list(message_ids)}))
    return {message.message_id: message for message in found}


@cache
def _list(*, is_older: bool, is_continued: bool, has_subject: bool) -> Prepared:
    date, number = MessageRow.message_date, MessageRow.message_pk
    query = select(*MESSAGE_PARTS).where(
        MessageRow.session_id == bindparam("session_id"), _is_shown()
    )
    if has_subject:
        query = query.where(
            MessageRow.subject_kind == bindparam("subject_kind"),
            MessageRow.subject_id == bindparam("subject_id"),
        )
    if is_continued:
        place = tuple_(date, number)
        edge = tuple_(
            bindparam("at", type_=DateTime(timezone=True)), bindparam("after", type_=BigInteger())
        )
        query = query.where(place < edge if is_older else place > edge)
    order = (date.desc(), number.desc()) if is_older else (date, number)
    return Prepared(
        query.order_by(*order)
        .offset(bindparam("offset", type_=BigInteger()))
        .limit(bindparam("limit", type_=BigInteger()))
    )


async def list_messages(
    tx: Reading, *, session_id: UUID, window: Window, direction: Direction, subject: Subject | None
) -> Page[Message]:
    """Messages with a text, and all of the person's; newest first in either direction."""
    is_older = direction is Direction.OLDER
    values: dict[str, Any] = {
        "session_id": session_id,
        "offset": window.offset or 0,
        "limit": window.limit + 1,
        **subject_columns(subject),
    }
    if window.cursor is not None:
        at, message_pk = decode_cursor(window.cursor, str, int)
        values |= {"at": decode_instant(at), "after": message_pk}
    query = _list(
        is_older=is_older,
        is_continued=window.cursor is not None,
        has_subject=subject is not None,
    )
    page = cut_page(
        _read_all(await tx.fetch(query, values)),
        window.limit,
        lambda item: encode_cursor(item.written_at.isoformat(), item.message_id),
    )
    if is_older:
        return page
    return Page(items=page.items[::-1], next_cursor=page.next_cursor)


_TOLD = select(*MESSAGE_PARTS).where(MessageRow.session_id == bindparam("session_id"), _has_text())
_LATEST_TOLD = Prepared(
    _TOLD.order_by(MessageRow.message_date.desc(), MessageRow.message_pk.desc()).limit(
        bindparam("limit", type_=BigInteger())
    )
)
_FIRST_TOLD = Prepared(_TOLD.order_by(MessageRow.message_date, MessageRow.message_pk).limit(1))


async def list_conversation(tx: Reading, *, session_id: UUID, limit: int) -> Conversation:
    """The first message and the latest `limit` that have a text, in order."""
    # One more than the first and the latest: then there is one between them.
    rows = await tx.fetch(_LATEST_TOLD, {"session_id": session_id, "limit": limit + 2})
    found = _read_all(rows)[::-1]
    if len(found) < limit + 2:
        return Conversation(messages=tuple(found), is_whole=True)
    begun = _read_all(await tx.fetch(_FIRST_TOLD, {"session_id": session_id}))
    return Conversation(messages=(*begun, *found[2:]), is_whole=False)


_LAST_ANSWERS = Prepared(
    select(*MESSAGE_PARTS)
    .where(
        MessageRow.session_id == one_of_uuids("session_ids"),
        MessageRow.sender == Sender.MOJO,
        _has_text(),
    )
    .ext(distinct_on(MessageRow.session_id))
    .order_by(MessageRow.session_id, MessageRow.message_date.desc(), MessageRow.message_pk.desc())
)


async def get_last_answers(
    tx: Reading, *, session_ids: Collection[UUID]
) -> dict[SessionId, Message]:
    """Of each session the assistant's latest message with a text."""
    if not session_ids:
        return {}
    found = _read_all(await tx.fetch(_LAST_ANSWERS, {"session_ids": list(session_ids)}))
    return {message.session_id: message for message in found}


_MARK_READ = Prepared(
    update(MessageRow)
    .where(
        MessageRow.message_pk.in_(
            select(MessageRow.message_pk)
            .where(
                MessageRow.message_pk == one_of_numbers("message_ids"),
                MessageRow.sender == Sender.MOJO,
                MessageRow.read_by_user.is_(None),
            )
            .order_by(MessageRow.message_pk)
            .with_for_update()
        )
    )
    .values(read_by_user=bindparam("at"))
    .returning(MessageRow.message_pk)
)


async def mark_read(tx: Tx, *, message_ids: Collection[int], at: datetime) -> list[int]:
    """Mark the assistant's messages among these read; returns those that were not."""
    if not message_ids:
        return []
    rows = await tx.fetch(_MARK_READ, {"message_ids": list(message_ids), "at": at})
    return sorted(number for (number,) in rows)


def _set_error(is_other: ColumnElement[bool]) -> Prepared:
    return Prepared(
        update(MessageRow)
        .where(MessageRow.message_pk == bindparam("of_message"), is_other)
        .values(in_error_state=bindparam("at"))
    )


_SET_ERROR = _set_error(MessageRow.in_error_state.is_(None))
_CLEAR_ERROR = _set_error(MessageRow.in_error_state.is_not(None))


async def set_message_error(tx: Tx, *, message_id: int, at: datetime | None) -> bool:
    """Since when a message stays without an answer; None: no more. False when that was so."""
    change = _CLEAR_ERROR if at is None else _SET_ERROR
    return await tx.change(change, {"of_message": message_id, "at": at}) > 0
