"""Queries about sessions."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Uuid,
    bindparam,
    column,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from mojodex.domains.chat.models import CHATS, MessageRow, SessionRow
from mojodex.domains.chat.store.rows import (
    SESSION_PARTS,
    SessionParts,
    decode_id,
    decode_instant,
    read_session,
)
from mojodex.domains.chat.views import Session, SessionId
from mojodex.domains.identity import UserId
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, Tx, given

_ADD = Prepared(
    insert(SessionRow)
    .values(
        **given(
            "session_id",
            "user_id",
            "language",
            "platform",
            "title",
            "starting_mode",
            "creation_date",
        )
    )
    .on_conflict_do_nothing(index_elements=[SessionRow.session_id])
)


async def add_session(tx: Tx, session: Session) -> bool:
    """Insert a session; False when the id is taken."""
    n_added = await tx.change(
        _ADD,
        {
            "session_id": session.session_id,
            "user_id": session.user_id,
            "language": session.language,
            "platform": session.platform,
            "title": session.title,
            "starting_mode": session.mode,
            "creation_date": session.created_at,
        },
    )
    return n_added > 0


_FIND = Prepared(
    select(*SESSION_PARTS).where(
        SessionRow.session_id == bindparam("session_id"),
        SessionRow.user_id == bindparam("user_id"),
        SessionRow.deleted_at.is_(None),
    )
)


async def find_session(tx: Reading, *, session_id: UUID, user_id: UUID) -> Session | None:
    """A session of this person that is not deleted."""
    rows = await tx.fetch(_FIND, {"session_id": session_id, "user_id": user_id})
    return read_session(SessionParts(*rows[0])) if rows else None


# Two arrays: a list of pairs would end at the 65,535 parameters of a statement.
_asked = (
    func.unnest(
        bindparam("user_ids", type_=ARRAY(Uuid())), bindparam("session_ids", type_=ARRAY(Uuid()))
    )
    .table_valued(column("user_id", Uuid()), column("session_id", Uuid()))
    .render_derived(name="asked")
)
_READABLE = Prepared(
    select(SessionRow.user_id, SessionRow.session_id).where(
        SessionRow.session_id == _asked.c.session_id,
        SessionRow.user_id == _asked.c.user_id,
        SessionRow.deleted_at.is_(None),
    )
)


async def find_readable(
    tx: Reading, *, pairs: Collection[tuple[UserId, UUID]]
) -> set[tuple[UserId, SessionId]]:
    """Those of the pairs of a person and a session that belong together and are not deleted."""
    users, ids = zip(*pairs, strict=True)
    rows = await tx.fetch(_READABLE, {"user_ids": list(users), "session_ids": list(ids)})
    return {(UserId(user_id), SessionId(session_id)) for user_id, session_id in rows}


@cache
def _list(*, is_continued: bool) -> Prepared:
    talked_in = select(MessageRow.message_pk).where(MessageRow.session_id == SessionRow.session_id)
    query = (
        select(*SESSION_PARTS)
        .where(
            SessionRow.user_id == bindparam("user_id"),
            CHATS,
            talked_in.exists(),
        )
        .order_by(SessionRow.creation_date.desc(), SessionRow.session_id.desc())
        .offset(bindparam("offset", type_=BigInteger()))
        .limit(bindparam("limit", type_=BigInteger()))
    )
    if is_continued:
        place = tuple_(SessionRow.creation_date, SessionRow.session_id)
        edge = tuple_(
            bindparam("at", type_=DateTime(timezone=True)),
            bindparam("after", type_=Uuid(as_uuid=True)),
        )
        query = query.where(place < edge)
    return Prepared(query)


async def list_sessions(tx: Reading, *, user_id: UUID, window: Window) -> Page[Session]:
    values: dict[str, Any] = {
        "user_id": user_id,
        "offset": window.offset or 0,
        "limit": window.limit + 1,
    }
    if window.cursor is not None:
        at, session_id = decode_cursor(window.cursor, str, str)
        values |= {"at": decode_instant(at), "after": decode_id(session_id)}
    rows = await tx.fetch(_list(is_continued=window.cursor is not None), values)
    return cut_page(
        [read_session(SessionParts(*row)) for row in rows],
        window.limit,
        lambda item: encode_cursor(item.created_at.isoformat(), str(item.session_id)),
    )


_DELETE = Prepared(
    update(SessionRow)
    .where(SessionRow.session_id == bindparam("of_session"))
    .values(deleted_at=bindparam("at"))
)


async def delete_session(tx: Tx, *, session_id: UUID, at: datetime) -> None:
    await tx.change(_DELETE, {"of_session": session_id, "at": at})
