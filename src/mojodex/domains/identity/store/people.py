"""Every query of identity."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mojodex.domains.identity.models import (
    MdAudit,
    MdCompany,
    MdGrant,
    MdLogin,
    MdLoginFailure,
    MdUser,
)
from mojodex.domains.identity.views import (
    CompanyId,
    Grant,
    Login,
    LoginId,
    User,
    UserId,
)
from mojodex.platform.db import Prepared, Reading, Tx

_FRESH = {"populate_existing": True}

_grants_of_user = (
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


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A log-in as found by its token."""

    login_id: LoginId
    user_id: UserId
    grants: frozenset[Grant]
    language_code: str | None
    last_seen_at: datetime
    ended_at: datetime | None


def _read_grants(names: Sequence[str] | None) -> frozenset[Grant]:
    return frozenset(Grant(name) for name in names or ())


def _select_users() -> Select[MdUser, str, Sequence[str]]:
    return (
        select(MdUser, MdCompany.name, _grants_of_user)
        .outerjoin(MdCompany, MdCompany.company_pk == MdUser.company_fk)
        .where(MdUser.deleted_at.is_(None))
        .execution_options(**_FRESH)
    )


def _read_user(row: MdUser, company_name: str | None, grants: Sequence[str] | None) -> User:
    return User(
        user_id=UserId(row.user_id),
        email=row.email,
        name=row.name,
        language_code=row.language_code,
        time_zone=row.time_zone,
        utc_offset_min=row.utc_offset_min,
        company_id=None if row.company_fk is None else CompanyId(row.company_fk),
        company_name=company_name,
        company_description=row.company_description,
        goal=row.goal,
        summary=row.summary,
        product_category_id=row.product_category_fk,
        is_demo=row.is_demo,
        has_password=row.password is not None,
        wants_todo_email=row.todo_email_reception,
        terms_accepted_at=row.terms_and_conditions_accepted,
        onboarding_presented_at=row.onboarding_presented,
        created_at=row.creation_date,
        grants=_read_grants(grants),
    )


async def find_users(tx: Tx, user_ids: Collection[UUID]) -> list[User]:
    rows = await tx.execute(_select_users().where(MdUser.user_id.in_(user_ids)))
    return [_read_user(row, company, grants) for row, company, grants in rows]


async def find_user_by_email(tx: Tx, email: str) -> User | None:
    rows = await tx.execute(_select_users().where(MdUser.email == email))
    return next((_read_user(row, company, grants) for row, company, grants in rows), None)


async def insert_user(tx: Tx, values: dict[str, Any]) -> bool:
    """False when the e-mail is taken, also by a transaction that commits meanwhile."""
    statement = upsert(MdUser).values(values).on_conflict_do_nothing(index_elements=["email"])
    return await tx.scalar(statement.returning(MdUser.user_id)) is not None


async def update_user(tx: Tx, user_id: UUID, values: dict[str, Any]) -> bool:
    """False when there is no such person."""
    statement = (
        update(MdUser)
        .where(MdUser.user_id == user_id, MdUser.deleted_at.is_(None))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement.returning(MdUser.user_id)) is not None


