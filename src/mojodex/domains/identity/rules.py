"""Pure rules of identity: what is a valid e-mail, password, language, offset; local time."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from mojodex.domains.identity.errors import (
    InvalidEmail,
    InvalidGoal,
    InvalidLanguage,
    InvalidName,
    InvalidTimeZone,
    InvalidUtcOffset,
    WeakPassword,
)
from mojodex.domains.identity.views import User
from mojodex.kit.text import clean

MAX_EMAIL_LENGTH = 254
MAX_NAME_LENGTH = 255
MAX_GOAL_LENGTH = 5_000
MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 1_024
#: Baker Island is twelve hours behind UTC, Kiritimati fourteen ahead.
MIN_OFFSET_MIN, MAX_OFFSET_MIN = -12 * 60, 14 * 60

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_]([A-Za-z]{2}))?")


def find_email(text: str) -> str | None:
    """The form in which an e-mail is stored and matched, or None when it is none."""
    email = unicodedata.normalize("NFKC", clean(text[: 2 * MAX_EMAIL_LENGTH])).strip().lower()
    if email != email.lower() or len(email) > MAX_EMAIL_LENGTH or len(text) > 2 * MAX_EMAIL_LENGTH:
        return None
    return email if _EMAIL.fullmatch(email) else None


def decode_email(text: str) -> str:
    """As `find_email`. Raises `InvalidEmail`."""
    email = find_email(text)
    if email is None:
        raise InvalidEmail()
    return email


def decode_name(text: str) -> str:
    """A person's name without surrounding blanks. Raises `InvalidName`."""
    name = clean(text).strip()
    if not name or len(name) > MAX_NAME_LENGTH:
        raise InvalidName(max_length=MAX_NAME_LENGTH)
    return name


def decode_goal(text: str) -> str:
    """Raises `InvalidGoal`."""
    goal = clean(text).strip()
    if len(goal) > MAX_GOAL_LENGTH:
        raise InvalidGoal(max_length=MAX_GOAL_LENGTH)
    return goal


def decode_language(text: str) -> str:
    """A language code as `fr` or `fr-CA`. Raises `InvalidLanguage`."""
    match = _LANGUAGE.fullmatch(text.strip())
    if match is None:
        raise InvalidLanguage()
    language, region = match[1].lower(), match[2]
    return f"{language}-{region.upper()}" if region else language


def check_password(password: str, email: str) -> None:
    """Raises `WeakPassword` for a password that may not become this account's."""
    reason = None
    if len(password) < MIN_PASSWORD_LENGTH:
        reason = "too_short"
    elif len(password) > MAX_PASSWORD_LENGTH:
        reason = "too_long"
    elif password.strip().lower() == email:
        reason = "is_email"
    if reason is not None:
        raise WeakPassword(
            reason=reason, min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH
        )


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def decode_time_zone(text: str) -> ZoneInfo:
    """Raises `InvalidTimeZone`."""
    if text not in _zone_names():
        raise InvalidTimeZone()
    return ZoneInfo(text)


def zone_offset_min(zone: str, now: datetime) -> int:
    """Local time minus UTC of a zone at an instant, in whole minutes."""
    offset = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


def check_utc_offset(offset_min: int) -> None:
    """Raises `InvalidUtcOffset`."""
    if not MIN_OFFSET_MIN <= offset_min <= MAX_OFFSET_MIN:
        raise InvalidUtcOffset(min_offset_min=MIN_OFFSET_MIN, max_offset_min=MAX_OFFSET_MIN)


def keeps_zone(time_zone: str | None, offset_min: int, now: datetime) -> bool:
    """Whether a client's offset says nothing new: it is the zone's present one."""
    return time_zone is not None and zone_offset_min(time_zone, now) == offset_min


def local_now(user: User, now: datetime) -> datetime:
    """The instant `now` on the person's clock: by their zone, else by their fixed offset."""
    if user.time_zone is not None:
        return now.astimezone(ZoneInfo(user.time_zone))
    if user.utc_offset_min == 0:
        return now.astimezone(UTC)
    return now.astimezone(timezone(timedelta(minutes=user.utc_offset_min)))
