"""Who may what in chat: a session and all in it belong to one person."""

from uuid import UUID

from mojodex.domains.chat.errors import SessionNotFound, TurnNotFound, UploadNotFound
from mojodex.domains.chat.store import sessions, turns, uploads
from mojodex.domains.chat.views import Session, Turn, Upload, UploadId
from mojodex.domains.identity import Caller
from mojodex.platform.db import Reading


async def access_session(tx: Reading, caller: Caller, *, session_id: UUID) -> Session:
    """The caller's session. Raises `SessionNotFound`, also for a deleted or foreign one."""
    found = await sessions.find_session(tx, session_id=session_id, user_id=caller.require_user())
    if found is None:
        raise SessionNotFound()
    return found


async def access_turn(tx: Reading, caller: Caller, *, turn_id: UUID) -> Turn:
    """The caller's turn. Raises `TurnNotFound`, also when its session was deleted."""
    turn = await turns.find_turn(tx, turn_id=turn_id)
    if turn is None or turn.user_id != caller.require_user():
        raise TurnNotFound()
    found = await sessions.find_session(tx, session_id=turn.session_id, user_id=turn.user_id)
    if found is None:
        raise TurnNotFound()
    return turn


async def access_uploads(
    tx: Reading, caller: Caller, *, session_id: UUID, upload_ids: tuple[UUID, ...]
) -> tuple[Upload, ...]:
    """Uploads of the caller's session, in the order asked for. Raises `UploadNotFound`."""
    session = await access_session(tx, caller, session_id=session_id)
    found = await uploads.get_uploads(tx, session_id=session.session_id, upload_ids=upload_ids)
    if not found.keys() >= set(upload_ids):
        raise UploadNotFound()
    return tuple(found[UploadId(upload_id)] for upload_id in upload_ids)


async def access_upload(tx: Reading, caller: Caller, *, upload_id: UUID) -> Upload:
    """The caller's upload. Raises `UploadNotFound`, also when its session was deleted."""
    found = await uploads.find_upload(tx, upload_id=upload_id, user_id=caller.require_user())
    if found is None:
        raise UploadNotFound()
    return found
