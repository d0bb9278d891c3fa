"""What a person says about themselves: language, time zone, goal, terms, onboarding."""

from datetime import datetime

from mojodex.domains.identity.views import Caller, User, UserId
from mojodex.platform.db import Tx


async def set_profile(
    tx: Tx,
    caller: Caller,
    *,
    name: str | None = None,
    language_code: str | None = None,
    time_zone: str | None = None,
) -> User:
    """Change what is given; None leaves a field as it is."""
    raise NotImplementedError


async def set_language(tx: Tx, caller: Caller, *, language_code: str) -> User:
    raise NotImplementedError


async def set_utc_offset(tx: Tx, caller: Caller, *, offset_min: int) -> User:
    """`offset_min` is local time minus UTC (the negative of JavaScript's getTimezoneOffset)."""
    raise NotImplementedError


async def set_goal(tx: Tx, caller: Caller, *, goal: str) -> User:
    raise NotImplementedError


async def accept_terms(tx: Tx, caller: Caller, *, at: datetime) -> User:
    raise NotImplementedError


async def present_onboarding(tx: Tx, caller: Caller) -> User:
    raise NotImplementedError


async def choose_category(
    tx: Tx, *, user_id: UserId, product_category_id: int | None, goal: str
) -> None:
    """Fill category and goal where the person has none yet."""
    raise NotImplementedError
