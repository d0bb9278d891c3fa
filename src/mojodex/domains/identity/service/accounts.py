"""Accounts: making them, reading them, and the demo's."""

from collections.abc import Collection

from mojodex.domains.identity.views import Caller, Grant, User, UserId
from mojodex.platform.db import Database, Tx


async def create_user(
    db: Database,
    caller: Caller,
    *,
    email: str,
    name: str,
    password: str | None,
    language_code: str = "en",
    grants: Collection[Grant] = (),
    accept_terms: bool = False,
) -> User:
    """Make an account, for administrators."""
    raise NotImplementedError


async def ensure_demo_account(
    db: Database, *, is_embedded: bool, is_demo_allowed: bool
) -> UserId | None:
    """Make the demo account where it belongs; None where it does not."""
    raise NotImplementedError


async def get_user(tx: Tx, *, user_id: UserId) -> User:
    """Raises `UserNotFound`."""
    raise NotImplementedError


async def get_users(tx: Tx, *, user_ids: Collection[UserId]) -> dict[UserId, User]:
    """Those of these people who exist; one query."""
    raise NotImplementedError


async def find_user_by_email(tx: Tx, *, email: str) -> User | None:
    raise NotImplementedError


async def add_grant(tx: Tx, caller: Caller, *, user_id: UserId, grant: Grant) -> User:
    raise NotImplementedError


async def remove_grant(tx: Tx, caller: Caller, *, user_id: UserId, grant: Grant) -> User:
    raise NotImplementedError
