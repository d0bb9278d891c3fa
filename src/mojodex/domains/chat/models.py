"""Tables of the chat domain. Private: only the store reads and writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt, PkBigint, PkUuid

RUNNING = text("state = 'running'")
QUEUED = text("state = 'queued'")
DELETED = text("deleted_at IS NOT NULL")
UNUSED = text("used_at IS NULL")
CHATS = text("starting_mode = 'chat' AND deleted_at IS NULL")


def _user_key() -> Any:
    return mapped_column(ForeignKey("md_user.user_id", ondelete="CASCADE"), index=True)


def _session_key() -> ForeignKey:
    return ForeignKey("md_session.session_id", ondelete="CASCADE")


class SessionRow(Base):
    """A conversation. `language` is the person's at its beginning."""

    __tablename__ = "md_session"

    session_id: Mapped[PkUuid]
    user_id: Mapped[UUID] = _user_key()
    creation_date: Mapped[CreatedAt]
    language: Mapped[str] = mapped_column(String(5), server_default="en")
    platform: Mapped[str | None]
    end_date: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(255))
    starting_mode: Mapped[str] = mapped_column(server_default="chat")
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("platform IN ('chrome', 'webapp', 'outlook', 'mobile')", name="platform"),
        CheckConstraint("starting_mode IN ('chat', 'form')", name="starting_mode"),
        Index(
            "ix_md_session_chats",
            "user_id",
            text("creation_date DESC"),
            text("session_id DESC"),
            postgresql_where=CHATS,
        ),
        Index("ix_md_session_deleted", "deleted_at", "session_id", postgresql_where=DELETED),
    )


class MessageRow(Base):
    """A message. `message` holds the ancestor's JSON; `message_date` is the author's time."""

    __tablename__ = "md_message"

    message_pk: Mapped[PkBigint]
    message_uuid: Mapped[UUID] = mapped_column(unique=True)
    session_id: Mapped[UUID] = mapped_column(_session_key())
    sender: Mapped[str]
    message: Mapped[dict[str, Any]] = mapped_column(JSONB(), server_default="{}")
    creation_date: Mapped[CreatedAt]
    message_date: Mapped[datetime]
    event_name: Mapped[str | None] = mapped_column(String(255))
    client_message_id: Mapped[str | None] = mapped_column(String(255))
    read_by_user: Mapped[datetime | None]
    in_error_state: Mapped[datetime | None]
    subject_kind: Mapped[str | None] = mapped_column(String(64))
    subject_id: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("session_id", "client_message_id"),
        CheckConstraint("sender IN ('user', 'mojo', 'system')", name="sender"),
        CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name="subject"),
        Index("ix_md_message_conversation", "session_id", "message_date", "message_pk"),
    )


class TurnRow(Base):
    """One answer in the making or made. At most one runs in a session at a time.

    `queue_number` orders the turns of a session and survives a retry. `claimed_by` names the job
    that runs it, so that the same job, run again after a crash, takes it over, and another does
    not. `stop_requested_at` asks whoever runs it to stop. `error_code` says why it failed or, while
    it is queued, why it waits for another try; `n_failures` counts the tries that failed.
    """

    __tablename__ = "md_turn"

    turn_id: Mapped[PkUuid]
    queue_number: Mapped[int] = mapped_column(BigInteger, Identity(always=False), unique=True)
    session_id: Mapped[UUID] = mapped_column(_session_key())
    user_id: Mapped[UUID] = _user_key()
    assistant_kind: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str | None] = mapped_column(String(64))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    message_pk: Mapped[int | None] = mapped_column(
        ForeignKey("md_message.message_pk", ondelete="SET NULL"), index=True
    )
    state: Mapped[str] = mapped_column(server_default="queued")
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    claimed_by: Mapped[str | None]
    platform: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB(), server_default="{}")
    error_code: Mapped[str | None]
    n_failures: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'stopped')", name="state"
        ),
        CheckConstraint("attempt >= 0", name="attempt"),
        CheckConstraint("n_failures >= 0", name="n_failures"),
        CheckConstraint(
            "CASE state WHEN 'failed' THEN error_code IS NOT NULL WHEN 'queued' THEN true"
            " ELSE error_code IS NULL END",
            name="error_code",
        ),
        CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name="subject"),
        Index("uq_md_turn_running", "session_id", unique=True, postgresql_where=RUNNING),
        Index("ix_md_turn_waiting", "session_id", "queue_number", postgresql_where=QUEUED),
        Index("ix_md_turn_of_session", "session_id", text("queue_number DESC")),
    )


class UploadRow(Base):
    """A file given to a session. Names and places of files are made by the server.

    `client_id` is the sender's own, so that a repetition is the same upload. `used_at`: since when
    the work of the session rests on it; without, it is removed after a while.
    """

    __tablename__ = "md_upload"

    upload_id: Mapped[PkUuid]
    session_id: Mapped[UUID] = mapped_column(_session_key(), index=True)
    input_name: Mapped[str] = mapped_column(String(255))
    client_name: Mapped[str] = mapped_column(String(255))
    media_key: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    client_id: Mapped[UUID | None]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("session_id", "client_id"),
        Index("ix_md_upload_unused", "created_at", "upload_id", postgresql_where=UNUSED),
    )
