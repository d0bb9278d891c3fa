"""Queries about log-ins and their tokens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from mojodex.domains.identity.models import MdLogin, MdUser
from mojodex.domains.identity.store.people import GRANTS_OF_USER, read_grants
from mojodex.domains.identity.views import Grant, Login, LoginId, UserId
from mojodex.platform.db import Prepared, Reading, Tx, given, one_of_uuids


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A log-in as found by its token."""

    login_id: LoginId
    user_id: UserId
    grants: frozenset[Grant]
    language_code: str | None
    last_seen_at: datetime
    ended_at: datetime | None


_ADD = Prepared(
    insert(MdLogin).values(
        **given(
            "login_id",
            "user_id",
            "token_hash",
            "client",
            "created_at",
            "last_seen_at",
            "expires_at",
        )
    )
)


async def insert_login(tx: Tx, values: dict[str, Any]) -> None:
    await tx.change(_ADD, values)


_TOKEN = Prepared(
    select(
        MdLogin.login_id,
        MdLogin.user_id,
        GRANTS_OF_USER,
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
        grants=read_grants(grants),
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


def _is_live() -> ColumnElement[bool]:
    """At `now`."""
    now = bindparam("now", type_=DateTime(timezone=True))
    return and_(MdLogin.revoked_at.is_(None), MdLogin.expires_at > now)


_LIVE = Prepared(
    select(MdLogin.login_id)
    .join(MdUser, MdUser.user_id == MdLogin.user_id)
    .where(
        MdLogin.login_id == one_of_uuids("login_ids"),
        _is_live(),
        MdUser.deleted_at.is_(None),
    )
)


async def find_live_logins(tx: Reading, login_ids: Collection[UUID], now: datetime) -> set[UUID]:
    rows = await tx.fetch(_LIVE, {"login_ids": list(login_ids), "now": now})
    return {login_id for (login_id,) in rows}


@cache
def _list(*, is_continued: bool) -> Prepared:
    query = (
        select(
            MdLogin.login_id,
            MdLogin.client,
            MdLogin.created_at,
            MdLogin.last_seen_at,
            MdLogin.expires_at,
        )
        .where(MdLogin.user_id == bindparam("user_id"), _is_live())
        .order_by(MdLogin.created_at.desc(), MdLogin.login_id.desc())
        .offset(bindparam("offset", type_=BigInteger()))
        .limit(bindparam("limit", type_=BigInteger()))
    )
    if is_continued:
        edge = tuple_(
            bindparam("after_at", type_=DateTime(timezone=True)),
            bindparam("after_id", type_=Uuid(as_uuid=True)),
        )
        query = query.where(tuple_(MdLogin.created_at, MdLogin.login_id) < edge)
    return Prepared(query)


async def list_logins(
    tx: Reading,
    user_id: UUID,
    *,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    offset: int,
    limit: int,
    current: UUID | None,
) -> list[Login]:
    after_at, after_id = after or (None, None)
    rows = await tx.fetch(
        _list(is_continued=after is not None),
        {
            "user_id": user_id,
            "now": now,
            "after_at": after_at,
            "after_id": after_id,
            "offset": offset,
            "limit": limit,
        },
    )
    return [
        Login(
            login_id=LoginId(login_id),
            client=client,
            created_at=created_at,
            last_seen_at=last_seen_at,
            expires_at=expires_at,
            is_current=login_id == current,
        )
        for login_id, client, created_at, last_seen_at, expires_at in rows
    ]


_OWNER = Prepared(
    select(MdLogin.user_id).where(MdLogin.login_id == bindparam("login_id"), _is_live())
)


async def find_login_owner(tx: Reading, login_id: UUID, now: datetime) -> UserId | None:
    """Whose live log-in this is."""
    rows = await tx.fetch(_OWNER, {"login_id": login_id, "now": now})
    return UserId(rows[0][0]) if rows else None


async def revoke_logins(
    tx: Tx, user_id: UUID, now: datetime, *, only: UUID | None = None, sparing: UUID | None = None
) -> None:
    """End the person's live log-ins: all, one (`only`), or all but one (`sparing`)."""
    await tx.change(
        _revoke(is_one=only is not None, is_sparing=sparing is not None),
        {"of_user": user_id, "now": now, "only": only, "sparing": sparing},
    )


@cache
def _revoke(*, is_one: bool, is_sparing: bool) -> Prepared:
    statement = update(MdLogin).where(MdLogin.user_id == bindparam("of_user"), _is_live())
    if is_one:
        statement = statement.where(MdLogin.login_id == bindparam("only"))
    if is_sparing:
        statement = statement.where(MdLogin.login_id != bindparam("sparing"))
    return Prepared(statement.values(revoked_at=bindparam("now", type_=DateTime(timezone=True))))


_DELETE_ENDED = Prepared(
    delete(MdLogin).where(
        MdLogin.user_id == bindparam("user_id"),
        func.least(MdLogin.revoked_at, MdLogin.expires_at)
        < bindparam("before", type_=DateTime(timezone=True)),
    )
)


async def delete_ended_logins(tx: Tx, user_id: UUID, before: datetime) -> None:
    """Forget the person's log-ins that ended before this instant."""
    await tx.change(_DELETE_ENDED, {"user_id": user_id, "before": before})


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
