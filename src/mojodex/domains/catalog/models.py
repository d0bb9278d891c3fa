"""Tables of the catalogue. Names follow the ancestor's."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, PkBigint

_EMPTY_LIST = text("'[]'::jsonb")


class MdTextType(Base):
    """A sort of result."""

    __tablename__ = "md_text_type"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("name !~ '[A-Z]'", name="name_lower"),
    )

    text_type_pk: Mapped[PkBigint]
    name: Mapped[str]


class MdPlatform(Base):
    """Where a task may show."""

    __tablename__ = "md_platform"
    __table_args__ = (UniqueConstraint("name"),)

    platform_pk: Mapped[PkBigint]
    name: Mapped[str]


class MdTask(Base):
    """A task definition, without its texts for people."""

    __tablename__ = "md_task"
    __table_args__ = (
        UniqueConstraint("name_for_system"),
        CheckConstraint("type IN ('instruct', 'workflow')", name="type"),
        CheckConstraint("jsonb_typeof(infos_to_extract) = 'array'", name="infos"),
        Index(None, "output_text_type_fk"),
    )

    task_pk: Mapped[PkBigint]
    type: Mapped[str] = mapped_column(server_default="instruct")
    name_for_system: Mapped[str]
    definition_for_system: Mapped[str]
    final_instruction: Mapped[str | None]
    icon: Mapped[str] = mapped_column(server_default="✨")
    output_text_type_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_text_type.text_type_pk", ondelete="RESTRICT")
    )
    output_format_instruction_title: Mapped[str | None]
    output_format_instruction_draft: Mapped[str | None]
    visible_for_teasing: Mapped[bool] = mapped_column(server_default=false())
    infos_to_extract: Mapped[list[Any]] = mapped_column(JSONB(), server_default=_EMPTY_LIST)
    result_chat_enabled: Mapped[bool] = mapped_column(server_default=true())


class MdTaskDisplayedData(Base):
    """The texts and the form of a task in one language."""

    __tablename__ = "md_task_displayed_data"
    __table_args__ = (
        UniqueConstraint("task_fk", "language_code"),
        CheckConstraint("jsonb_typeof(json_input) = 'array'", name="json_input"),
    )

    task_displayed_data_pk: Mapped[PkBigint]
    task_fk: Mapped[int] = mapped_column(ForeignKey("md_task.task_pk", ondelete="CASCADE"))
    language_code: Mapped[str]
    name_for_user: Mapped[str]
    definition_for_user: Mapped[str]
    json_input: Mapped[list[Any]] = mapped_column(JSONB(), server_default=_EMPTY_LIST)


class MdTaskPlatformAssociation(Base):
    """A task shows on a platform."""

    __tablename__ = "md_task_platform_association"
    __table_args__ = (UniqueConstraint("task_fk", "platform_fk"), Index(None, "platform_fk"))

    task_platform_association_pk: Mapped[PkBigint]
    task_fk: Mapped[int] = mapped_column(ForeignKey("md_task.task_pk", ondelete="CASCADE"))
    platform_fk: Mapped[int] = mapped_column(
        ForeignKey("md_platform.platform_pk", ondelete="CASCADE")
    )


class MdTaskPredefinedActionAssociation(Base):
    """After the task `task_fk`, offer the task `predefined_action_fk`."""

    __tablename__ = "md_task_predefined_action_association"
    __table_args__ = (
        UniqueConstraint("task_fk", "predefined_action_fk"),
        Index(None, "predefined_action_fk"),
    )

    task_predefined_action_association_pk: Mapped[PkBigint]
    task_fk: Mapped[int] = mapped_column(ForeignKey("md_task.task_pk", ondelete="CASCADE"))
    predefined_action_fk: Mapped[int] = mapped_column(
        ForeignKey("md_task.task_pk", ondelete="CASCADE")
    )


class MdPredefinedActionDisplayedData(Base):
    """A predefined action in one language: `{name, button_text?, message_prefix?}`."""

    __tablename__ = "md_predefined_action_displayed_data"
    __table_args__ = (
        UniqueConstraint("task_predefined_action_association_fk", "language_code"),
        CheckConstraint("jsonb_typeof(displayed_data) = 'object'", name="displayed_data"),
    )

    predefined_action_displayed_data_pk: Mapped[PkBigint]
    task_predefined_action_association_fk: Mapped[int] = mapped_column(
        ForeignKey(
            "md_task_predefined_action_association.task_predefined_action_association_pk",
            ondelete="CASCADE",
        )
    )
    language_code: Mapped[str]
    displayed_data: Mapped[dict[str, Any]]


class MdCatalogRevision(Base):
    """One row: which state of the other tables this is. Triggers renew it before each change."""

    __tablename__ = "md_catalog_revision"
    __table_args__ = (CheckConstraint("is_only", name="is_only"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    revision: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
