"""Queries about messages."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on

from mojodex.domains.chat.models import MessageRow
from mojodex.domains.chat.store.rows import (
    FRESH,
    UNSYNCHRONIZED,
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
from mojodex.platform.db import Tx


def _has_text() -> ColumnElement[bool]:
    return MessageRow.message.op("->>")("text").is_not(None)


def _is_shown() -> ColumnElement[bool]:
    return or_(MessageRow.sender == Sender.USER, _has_text())


async def add_message(tx: Tx, message: NewMessage) -> Message:
    rows = await tx.scalars(
        insert(MessageRow)
        .values(
            message_uuid=message.message_uuid,
            session_id=message.session_id,
            sender=message.sender,
            message=dict(message.body),
            message_date=message.written_at,
            creation_date=message.created_at,
            event_name=message.event_name,
            client_message_id=message.client_message_id,
            **subject_columns(message.subject),
        )
        .returning(MessageRow)
    )
    return read_message(rows.one())


async def find_client_message(
    tx: Tx, *, session_id: UUID, client_message_id: str
) -> Message | None:
    row = await tx.scalar(
        select(MessageRow).where(
            MessageRow.session_id == session_id,
            MessageRow.client_message_id == client_message_id,
        ),
        execution_options=FRESH,
    )
    return None if row is None else read_message(row)


async def get_messages(tx: Tx, *, message_ids: Collection[int]) -> dict[MessageId, Message]:
    if not message_ids:
        return {}
    rows = await tx.scalars(
        select(MessageRow).where(MessageRow.message_pk.in_(message_ids)), execution_options=FRESH
    )
    return {MessageId(row.message_pk): read_message(row) for row in rows}


async def list_messages(
    tx: Tx, *, session_id: UUID, window: Window, direction: Direction, subject: Subject | None
) -> Page[Message]:
    """Messages with a text, and all of the person's; newest first in either direction."""
    place = tuple_(MessageRow.message_date, MessageRow.message_pk)
    query = select(MessageRow).where(MessageRow.session_id == session_id, _is_shown())
    if subject is not None:
        query = query.where(
            MessageRow.subject_kind == subject.kind, MessageRow.subject_id == subject.subject_id
        )
    is_older = direction is Direction.OLDER
    if window.cursor is not None:
        at, message_pk = decode_cursor(window.cursor, str, int)
        edge = tuple_(decode_instant(at), message_pk)
        query = query.where(place < edge if is_older else place > edge)
    page = cut_page(
        [read_message(row) for row in await tx.scalars(_ordered(query, window, is_older=is_older))],
        window.limit,
        lambda item: encode_cursor(item.written_at.isoformat(), item.message_id),
    )
    if is_older:
        return page
    return Page(items=page.items[::-1], next_cursor=page.next_cursor)


def _ordered(query: Select[MessageRow], window: Window, *, is_older: bool) -> Select[MessageRow]:
    date, number = MessageRow.message_date, MessageRow.message_pk
    ordered = (
        query.order_by(date.desc(), number.desc()) if is_older else query.order_by(date, number)
    )
    return ordered.offset(window.offset).limit(window.limit + 1)


async def list_conversation(tx: Tx, *, session_id: UUID, limit: int) -> Conversation:
    """The first message and the latest `limit` that have a text, in order."""
    told = select(MessageRow).where(MessageRow.session_id == session_id, _has_text())
    latest = told.order_by(MessageRow.message_date.desc(), MessageRow.message_pk.desc())
    first = told.order_by(MessageRow.message_date, MessageRow.message_pk).limit(1)
    # One more than the first and the latest: then there is one between them.
    found = [read_message(row) for row in await tx.scalars(latest.limit(limit + 2))][::-1]
    if len(found) < limit + 2:
        return Conversation(messages=tuple(found), is_whole=True)
    begun = [read_message(row) for row in await tx.scalars(first)]
    return Conversation(messages=(*begun, *found[2:]), is_whole=False)


async def get_last_answers(tx: Tx, *, session_ids: Collection[UUID]) -> dict[SessionId, Message]:
    """Of each session the assistant's latest message with a text."""
    if not session_ids:
        return {}
    rows = await tx.scalars(
        select(MessageRow)
        .where(
            MessageRow.session_id.in_(session_ids),
            MessageRow.sender == Sender.MOJO,
            _has_text(),
        )
        .ext(distinct_on(MessageRow.session_id))
        .order_by(
            MessageRow.session_id, MessageRow.message_date.desc(), MessageRow.message_pk.desc()
        )
    )
    return {SessionId(row.session_id): read_message(row) for row in rows}


async def mark_read(tx: Tx, *, message_ids: Collection[int], at: datetime) -> list[int]:
    """Mark the assistant's messages among these read; returns those that were not."""
    if not message_ids:
        return []
    unread = (
        select(MessageRow.message_pk)
        .where(
            MessageRow.message_pk.in_(message_ids),
            MessageRow.sender == Sender.MOJO,
            MessageRow.read_by_user.is_(None),
        )
        .order_by(MessageRow.message_pk)
        .with_for_update()
    )
    rows = await tx.scalars(
        update(MessageRow)
        .where(MessageRow.message_pk.in_(unread))
        .values(read_by_user=at)
        .returning(MessageRow.message_pk),
        execution_options={"synchronize_session": False},
    )
    return sorted(rows)


async def set_message_error(tx: Tx, *, message_id: int, at: datetime | None) -> bool:
    """Since when a message stays without an answer; None: no more. False when that was so."""
    is_other = MessageRow.in_error_state.is_(None) if at else MessageRow.in_error_state.is_not(None)
    changed = await tx.scalar(
        update(MessageRow)
        .where(MessageRow.message_pk == message_id, is_other)
        .values(in_error_state=at)
        .returning(MessageRow.message_pk),
        execution_options=UNSYNCHRONIZED,
    )
    return changed is not None
