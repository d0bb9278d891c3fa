"""Rows to views, and what queries share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mojodex.domains.catalog import Platform
from mojodex.domains.chat.models import MessageRow, SessionRow, TurnRow, UploadRow
from mojodex.domains.chat.views import (
    Message,
    MessageId,
    Sender,
    Session,
    SessionId,
    SessionMode,
    Subject,
    Turn,
    TurnId,
    TurnState,
    Upload,
    UploadId,
)
from mojodex.domains.identity import UserId
from mojodex.kit.ids import decode_uuid
from mojodex.kit.pagination import InvalidCursor


class SessionParts(NamedTuple):
    """What `read_session` reads of a row."""

    session_id: UUID
    user_id: UUID
    title: str | None
    language: str
    platform: str | None
    starting_mode: str
    creation_date: datetime


SESSION_PARTS = tuple(getattr(SessionRow, name) for name in SessionParts._fields)


def read_session(row: SessionParts) -> Session:
    return Session(
        session_id=SessionId(row.session_id),
        user_id=UserId(row.user_id),
        title=row.title,
        language=row.language,
        platform=None if row.platform is None else Platform(row.platform),
        mode=SessionMode(row.starting_mode),
        created_at=row.creation_date,
    )


class MessageParts(NamedTuple):
    """What `read_message` reads of a row."""

    message_pk: int
    message_uuid: UUID
    session_id: UUID
    sender: str
    message: dict[str, Any]
    client_message_id: str | None
    message_date: datetime
    creation_date: datetime
    read_by_user: datetime | None
    in_error_state: datetime | None
    event_name: str | None
    subject_kind: str | None
    subject_id: str | None


MESSAGE_PARTS = tuple(getattr(MessageRow, name) for name in MessageParts._fields)


def read_message(row: MessageParts) -> Message:
    body: Mapping[str, object] = row.message
    return Message(
        message_id=MessageId(row.message_pk),
        message_uuid=row.message_uuid,
        session_id=SessionId(row.session_id),
        sender=Sender(row.sender),
        text=read_text(body, "text"),
        text_with_tags=read_text(body, "text_with_tags"),
        body=body,
        client_message_id=row.client_message_id,
        written_at=row.message_date,
        created_at=row.creation_date,
        read_at=row.read_by_user,
        in_error_at=row.in_error_state,
        event_name=row.event_name,
        subject=read_subject(row.subject_kind, row.subject_id),
        is_audio=bool(body.get("audio")) or "audio_duration" in body,
        is_stopped=bool(body.get("stopped")),
        is_history_trimmed=bool(body.get("history_trimmed")),
    )


class TurnParts(NamedTuple):
    """What `read_turn` reads of a row."""

    turn_id: UUID
    session_id: UUID
    user_id: UUID
    assistant_kind: str
    subject_kind: str | None
    subject_id: str | None
    message_pk: int | None
    state: str
    attempt: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error_code: str | None
    platform: str | None
    options: dict[str, Any]
    stop_requested_at: datetime | None
    n_failures: int


TURN_PARTS = tuple(getattr(TurnRow, name) for name in TurnParts._fields)


def read_turn(row: TurnParts) -> Turn:
    return Turn(
        turn_id=TurnId(row.turn_id),
        session_id=SessionId(row.session_id),
        user_id=UserId(row.user_id),
        assistant_kind=row.assistant_kind,
        subject=read_subject(row.subject_kind, row.subject_id),
        message_id=None if row.message_pk is None else MessageId(row.message_pk),
        state=TurnState(row.state),
        attempt=row.attempt,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error_code=row.error_code,
        platform=None if row.platform is None else Platform(row.platform),
        options=row.options,
        is_stop_requested=row.stop_requested_at is not None,
        n_failures=row.n_failures,
    )


class UploadParts(NamedTuple):
    """What `read_upload` reads of a row."""

    upload_id: UUID
    session_id: UUID
    input_name: str
    client_name: str
    media_key: str
    type: str
    size: int
    created_at: datetime
    client_id: UUID | None
    used_at: datetime | None


UPLOAD_PARTS = tuple(getattr(UploadRow, name) for name in UploadParts._fields)


def read_upload(row: UploadParts) -> Upload:
    return Upload(
        upload_id=UploadId(row.upload_id),
        session_id=SessionId(row.session_id),
        input_name=row.input_name,
        client_name=row.client_name,
        stored_name=row.media_key.rsplit("/", 1)[-1],
        media_key=row.media_key,
        media_type=row.type,
        size_bytes=row.size,
        created_at=row.created_at,
        client_id=row.client_id,
        is_used=row.used_at is not None,
    )


def read_subject(kind: str | None, subject_id: str | None) -> Subject | None:
    if kind is None or subject_id is None:
        return None
    return Subject(kind=kind, subject_id=subject_id)


def subject_columns(subject: Subject | None) -> dict[str, str | None]:
    if subject is None:
        return {"subject_kind": None, "subject_id": None}
    return {"subject_kind": subject.kind, "subject_id": subject.subject_id}


def read_text(body: Mapping[str, object], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) else None


def decode_instant(value: str | int) -> datetime:
    """Raises `InvalidCursor`."""
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidCursor() from error
    if instant.tzinfo is None:
        raise InvalidCursor()
    return instant


def decode_id(value: str | int) -> UUID:
    """Raises `InvalidCursor`."""
    found = decode_uuid(str(value))
    if found is None:
        raise InvalidCursor()
    return found
