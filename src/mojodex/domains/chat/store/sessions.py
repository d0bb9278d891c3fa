"""Queries about sessions."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, column, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from mojodex.domains.chat.models import MessageRow, SessionRow
from mojodex.domains.chat.store.rows import UNSYNCHRONIZED, decode_id, decode_instant, read_session
from mojodex.domains.chat.views import Session, SessionId, SessionMode
from mojodex.domains.identity import UserId
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Tx


async def add_session(tx: Tx, session: Session) -> bool:
    """Insert a session; False when the id is taken."""
    added = await tx.scalar(
        insert(SessionRow)
        .values(
            session_id=session.session_id,
            user_id=session.user_id,
            language=session.language,
            platform=session.platform,
            title=session.title,
            starting_mode=session.mode,
            creation_date=session.created_at,
        )
        .on_conflict_do_nothing(index_elements=[SessionRow.session_id])
        .returning(SessionRow.session_id)
    )
    return added is not None


async def find_session(tx: Tx, *, session_id: UUID, user_id: UUID) -> Session | None:
    """A session of this person that is not deleted."""
    row = await tx.scalar(
        select(SessionRow).where(
            SessionRow.session_id == session_id,
            SessionRow.user_id == user_id,
            SessionRow.deleted_at.is_(None),
        )
    )
    return None if row is None else read_session(row)


async def find_readable(
    tx: Tx, *, pairs: Collection[tuple[UserId, UUID]]
) -> set[tuple[UserId, SessionId]]:
    """Those of the pairs of a person and a session that belong together and are not deleted."""
    # Two arrays: a list of pairs would end at the 65,535 parameters of a statement.
    users, ids = zip(*pairs, strict=True)
    arrays = (literal(list(users), ARRAY(Uuid())), literal(list(ids), ARRAY(Uuid())))
    columns = (column("user_id", Uuid()), column("session_id", Uuid()))
    asked = func.unnest(*arrays).table_valued(*columns).render_derived(name="asked")
    rows = await tx.execute(
        select(SessionRow.user_id, SessionRow.session_id).where(
            SessionRow.session_id == asked.c.session_id,
            SessionRow.user_id == asked.c.user_id,
            SessionRow.deleted_at.is_(None),
        )
    )
    return {(UserId(user_id), SessionId(session_id)) for user_id, session_id in rows}


async def list_sessions(tx: Tx, *, user_id: UUID, window: Window) -> Page[Session]:
    talked_in = select(MessageRow.message_pk).where(MessageRow.session_id == SessionRow.session_id)
    query = (
        select(SessionRow)
        .where(
            SessionRow.user_id == user_id,
            SessionRow.starting_mode == SessionMode.CHAT,
            SessionRow.deleted_at.is_(None),
            talked_in.exists(),
        )
        .order_by(SessionRow.creation_date.desc(), SessionRow.session_id.desc())
    )
    if window.cursor is not None:
        at, session_id = decode_cursor(window.cursor, str, str)
        place = tuple_(SessionRow.creation_date, SessionRow.session_id)
        query = query.where(place < tuple_(decode_instant(at), decode_id(session_id)))
    rows = await tx.scalars(query.offset(window.offset).limit(window.limit + 1))
    return cut_page(
        [read_session(row) for row in rows],
        window.limit,
        lambda item: encode_cursor(item.created_at.isoformat(), str(item.session_id)),
    )


async def delete_session(tx: Tx, *, session_id: UUID, at: datetime) -> None:
    await tx.execute(
        update(SessionRow).where(SessionRow.session_id == session_id).values(deleted_at=at),
        execution_options=UNSYNCHRONIZED,
    )
