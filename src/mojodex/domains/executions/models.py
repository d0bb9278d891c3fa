"""Tables of the executions domain. Private: only the store reads and writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt, PkBigint

LISTED = text("start_date IS NOT NULL AND deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")
UNINDEXED = text("search_words IS NULL AND start_date IS NOT NULL")


def _user_key(*, is_indexed: bool = True) -> Any:
    return mapped_column(ForeignKey("md_user.user_id", ondelete="CASCADE"), index=is_indexed)


class ExecutionRow(Base):
    """One run of a task.

    `state` follows the turns of its session, in the same transactions. `purchase_fk` is the
    purchase on which the run is reserved; `consumed_at` the instant at which it was consumed.
    `search_text` is the folded title and summary; `search_words` the folded words of all that was
    filled in and written (`rules/searching.py`), null until they are known.
    """

    __tablename__ = "md_user_task_execution"

    user_task_execution_pk: Mapped[PkBigint]
    user_id: Mapped[UUID] = _user_key(is_indexed=False)
    user_task_fk: Mapped[int] = mapped_column(
        ForeignKey("md_user_task.user_task_pk", ondelete="NO ACTION"), index=True
    )
    task_fk: Mapped[int] = mapped_column(
        ForeignKey("md_task.task_pk", ondelete="NO ACTION"), index=True
    )
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("md_session.session_id", ondelete="CASCADE")
    )
    client_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="created")
    json_input_values: Mapped[list[Any]] = mapped_column(JSONB(), server_default="[]")
    title: Mapped[str | None] = mapped_column(String(255))
    summary: Mapped[str | None]
    search_text: Mapped[str] = mapped_column(server_default="")
    search_words: Mapped[str | None] = mapped_column(
        TSVECTOR(), deferred=True, deferred_raiseload=True
    )
    creation_date: Mapped[CreatedAt]
    start_date: Mapped[datetime | None]
    end_date: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    purchase_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_purchase.purchase_pk", ondelete="SET NULL"), index=True
    )
    predefined_action_from_user_task_execution_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_user_task_execution.user_task_execution_pk", ondelete="SET NULL"),
        index=True,
    )

    __table_args__ = (
        UniqueConstraint("user_id", "client_id"),
        CheckConstraint(
            "state IN ('created', 'writing', 'asking', 'done', 'failed', 'stopped')", name="state"
        ),
        Index(
            "ix_md_user_task_execution_session_id",
            "session_id",
            text("user_task_execution_pk DESC"),
        ),
        Index(
            "ix_md_user_task_execution_history",
            "user_id",
            text("user_task_execution_pk DESC"),
            postgresql_where=LISTED,
        ),
        Index("ix_md_user_task_execution_last_use", "user_id", "task_fk", "start_date"),
        Index(
            "ix_md_user_task_execution_words",
            "search_words",
            postgresql_using="gin",
            # A list of what waits to be indexed would be read by every search; few write.
            postgresql_with={"fastupdate": "off"},
            postgresql_where=LISTED,
        ),
        Index(
            "ix_md_user_task_execution_unindexed",
            "user_task_execution_pk",
            postgresql_where=UNINDEXED,
        ),
        Index(
            "ix_md_user_task_execution_deleted",
            "deleted_at",
            "user_task_execution_pk",
            postgresql_where=DELETED,
        ),
    )


class ProducedTextRow(Base):
    """The one text of an execution, or one that a person made without any."""

    __tablename__ = "md_produced_text"

    produced_text_pk: Mapped[PkBigint]
    user_id: Mapped[UUID] = _user_key()
    user_task_execution_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_user_task_execution.user_task_execution_pk", ondelete="CASCADE"),
        unique=True,
    )
    session_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("md_session.session_id", ondelete="CASCADE"), index=True
    )
    creation_date: Mapped[CreatedAt]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_md_produced_text_deleted", "deleted_at", postgresql_where=DELETED),)


class VersionRow(Base):
    """One version of a text. `version_index` counts from 1 without gaps, by date.

    `message_id` is the message that delivered it; a bare id, because faces compose them.
    `restored_index` is the version that this one brought back.
    """

    __tablename__ = "md_produced_text_version"

    produced_text_version_pk: Mapped[PkBigint]
    produced_text_fk: Mapped[int] = mapped_column(
        ForeignKey("md_produced_text.produced_text_pk", ondelete="CASCADE")
    )
    version_index: Mapped[int] = mapped_column(Integer)
    title: Mapped[str | None]
    production: Mapped[str]
    author: Mapped[str] = mapped_column(server_default="assistant")
    cause: Mapped[str] = mapped_column(server_default="answer")
    ending: Mapped[str] = mapped_column(server_default="whole")
    restored_index: Mapped[int | None] = mapped_column(Integer)
    message_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    text_type_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_text_type.text_type_pk", ondelete="SET NULL"), index=True
    )
    revision: Mapped[int] = mapped_column(Integer, server_default="1")
    creation_date: Mapped[CreatedAt]
    edited_at: Mapped[CreatedAt]
    read_by_user: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("produced_text_fk", "version_index"),
        CheckConstraint("author IN ('assistant', 'user')", name="author"),
        CheckConstraint("cause IN ('answer', 'change', 'edit', 'restore')", name="cause"),
        CheckConstraint("ending IN ('whole', 'stopped', 'cut')", name="ending"),
        CheckConstraint(
            "(cause = 'restore') = (restored_index IS NOT NULL)", name="restored_index"
        ),
        CheckConstraint("version_index > 0", name="version_index"),
        CheckConstraint("revision > 0", name="revision"),
    )
