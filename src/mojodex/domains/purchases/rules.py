"""Pure rules of purchases: sorts of product, days, labels."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from mojodex.domains.catalog import choose_language
from mojodex.domains.purchases.errors import InvalidProduct
from mojodex.domains.purchases.views import Product

MAX_TEXT_LENGTH = 255
MAX_GOAL_LENGTH = 5_000
MAX_LANGUAGES = 20
#: 273 years; keeps dates within what Python and PostgreSQL compute.
MAX_DAYS = 100_000
MAX_TASKS = 1_000_000_000

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


def is_subscription(product: Product) -> bool:
    """No limit of days and none of tasks. Roles are subscriptions to profiles."""
    return product.n_days_validity is None and product.n_tasks_limit is None


def is_free_trial(product: Product) -> bool:
    return product.is_free and not is_subscription(product)


def is_exclusive(product: Product) -> bool:
    """Whether activating it ends the subscriptions and free trials that the person has."""
    return is_subscription(product) or is_free_trial(product)


def remaining_days(
    *, created_at: datetime, n_days: int | None, never_expires: bool, now: datetime
) -> int | None:
    """Days left, in UTC, today counted as one; 0 or less once over, None without an end."""
    if n_days is None or never_expires:
        return None
    return n_days - (now.astimezone(UTC).date() - created_at.astimezone(UTC).date()).days


def is_over(
    *, created_at: datetime, n_days: int | None, never_expires: bool, now: datetime
) -> bool:
    """Whether its days are used up: past midnight UTC, `n_days` after the day it was made."""
    if n_days is None or never_expires:
        return False
    made = created_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return now > made + timedelta(days=n_days)


def choose_name(names: Mapping[str, str], language: str, label: str) -> str:
    """A product's name in this language, else the fallback, else its label."""
    return names[choose_language(names, language)] if names else label


def check_text(field: str, value: str, *, max_length: int = MAX_TEXT_LENGTH) -> str:
    """The text without surrounding blanks. Raises `InvalidProduct`."""
    text = value.strip()
    if not text:
        raise InvalidProduct(field=field, reason="must not be empty")
    if len(text) > max_length:
        raise InvalidProduct(field=field, reason=f"is longer than {max_length} characters")
    if "\x00" in text:
        raise InvalidProduct(field=field, reason="contains a NUL character")
    return text


def check_languages(field: str, texts: Mapping[str, object]) -> None:
    """Raises `InvalidProduct` unless there is at least one language and each is a code."""
    if not texts:
        raise InvalidProduct(field=field, reason="needs at least one language")
    if len(texts) > MAX_LANGUAGES:
        raise InvalidProduct(field=field, reason=f"has more than {MAX_LANGUAGES} languages")
    if not all(_LANGUAGE.fullmatch(code) for code in texts):
        raise InvalidProduct(field=field, reason="has a language that is no code such as en")


def check_limit(field: str, value: int | None, maximum: int) -> None:
    """Raises `InvalidProduct` unless the limit is absent or a positive number in bounds."""
    if value is not None and not 1 <= value <= maximum:
        raise InvalidProduct(field=field, reason=f"must be 1 to {maximum}, or null for no limit")
