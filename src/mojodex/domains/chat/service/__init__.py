"""The use cases of chat, one public function each."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from mojodex.domains.chat.views import (
    Direction,
    Message,
    MessageId,
    Option,
    Platform,
    PostedMessage,
    Session,
    SessionId,
    SessionMode,
    Subject,
    Turn,
    Upload,
    UploadId,
)
from mojodex.domains.identity import Caller, UserId
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Database, Tx


async def open_session(
    tx: Tx,
    caller: Caller,
    *,
    mode: SessionMode,
    platform: Platform | None,
    session_id: UUID | None = None,
) -> Session:
    """Open a session in the person's language. Idempotent by `session_id`.

    Raises `TermsNotAccepted`; `SessionNotFound` when the id is somebody else's.
    """
    raise NotImplementedError


async def access_session(tx: Tx, caller: Caller, *, session_id: UUID) -> Session:
    """The caller's session. Raises `SessionNotFound`."""
    raise NotImplementedError


async def list_sessions(tx: Tx, caller: Caller, *, window: Window) -> Page[Session]:
    """Chat sessions with at least one message, newest first."""
    raise NotImplementedError


async def delete_session(tx: Tx, caller: Caller, *, session_id: UUID) -> None:
    """Hide a session. Raises `SessionNotFound`."""
    raise NotImplementedError


async def lock_session(tx: Tx, *, session_id: UUID) -> None:
    """Let nobody else write in this session until the transaction ends. The first lock to take."""
    raise NotImplementedError


async def post_message(
    tx: Tx,
    caller: Caller,
    *,
    session_id: UUID,
    client_message_id: str,
    text: str,
    written_at: datetime,
    assistant_kind: str,
    subject: Subject | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> PostedMessage:
    """Store what the person says and queue the turn that answers it."""
    raise NotImplementedError


async def add_assistant_message(
    tx: Tx,
    *,
    turn: Turn,
    text: str,
    text_with_tags: str,
    body: Mapping[str, object] | None = None,
    event_name: str = "mojo_message",
    is_stopped: bool = False,
) -> Message:
    """Store an answer; the engine announces it when the turn ends."""
    raise NotImplementedError


async def list_messages(
    tx: Tx,
    caller: Caller,
    *,
    session_id: UUID,
    window: Window,
    direction: Direction = Direction.OLDER,
    subject: Subject | None = None,
) -> Page[Message]:
    """Messages of a session, newest first in either direction; marks them read and delivered."""
    raise NotImplementedError


async def get_messages(tx: Tx, *, message_ids: Sequence[int]) -> dict[MessageId, Message]:
    """Messages by id; unknown ones are absent. For code that has checked who asks."""
    raise NotImplementedError


async def get_conversation(tx: Tx, *, session_id: UUID) -> tuple[Message, ...]:
    """The latest messages of a session with a text, in order."""
    raise NotImplementedError


async def get_last_answers(tx: Tx, *, session_ids: Sequence[UUID]) -> dict[SessionId, Message]:
    """The assistant's latest message of each session."""
    raise NotImplementedError


async def start_turn(
    tx: Tx,
    *,
    session_id: UUID,
    user_id: UserId,
    assistant_kind: str,
    subject: Subject | None = None,
    message_id: int | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> Turn:
    """Queue an answer; its job is deferred in this transaction when its turn has come."""
    raise NotImplementedError


async def get_turn(tx: Tx, *, turn_id: UUID) -> Turn:
    """Raises `TurnNotFound`. For code that has checked who asks."""
    raise NotImplementedError


async def access_turn(tx: Tx, caller: Caller, *, turn_id: UUID) -> Turn:
    """The caller's turn. Raises `TurnNotFound`."""
    raise NotImplementedError


async def current_turn(tx: Tx, *, session_ids: Sequence[UUID]) -> dict[SessionId, Turn]:
    """Of each session the running turn, else the next in the queue, else the latest ended one."""
    raise NotImplementedError


async def list_turns(tx: Tx, caller: Caller, *, session_id: UUID, window: Window) -> Page[Turn]:
    """Turns of a session, newest first."""
    raise NotImplementedError


async def retry_turn(tx: Tx, caller: Caller, *, turn_id: UUID) -> Turn:
    """Queue a failed or stopped turn again. Raises `TurnNotFound`, `TurnNotRetryable`."""
    raise NotImplementedError


async def stop_turn(tx: Tx, caller: Caller, *, turn_id: UUID) -> Turn:
    """Stop an answer and keep its partial text. Raises `TurnNotFound`, `TurnEnded`."""
    raise NotImplementedError


async def run_turn(
    db: Database, *, turn_id: UUID, claim: str | None = None, is_last_try: bool = True
) -> None:
    """Make one answer: claim, prepare, stream, save, announce."""
    raise NotImplementedError


async def save_upload(
    db: Database,
    caller: Caller,
    *,
    session_id: UUID,
    input_name: str,
    client_name: str,
    media_type: str,
    content: AsyncIterator[bytes],
) -> Upload:
    """Keep a file that a person gives to a session."""
    raise NotImplementedError


async def access_uploads(
    tx: Tx, caller: Caller, *, session_id: UUID, upload_ids: Sequence[UploadId]
) -> tuple[Upload, ...]:
    """Uploads of the caller's session, in the order asked for. Raises `UploadNotFound`."""
    raise NotImplementedError


__all__ = [
    "access_session",
    "access_turn",
    "access_uploads",
    "add_assistant_message",
    "current_turn",
    "delete_session",
    "get_conversation",
    "get_last_answers",
    "get_messages",
    "get_turn",
    "list_messages",
    "list_sessions",
    "list_turns",
    "lock_session",
    "open_session",
    "post_message",
    "retry_turn",
    "run_turn",
    "save_upload",
    "start_turn",
    "stop_turn",
]
