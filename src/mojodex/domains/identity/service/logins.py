"""Logging in and out, and finding out who calls."""

from collections.abc import Collection
from uuid import UUID

from mojodex.domains.identity.views import Caller, LoggedIn, Login, LoginId
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Database, Tx


async def log_in(
    db: Database,
    *,
    email: str,
    password: str,
    client: str,
    address: str | None = None,
    is_demo_allowed: bool = False,
) -> LoggedIn:
    """Check e-mail and password and open a log-in of 180 days."""
    raise NotImplementedError


async def authenticate(tx: Tx, *, token: str) -> Caller:
    """The person behind a token."""
    raise NotImplementedError


async def live_logins(tx: Tx, *, login_ids: Collection[UUID]) -> set[UUID]:
    """Which of these log-ins still stand; one query."""
    raise NotImplementedError


async def log_out(tx: Tx, caller: Caller) -> None:
    """End the log-in that calls."""
    raise NotImplementedError


async def list_logins(tx: Tx, caller: Caller, *, window: Window | None = None) -> Page[Login]:
    """Where the caller is logged in, newest first."""
    raise NotImplementedError


async def revoke_login(tx: Tx, caller: Caller, *, login_id: LoginId) -> None:
    """End one log-in of the caller, or as an administrator of anybody."""
    raise NotImplementedError


async def change_password(
    db: Database, caller: Caller, *, current_password: str, new_password: str
) -> None:
    """Set a new password; every other log-in of the person ends."""
    raise NotImplementedError
