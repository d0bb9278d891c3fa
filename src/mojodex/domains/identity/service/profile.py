"""What a person says about themselves: language, time zone, goal, terms, onboarding."""

from datetime import datetime
from typing import Any

from mojodex.domains.identity.errors import UserNotFound
from mojodex.domains.identity.rules import (
    check_utc_offset,
    decode_goal,
    decode_language,
    decode_name,
    decode_time_zone,
    keeps_zone,
    zone_offset_min,
)
from mojodex.domains.identity.service.accounts import get_user
from mojodex.domains.identity.store import people
from mojodex.domains.identity.views import Caller, User, UserId
from mojodex.platform.db import Tx
from mojodex.platform.realtime import announce_to_people


async def set_profile(
    tx: Tx,
    caller: Caller,
    *,
    name: str | None = None,
    language_code: str | None = None,
    time_zone: str | None = None,
) -> User:
    """Change what is given; None leaves a field as it is.

    Raises `InvalidName`, `InvalidLanguage`, `InvalidTimeZone`.
    """
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = decode_name(name)
    if language_code is not None:
        values["language_code"] = decode_language(language_code)
    if time_zone is not None:
        zone = decode_time_zone(time_zone)
        values["time_zone"] = zone.key
        values["utc_offset_min"] = zone_offset_min(zone.key, tx.clock.now())
    return await _update(tx, caller.require_user(), values)


async def _update(tx: Tx, user_id: UserId, values: dict[str, Any]) -> User:
    if values:
        if not await people.update_user(tx, user_id, values):
            raise UserNotFound()
        await announce_to_people(tx, user_ids=[user_id], kind="person.changed")
    return await get_user(tx, user_id=user_id)


async def set_language(tx: Tx, caller: Caller, *, language_code: str) -> User:
    """Raises `InvalidLanguage`."""
    return await set_profile(tx, caller, language_code=language_code)


async def set_utc_offset(tx: Tx, caller: Caller, *, offset_min: int) -> User:
    """Take the offset that a client reports. Raises `InvalidUtcOffset`.

    `offset_min` is local time minus UTC, in minutes: the negative of JavaScript's
    `getTimezoneOffset`, which the ancestor's clients send. An offset equal to the present one of
    the person's zone changes nothing; another is taken, and the zone forgotten.
    """
    user_id = caller.require_user()
    check_utc_offset(offset_min)
    row = await people.lock_user(tx, user_id)
    if row is None:
        raise UserNotFound()
    values: dict[str, Any] = {}
    if not keeps_zone(row.time_zone, offset_min, tx.clock.now()) and (
        row.time_zone is not None or row.utc_offset_min != offset_min
    ):
        values = {"utc_offset_min": offset_min, "time_zone": None}
    return await _update(tx, user_id, values)


async def set_goal(tx: Tx, caller: Caller, *, goal: str) -> User:
    """What the person works towards, in their words; prompts read it. Raises `InvalidGoal`."""
    return await _update(tx, caller.require_user(), {"goal": decode_goal(goal)})


async def accept_terms(tx: Tx, caller: Caller, *, at: datetime) -> User:
    """Record that the person accepted the terms, at the instant that their client tells."""
    return await _update(tx, caller.require_user(), {"terms_and_conditions_accepted": at})


async def present_onboarding(tx: Tx, caller: Caller) -> User:
    """Record that the onboarding was shown, by our clock."""
    return await _update(tx, caller.require_user(), {"onboarding_presented": tx.clock.now()})


async def choose_category(
    tx: Tx, *, user_id: UserId, product_category_id: int | None, goal: str
) -> None:
    """Fill the person's category and goal where they have none; purchases call this."""
    await people.fill_category(tx, user_id, product_category_id, goal)
