"""Tables of identity. Names follow the ancestor's wherever the concept stays."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt, PkBigint, PkUuid


class MdCompany(Base):
    """A company, shared by the people who named the same website."""

    __tablename__ = "md_company"
    __table_args__ = (UniqueConstraint("website"),)

    company_pk: Mapped[PkBigint]
    name: Mapped[str | None]
    website: Mapped[str | None]
    additional_info: Mapped[dict[str, Any] | None]
    emoji: Mapped[str | None]
    creation_date: Mapped[CreatedAt]
    last_update_date: Mapped[datetime | None]


class MdUser(Base):
    """A person. `product_category_fk` is a bare id: categories live in a domain above."""

    __tablename__ = "md_user"
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("google_id"),
        UniqueConstraint("microsoft_id"),
        UniqueConstraint("apple_id"),
        CheckConstraint("email !~ '[A-Z]'", name="email_lower"),
        CheckConstraint("utc_offset_min BETWEEN -720 AND 840", name="utc_offset"),
        Index(None, "company_fk"),
    )

    user_id: Mapped[PkUuid]
    name: Mapped[str | None]
    email: Mapped[str]
    creation_date: Mapped[CreatedAt]
    terms_and_conditions_accepted: Mapped[datetime | None]
    onboarding_presented: Mapped[datetime | None]
    language_code: Mapped[str | None]
    time_zone: Mapped[str | None]
    utc_offset_min: Mapped[int] = mapped_column(server_default=text("0"))
    summary: Mapped[str | None]
    last_summary_update_date: Mapped[datetime | None]
    password: Mapped[str | None]
    google_id: Mapped[str | None]
    microsoft_id: Mapped[str | None]
    apple_id: Mapped[str | None]
    company_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_company.company_pk", ondelete="SET NULL")
    )
    company_description: Mapped[str | None]
    last_company_description_update_date: Mapped[datetime | None]
    goal: Mapped[str | None]
    product_category_fk: Mapped[int | None] = mapped_column(BigInteger())
    todo_email_reception: Mapped[bool] = mapped_column(server_default=true())
    is_demo: Mapped[bool] = mapped_column(server_default=false())
    deleted_at: Mapped[datetime | None]


class MdGrant(Base):
    """A power of a person."""

    __tablename__ = "md_grant"
    __table_args__ = (CheckConstraint("name IN ('admin', 'reviewer', 'staff')", name="name"),)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("md_user.user_id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


class MdLogin(Base):
    """A log-in: the hash of its token, kept 30 days past its end so that clients learn why."""

    __tablename__ = "md_login"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "user_id", "created_at", "login_id"),
    )

    login_id: Mapped[PkUuid]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("md_user.user_id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary())
    client: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class MdLoginFailure(Base):
    """A failed check of a password, counted per e-mail and per address, then forgotten."""

    __tablename__ = "md_login_failure"
    __table_args__ = (
        CheckConstraint("scope IN ('email', 'address')", name="scope"),
        Index(None, "scope", "subject_hash", "created_at"),
        Index(None, "created_at"),
    )

    login_failure_pk: Mapped[PkBigint]
    scope: Mapped[str]
    subject_hash: Mapped[bytes] = mapped_column(LargeBinary())
    created_at: Mapped[CreatedAt]


class MdAudit(Base):
    """What an administrator did to what. Kept when the actor's account goes."""

    __tablename__ = "md_audit"
    __table_args__ = (Index(None, "actor_user_id"), Index(None, "subject_kind", "subject_id"))

    audit_pk: Mapped[PkBigint]
    created_at: Mapped[CreatedAt]
    actor_kind: Mapped[str]
    actor_user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("md_user.user_id", ondelete="SET NULL")
    )
    actor_scopes: Mapped[str] = mapped_column(server_default="")
    act: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
