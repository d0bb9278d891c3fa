"""What leaves the chat domain: sessions, messages, turns, uploads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from mojodex.domains.catalog import Platform
from mojodex.domains.identity import UserId

SessionId = NewType("SessionId", UUID)
MessageId = NewType("MessageId", int)
TurnId = NewType("TurnId", UUID)
UploadId = NewType("UploadId", UUID)

Option = str | int | bool | None


class SessionMode(StrEnum):
    """How a session began. Only `chat` sessions are listed; a form's session is its execution's."""

    CHAT = "chat"
    FORM = "form"


class Sender(StrEnum):
    """Who wrote a message; `mojo` is the assistant."""

    USER = "user"
    MOJO = "mojo"
    SYSTEM = "system"


class Direction(StrEnum):
    """Which way a list of messages is read from its cursor or its end."""

    OLDER = "older"
    NEWER = "newer"


class TurnState(StrEnum):
    """States of one answer. `failed` and `stopped` may be retried; the others go on alone."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_open(self) -> bool:
        """Whether the turn will still change by itself."""
        return self in (TurnState.QUEUED, TurnState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a message or a turn is about, in the words of a domain above; chat never follows it."""

    kind: str
    subject_id: str

    @property
    def ids(self) -> dict[str, int | str]:
        """The subject as an id of a delivery, as in `{"execution_id": 12}`."""
        value = int(self.subject_id) if self.subject_id.isdigit() else self.subject_id
        return {f"{self.kind}_id": value}


@dataclass(frozen=True, kw_only=True)
class Session:
    """A conversation of one person."""

    session_id: SessionId
    user_id: UserId
    title: str | None
    language: str
    platform: Platform | None
    mode: SessionMode
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message. `written_at` is the author's time, by which conversations are ordered.

    `body` is the stored JSON in the ancestor's keys; `text` is None while a message is processed
    and for error notes (`event_name` "error"). `text_with_tags` is the raw answer of a model, and
    `is_history_trimmed` says that this model was not shown all that had been said.
    """

    message_id: MessageId
    message_uuid: UUID
    session_id: SessionId
    sender: Sender
    text: str | None
    text_with_tags: str | None
    body: Mapping[str, object]
    client_message_id: str | None
    written_at: datetime
    created_at: datetime
    read_at: datetime | None
    in_error_at: datetime | None
    event_name: str | None
    subject: Subject | None
    is_audio: bool
    is_stopped: bool
    is_history_trimmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What was said in a session, in order. Not `is_whole`: some after the first is left out."""

    messages: tuple[Message, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of an assistant, in the making or made.

    `attempt` counts the workers that took it up, from 1; whoever holds a lower one changes
    nothing. `message_id` is the message it answers, None when a form started it. `error_code` says
    why it failed or, while it is queued, why it waits for another try; `n_failures` counts tries
    that failed since the person last asked for it.
    """

    turn_id: TurnId
    session_id: SessionId
    user_id: UserId
    assistant_kind: str
    subject: Subject | None
    message_id: MessageId | None
    state: TurnState
    attempt: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error_code: str | None
    platform: Platform | None
    options: Mapping[str, Option] = field(default_factory=dict)
    is_stop_requested: bool = False
    n_failures: int = 0


@dataclass(frozen=True, kw_only=True)
class PostedMessage:
    """Outcome of a post. `is_new` false: the client had sent it before.

    `is_processing`: the message is stored, but what it says is not known yet (a recording).
    """

    message: Message
    is_new: bool
    is_processing: bool
    turn: Turn | None


class UploadFolder(StrEnum):
    """Where the files of a session lie, below `users/{user_id}/{session_id}/`."""

    IMAGES = "images"
    VIDEOS = "videos"
    AUDIO_FILES = "audio_files"
    USER_AUDIO = "user_messages_audios"
    ASSISTANT_AUDIO = "mojo_messages_audios"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that a person gave to a session; its stored name is made by the server.

    `is_used`: the work of the session rests on it, so that it stays as long as the session.
    """

    upload_id: UploadId
    session_id: SessionId
    input_name: str
    client_name: str
    stored_name: str
    media_key: str
    media_type: str
    size_bytes: int
    created_at: datetime
    client_id: UUID | None = None
    is_used: bool = False


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to be stored."""

    message_uuid: UUID
    session_id: UUID
    sender: Sender
    body: Mapping[str, object]
    written_at: datetime
    created_at: datetime
    event_name: str
    subject: Subject | None = None
    client_message_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewTurn:
    """A turn to be queued."""

    turn_id: TurnId
    session_id: UUID
    user_id: UserId
    assistant_kind: str
    created_at: datetime
    subject: Subject | None = None
    message_id: int | None = None
    platform: Platform | None = None
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TurnSignal:
    """What whoever runs a turn must learn from its row."""

    turn_id: TurnId
    is_running: bool
    attempt: int
    is_stop_requested: bool
