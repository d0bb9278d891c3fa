"""Opening, listing and hiding sessions."""

from collections.abc import Collection
from uuid import UUID

from mojodex.domains.catalog import Platform
from mojodex.domains.chat import policy
from mojodex.domains.chat.errors import TermsNotAccepted
from mojodex.domains.chat.events import SessionDeleted
from mojodex.domains.chat.service.locks import own_session
from mojodex.domains.chat.service.turns import stop_turns
from mojodex.domains.chat.store import purging, sessions
from mojodex.domains.chat.views import Session, SessionId, SessionMode
from mojodex.domains.identity import Caller, User, UserId, get_user
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Reading, Tx
from mojodex.platform.events import publish


async def open_session(
    tx: Tx,
    caller: Caller,
    *,
    mode: SessionMode,
    platform: Platform | None,
    session_id: UUID | None = None,
    user: User | None = None,
) -> Session:
    """Open a session in the person's language. Idempotent by `session_id`.

    `user`: the caller, as whoever has read them knows. Holds the lock of a new session. Raises
    `TermsNotAccepted`; `SessionNotFound` when the id is somebody else's.
    """
    user = user or await get_user(tx, user_id=caller.require_user())
    if user.terms_accepted_at is None:
        raise TermsNotAccepted()
    session = Session(
        session_id=SessionId(session_id or new_id()),
        user_id=user.user_id,
        title=None,
        language=user.language[:5],
        platform=platform,
        mode=mode,
        created_at=tx.clock.now(),
    )
    if await sessions.add_session(tx, session):
        own_session(tx, session_id=session.session_id)
        return session
    return await policy.access_session(tx, caller, session_id=session.session_id)


async def access_session(tx: Reading, caller: Caller, *, session_id: UUID) -> Session:
    """The caller's session. Raises `SessionNotFound`."""
    return await policy.access_session(tx, caller, session_id=session_id)


async def readable_sessions(
    tx: Reading, *, pairs: Collection[tuple[UserId, UUID]]
) -> set[tuple[UserId, SessionId]]:
    """Of these pairs of a person and a session, those in which the person may read it.

    One statement, for the rights of live sockets.
    """
    return await sessions.find_readable(tx, pairs=pairs) if pairs else set()


async def list_sessions(tx: Reading, caller: Caller, *, window: Window) -> Page[Session]:
    """Chat sessions with at least one message, newest first."""
    return await sessions.list_sessions(tx, user_id=caller.require_user(), window=window)


async def delete_session(tx: Tx, caller: Caller, *, session_id: UUID) -> None:
    """Hide a session and stop what is being written in it. Purged after 30 days.

    Raises `SessionNotFound`.
    """
    session = await policy.access_session(tx, caller, session_id=session_id)
    await stop_turns(tx, session_id=session.session_id)
    await sessions.delete_session(tx, session_id=session.session_id, at=tx.clock.now())
    await publish(tx, SessionDeleted(session_id=session.session_id, user_id=session.user_id))


async def restore_session(tx: Tx, *, session_id: UUID) -> None:
    """Take a deletion back. For code that has checked who asks, and holds the session's lock."""
    await purging.restore_session(tx, session_id=session_id)
