"""Queries about people, their powers, and what administrators did to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from mojodex.domains.identity.models import MdAudit, MdCompany, MdGrant, MdUser
from mojodex.domains.identity.views import CompanyId, Grant, User, UserId
from mojodex.platform.db import Prepared, Reading, Rows, Tx, given, one_of_uuids

GRANTS_OF_USER = (
    select(func.array_agg(MdGrant.name))
    .where(MdGrant.user_id == MdUser.user_id)
    .correlate(MdUser)
    .scalar_subquery()
)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a check of a password needs."""

    user_id: UserId
    email: str
    password_hash: str | None
    is_demo: bool


class UserParts(NamedTuple):
    """What `_read_user` reads: of a person's row, of the company, and the powers."""

    user_id: UUID
    email: str
    name: str | None
    language_code: str | None
    time_zone: str | None
    utc_offset_min: int
    company_fk: int | None
    company_description: str | None
    goal: str | None
    summary: str | None
    product_category_fk: int | None
    is_demo: bool
    todo_email_reception: bool
    terms_and_conditions_accepted: datetime | None
    onboarding_presented: datetime | None
    creation_date: datetime
    has_password: bool
    company_name: str | None
    grants: Sequence[str] | None


class LockedUser(NamedTuple):
    """What of a locked row decides how it is changed."""

    password: str | None
    time_zone: str | None
    utc_offset_min: int


def read_grants(names: Sequence[str] | None) -> frozenset[Grant]:
    return frozenset(Grant(name) for name in names or ())


def _read_users(rows: Rows) -> list[User]:
    return [_read_user(UserParts(*row)) for row in rows]


def _read_user(row: UserParts) -> User:
    return User(
        user_id=UserId(row.user_id),
        email=row.email,
        name=row.name,
        language_code=row.language_code,
        time_zone=row.time_zone,
        utc_offset_min=row.utc_offset_min,
        company_id=None if row.company_fk is None else CompanyId(row.company_fk),
        company_name=row.company_name,
        company_description=row.company_description,
        goal=row.goal,
        summary=row.summary,
        product_category_id=row.product_category_fk,
        is_demo=row.is_demo,
        has_password=row.has_password,
        wants_todo_email=row.todo_email_reception,
        terms_accepted_at=row.terms_and_conditions_accepted,
        onboarding_presented_at=row.onboarding_presented,
        created_at=row.creation_date,
        grants=read_grants(row.grants),
    )


def _select_users() -> Select[Any]:
    own = [getattr(MdUser, name) for name in UserParts._fields[:-3]]
    return (
        select(*own, MdUser.password.is_not(None), MdCompany.name, GRANTS_OF_USER)
        .outerjoin(MdCompany, MdCompany.company_pk == MdUser.company_fk)
        .where(MdUser.deleted_at.is_(None))
    )


_USERS = Prepared(_select_users().where(MdUser.user_id == one_of_uuids("user_ids")))


async def find_users(tx: Reading, user_ids: Collection[UUID]) -> list[User]:
    return _read_users(await tx.fetch(_USERS, {"user_ids": list(user_ids)}))


_OF_EMAIL = Prepared(_select_users().where(MdUser.email == bindparam("email")))


async def find_user_by_email(tx: Reading, email: str) -> User | None:
    return next(iter(_read_users(await tx.fetch(_OF_EMAIL, {"email": email}))), None)


@cache
def _insert(columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        upsert(MdUser).values(**given(*columns)).on_conflict_do_nothing(index_elements=["email"])
    )


async def insert_user(tx: Tx, values: Mapping[str, Any]) -> bool:
    """False when the e-mail is taken, also by a transaction that commits meanwhile."""
    return await tx.change(_insert(tuple(values)), values) > 0


@cache
def _update(columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        update(MdUser)
        .where(MdUser.user_id == bindparam("of_user"), MdUser.deleted_at.is_(None))
        .values(**given(*columns))
    )


async def update_user(tx: Tx, user_id: UUID, values: Mapping[str, Any]) -> bool:
    """False when there is no such person."""
    return await tx.change(_update(tuple(values)), {**values, "of_user": user_id}) > 0


_LOCK = Prepared(
    select(*(getattr(MdUser, name) for name in LockedUser._fields))
    .where(MdUser.user_id == bindparam("user_id"), MdUser.deleted_at.is_(None))
    .with_for_update(key_share=True)
)


async def lock_user(tx: Tx, user_id: UUID) -> LockedUser | None:
    """Of the person's row, which nobody else changes until the transaction ends."""
    rows = await tx.fetch(_LOCK, {"user_id": user_id})
    return LockedUser(*rows[0]) if rows else None


_FILL = Prepared(
    update(MdUser)
    .where(
        MdUser.user_id == bindparam("of_user"),
        or_(MdUser.goal.is_(None), MdUser.product_category_fk.is_(None)),
    )
    .values(
        goal=func.coalesce(MdUser.goal, bindparam("new_goal", type_=Text())),
        product_category_fk=func.coalesce(
            MdUser.product_category_fk,
            bindparam("category_id", type_=MdUser.product_category_fk.type),
        ),
    )
)


async def fill_category(tx: Tx, user_id: UUID, category_id: int | None, goal: str) -> None:
    await tx.change(_FILL, {"of_user": user_id, "new_goal": goal, "category_id": category_id})


async def insert_grants(tx: Tx, user_id: UUID, grants: Collection[Grant]) -> None:
    if grants:
        rows = [{"user_id": user_id, "name": grant.value} for grant in sorted(grants)]
        await tx.execute(upsert(MdGrant).values(rows).on_conflict_do_nothing())


async def delete_grant(tx: Tx, user_id: UUID, grant: Grant) -> None:
    await tx.execute(delete(MdGrant).where(MdGrant.user_id == user_id, MdGrant.name == grant.value))


def _credentials(key: ColumnElement[bool]) -> Prepared:
    return Prepared(
        select(MdUser.user_id, MdUser.email, MdUser.password, MdUser.is_demo).where(
            key, MdUser.deleted_at.is_(None)
        )
    )


_CREDENTIALS_OF_EMAIL = _credentials(MdUser.email == bindparam("email"))
_CREDENTIALS_OF_USER = _credentials(MdUser.user_id == bindparam("user_id"))


async def find_credentials(
    tx: Reading, *, email: str | None = None, user_id: UUID | None = None
) -> Credentials | None:
    query = _CREDENTIALS_OF_EMAIL if user_id is None else _CREDENTIALS_OF_USER
    rows = await tx.fetch(query, {"email": email, "user_id": user_id})
    if not rows:
        return None
    found, address, password, is_demo = rows[0]
    return Credentials(
        user_id=UserId(found), email=address, password_hash=password, is_demo=is_demo
    )


async def is_user_deleted(tx: Tx, user_id: UUID) -> bool:
    """Whether a person was removed whose rows are still there."""
    query = select(MdUser.user_id).where(MdUser.user_id == user_id, MdUser.deleted_at.is_not(None))
    return await tx.scalar(query) is not None


async def erase_user(tx: Tx, user_id: UUID) -> None:
    """Delete a person's row; their sessions, works and purchases hang on it."""
    await tx.execute(delete(MdUser).where(MdUser.user_id == user_id))


async def insert_audit(tx: Tx, values: dict[str, Any]) -> None:
    await tx.execute(insert(MdAudit).values(values))