async def lock_user(tx: Tx, user_id: UUID) -> MdUser | None:
    """The person's row, which nobody else changes until the transaction ends."""
    return await tx.scalar(
        select(MdUser)
        .where(MdUser.user_id == user_id, MdUser.deleted_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(**_FRESH)
    )


async def fill_category(tx: Tx, user_id: UUID, category_id: int | None, goal: str) -> None:
    await tx.execute(
        update(MdUser)
        .where(
            MdUser.user_id == user_id,
            or_(MdUser.goal.is_(None), MdUser.product_category_fk.is_(None)),
        )
        .values(
            goal=func.coalesce(MdUser.goal, goal),
            product_category_fk=func.coalesce(MdUser.product_category_fk, category_id),
        )
        .execution_options(synchronize_session=False)
    )


async def insert_grants(tx: Tx, user_id: UUID, grants: Collection[Grant]) -> None:
    if grants:
        rows = [{"user_id": user_id, "name": grant.value} for grant in sorted(grants)]
        await tx.execute(upsert(MdGrant).values(rows).on_conflict_do_nothing())


async def delete_grant(tx: Tx, user_id: UUID, grant: Grant) -> None:
    await tx.execute(delete(MdGrant).where(MdGrant.user_id == user_id, MdGrant.name == grant.value))


async def find_credentials(
    tx: Tx, *, email: str | None = None, user_id: UUID | None = None
) -> Credentials | None:
    key = MdUser.email == email if user_id is None else MdUser.user_id == user_id
    row = (
        await tx.execute(
            select(MdUser.user_id, MdUser.email, MdUser.password, MdUser.is_demo).where(
                key, MdUser.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return Credentials(
        user_id=UserId(row.user_id),
        email=row.email,
        password_hash=row.password,
        is_demo=row.is_demo,
    )


async def insert_login(tx: Tx, values: dict[str, Any]) -> None:
    await tx.execute(insert(MdLogin).values(values))


_TOKEN = Prepared(
    select(
        MdLogin.login_id,
        MdLogin.user_id,
        _grants_of_user,
        MdUser.language_code,
        MdLogin.last_seen_at,
        func.least(MdLogin.revoked_at, MdLogin.expires_at, MdUser.deleted_at),
    )
    .join(MdUser, MdUser.user_id == MdLogin.user_id)
    .where(MdLogin.token_hash == bindparam("token_hash"))
)


async def find_token(tx: Reading, token_hash: bytes) -> TokenRow | None:
    """One statement: the log-in of a token, its person, their powers and their language."""
    rows = await tx.fetch(_TOKEN, {"token_hash": token_hash})
    if not rows:
        return None
    login_id, user_id, grants, language_code, last_seen_at, ended_at = rows[0]
    return TokenRow(
        login_id=LoginId(login_id),
        user_id=UserId(user_id),
        grants=_read_grants(grants),
        language_code=language_code,
        last_seen_at=last_seen_at,
        ended_at=ended_at,
    )


_TOUCH = Prepared(
    update(MdLogin)
    .where(
        MdLogin.login_id
        == select(MdLogin.login_id)
        .where(MdLogin.login_id == bindparam("login_id"))
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(last_seen_at=bindparam("now"))
    .returning(MdLogin.login_id)
)


async def touch_login(tx: Reading, login_id: UUID, now: datetime) -> None:
    """Note that a log-in was used; skipped when another request is noting it just now."""
    await tx.fetch(_TOUCH, {"login_id": login_id, "now": now})


def _is_live(now: datetime) -> Any:
    return (MdLogin.revoked_at.is_(None)) & (MdLogin.expires_at > now)


async def find_live_logins(tx: Tx, login_ids: Collection[UUID], now: datetime) -> set[UUID]:
    rows = await tx.scalars(
        select(MdLogin.login_id)
        .join(MdUser, MdUser.user_id == MdLogin.user_id)
        .where(MdLogin.login_id.in_(login_ids), _is_live(now), MdUser.deleted_at.is_(None))
    )
    return set(rows)


async def list_logins(
    tx: Tx,
    user_id: UUID,
    *,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    offset: int,
    limit: int,
    current: UUID | None,
) -> list[Login]:
    query = (
        select(MdLogin)
        .where(MdLogin.user_id == user_id, _is_live(now))
        .order_by(MdLogin.created_at.desc(), MdLogin.login_id.desc())
        .offset(offset)
        .limit(limit)
        .execution_options(**_FRESH)
    )
    if after is not None:
        query = query.where(tuple_(MdLogin.created_at, MdLogin.login_id) < after)
    return [
        Login(
            login_id=LoginId(row.login_id),
            client=row.client,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            is_current=row.login_id == current,
        )
        for row in await tx.scalars(query)
    ]


async def find_login_owner(tx: Tx, login_id: UUID, now: datetime) -> UserId | None:
    """Whose live log-in this is."""
    owner = await tx.scalar(
        select(MdLogin.user_id).where(MdLogin.login_id == login_id, _is_live(now))
    )
    return None if owner is None else UserId(owner)


async def revoke_logins(
    tx: Tx, user_id: UUID, now: datetime, *, only: UUID | None = None, sparing: UUID | None = None
) -> None:
    """End the person's live log-ins: all, one (`only`), or all but one (`sparing`)."""
    statement = update(MdLogin).where(MdLogin.user_id == user_id, _is_live(now))
    if only is not None:
        statement = statement.where(MdLogin.login_id == only)
    if sparing is not None:
        statement = statement.where(MdLogin.login_id != sparing)
    await tx.execute(statement.values(revoked_at=now).execution_options(synchronize_session=False))


async def delete_ended_logins(tx: Tx, user_id: UUID, before: datetime) -> None:
    """Forget the person's log-ins that ended before this instant."""
    await tx.execute(
        delete(MdLogin).where(
            MdLogin.user_id == user_id,
            func.least(MdLogin.revoked_at, MdLogin.expires_at) < before,
        )
    )


async def list_failures(
    tx: Tx, scope: str, subject_hash: bytes, *, since: datetime, limit: int
) -> list[datetime]:
    """When the newest failures happened, newest first, at most `limit`."""
    rows = await tx.scalars(
        select(MdLoginFailure.created_at)
        .where(
            MdLoginFailure.scope == scope,
            MdLoginFailure.subject_hash == subject_hash,
            MdLoginFailure.created_at > since,
        )
        .order_by(MdLoginFailure.created_at.desc())
        .limit(limit)
    )
    return list(rows)


async def insert_failures(
    tx: Tx, subjects: Sequence[tuple[str, bytes]], now: datetime, keep: timedelta
) -> None:
    """Note a failure for each subject and forget those that no longer count."""
    old = (
        select(MdLoginFailure.login_failure_pk)
        .where(MdLoginFailure.created_at < now - keep)
        .with_for_update(skip_locked=True)
    )
    await tx.execute(delete(MdLoginFailure).where(MdLoginFailure.login_failure_pk.in_(old)))
    await tx.execute(
        insert(MdLoginFailure).values(
            [
                {"scope": scope, "subject_hash": subject_hash, "created_at": now}
                for scope, subject_hash in subjects
            ]
        )
    )


async def delete_failures(tx: Tx, scope: str, subject_hash: bytes) -> None:
    await tx.execute(
        delete(MdLoginFailure).where(
            MdLoginFailure.scope == scope, MdLoginFailure.subject_hash == subject_hash
        )
    )


async def purge_logins(tx: Tx, before: datetime, limit: int) -> int:
    """Forget log-ins that ended before this instant. Returns how many."""
    ended = (
        select(MdLogin.login_id)
        .where(func.least(MdLogin.revoked_at, MdLogin.expires_at) < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = delete(MdLogin).where(MdLogin.login_id.in_(ended)).returning(MdLogin.login_id)
    return len((await tx.scalars(gone)).all())


async def purge_failures(tx: Tx, before: datetime, limit: int) -> int:
    """Forget failures that are older than this instant. Returns how many."""
    old = (
        select(MdLoginFailure.login_failure_pk)
        .where(MdLoginFailure.created_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = delete(MdLoginFailure).where(MdLoginFailure.login_failure_pk.in_(old))
    return len((await tx.scalars(gone.returning(MdLoginFailure.login_failure_pk))).all())


async def is_user_deleted(tx: Tx, user_id: UUID) -> bool:
    """Whether a person was removed whose rows are still there."""
    query = select(MdUser.user_id).where(MdUser.user_id == user_id, MdUser.deleted_at.is_not(None))
    return await tx.scalar(query) is not None


async def erase_user(tx: Tx, user_id: UUID) -> None:
    """Delete a person's row; their sessions, works and purchases hang on it."""
    await tx.execute(delete(MdUser).where(MdUser.user_id == user_id))


async def insert_audit(tx: Tx, values: dict[str, Any]) -> None:
    await tx.execute(insert(MdAudit).values(values))
