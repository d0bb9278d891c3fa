"""Accounts: making them, reading them, their powers, and the demo's account."""

from collections.abc import Collection
from typing import Any

from mojodex.domains.identity.errors import EmailTaken, UserNotFound
from mojodex.domains.identity.policy import require_grant
from mojodex.domains.identity.rules import (
    check_password,
    decode_email,
    decode_language,
    decode_name,
    find_email,
)
from mojodex.domains.identity.service.audit import record_audit
from mojodex.domains.identity.service.passwords import hash_password
from mojodex.domains.identity.store import people
from mojodex.domains.identity.views import DEFAULT_LANGUAGE, Caller, Grant, User, UserId
from mojodex.kit.ids import new_id
from mojodex.platform.db import Database, Reading, Tx

DEMO_EMAIL = "demo@example.com"
DEMO_NAME = "Demo"
#: Known to everybody, on purpose: the account is refused unless the app is on loopback or a demo.
DEMO_WORD = "demo"


async def create_user(
    db: Database,
    caller: Caller,
    *,
    email: str,
    name: str,
    password: str | None,
    language_code: str = DEFAULT_LANGUAGE,
    grants: Collection[Grant] = (),
    accept_terms: bool = False,
) -> User:
    """Make an account, for administrators. Without a password nobody logs in to it yet.

    `accept_terms`: terms accepted and onboarding done, as when an administrator vouches for the
    person. Raises `GrantMissing`, `InvalidEmail`, `InvalidName`, `WeakPassword`,
    `InvalidLanguage`, `EmailTaken`.
    """
    db.outside_transaction()
    require_grant(caller, Grant.ADMIN)
    address = decode_email(email)
    values: dict[str, Any] = {
        "email": address,
        "name": decode_name(name),
        "language_code": decode_language(language_code),
    }
    if password is not None:
        check_password(password, address)
        values["password"] = await hash_password(password=password)
    async with db.begin() as tx:
        user = await _insert(tx, values, is_ready=accept_terms)
        if user is None:
            raise EmailTaken()
        await people.insert_grants(tx, user.user_id, grants)
        await record_audit(
            tx, caller, act="user.create", subject_kind="user", subject_id=user.user_id
        )
        return await get_user(tx, user_id=user.user_id)


async def _insert(tx: Tx, values: dict[str, Any], *, is_ready: bool) -> User | None:
    """None when the e-mail is taken. `is_ready`: terms accepted, onboarding done."""
    now = tx.clock.now()
    user_id = UserId(new_id())
    ready_at = now if is_ready else None
    is_new = await people.insert_user(
        tx,
        {
            **values,
            "user_id": user_id,
            "creation_date": now,
            "terms_and_conditions_accepted": ready_at,
            "onboarding_presented": ready_at,
        },
    )
    return await get_user(tx, user_id=user_id) if is_new else None


async def ensure_demo_account(
    db: Database, *, is_embedded: bool, is_demo_allowed: bool
) -> UserId | None:
    """Make the demo account (demo@example.com) where it belongs, once.

    It belongs to the embedded database, and to an external one only with `MOJODEX_DEMO`. Returns
    its id, or None where there is none. An account that an administrator made with this e-mail is
    left alone.
    """
    db.outside_transaction()
    async with db.begin() as tx:
        user = await people.find_user_by_email(tx, DEMO_EMAIL)
    if user is not None:
        return user.user_id if user.is_demo else None
    if not (is_embedded or is_demo_allowed):
        return None
    values = {
        "email": DEMO_EMAIL,
        "name": DEMO_NAME,
        "language_code": DEFAULT_LANGUAGE,
        "password": await hash_password(password=DEMO_WORD),
        "is_demo": True,
    }
    async with db.begin() as tx:
        await _insert(tx, values, is_ready=True)
        user = await people.find_user_by_email(tx, DEMO_EMAIL)
        return user.user_id if user is not None and user.is_demo else None


async def get_user(tx: Reading, *, user_id: UserId) -> User:
    """A person who is there. Raises `UserNotFound`."""
    users = await people.find_users(tx, [user_id])
    if not users:
        raise UserNotFound()
    return users[0]


async def get_users(tx: Reading, *, user_ids: Collection[UserId]) -> dict[UserId, User]:
    """Those of these people who are there; one query."""
    if not user_ids:
        return {}
    return {user.user_id: user for user in await people.find_users(tx, user_ids)}


async def find_user_by_email(tx: Reading, *, email: str) -> User | None:
    """The person with this e-mail, in whatever case it is written."""
    address = find_email(email)
    return None if address is None else await people.find_user_by_email(tx, address)


async def add_grant(tx: Tx, caller: Caller, *, user_id: UserId, grant: Grant) -> User:
    """Give a person a power, for administrators. Raises `GrantMissing`, `UserNotFound`."""
    require_grant(caller, Grant.ADMIN)
    await get_user(tx, user_id=user_id)
    await people.insert_grants(tx, user_id, [grant])
    await record_audit(
        tx, caller, act=f"grant.add.{grant}", subject_kind="user", subject_id=user_id
    )
    return await get_user(tx, user_id=user_id)


async def remove_grant(tx: Tx, caller: Caller, *, user_id: UserId, grant: Grant) -> User:
    """Take a power away, for administrators. Raises `GrantMissing`, `UserNotFound`."""
    require_grant(caller, Grant.ADMIN)
    await get_user(tx, user_id=user_id)
    await people.delete_grant(tx, user_id, grant)
    await record_audit(
        tx, caller, act=f"grant.remove.{grant}", subject_kind="user", subject_id=user_id
    )
    return await get_user(tx, user_id=user_id)
