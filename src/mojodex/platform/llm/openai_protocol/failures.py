"""What an endpoint's complaint means, whatever its dialect."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mojodex.kit.text import shorten
from mojodex.platform.llm.errors import (
    ContentFiltered,
    ContextTooLong,
    ModelError,
    ModelKeyWrong,
    ModelQuotaSpent,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
    ModelUnknown,
)

_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum.{0,20}tokens|too many tokens|prompt is too long"
    r"|input is too long|exceeds the available context",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_filter|content filter|content_policy|content management policy|ResponsibleAI",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"model_not_found|invalid_model|invalid model|DeploymentNotFound"
    r"|(model|deployment)\b.{0,120}(not found|does not exist|not exist|unknown|decommissioned)"
    r"|unknown model|pulling it first",
    re.IGNORECASE | re.DOTALL,
)
_QUOTA = re.compile(r"insufficient_quota|billing_hard_limit|exceeded your current quota", re.I)
_RATE = re.compile(r"rate_limit|rate limit|too many requests", re.IGNORECASE)
#: Statuses below 500 that pass by themselves; 498 is Groq's for a tier without capacity.
_PASSING = frozenset({408, 409, 425, 498})
_KEY = re.compile(r"invalid_api_key|incorrect api key|authentication", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """A failure as the endpoint put it. `status` is None for one inside a running stream."""

    status: int | None
    code: str = ""
    message: str = ""
    param: str | None = None
    #: Seconds after which the endpoint wants to be asked again.
    retry_after: float | None = None


_PICTURES = re.compile(
    r"\bimages?\b|image_url|\bvision\b|multi-?modal"
    r"|content\b.{0,60}\b(be a|valid|expected|a) string|expected .{0,20}string",
    re.IGNORECASE | re.DOTALL,
)
_BLIND = re.compile(
    r"support|only text|cannot|can.t|does not accept|(a|valid) string|`?text`?|mmproj|no endpoints",
    re.IGNORECASE,
)


def refuses_pictures(complaint: Complaint) -> bool:
    """Whether what was refused may be the pictures of the request. Said of a request with some."""
    said = f"{complaint.code} {complaint.message}"
    if complaint.status not in (400, 404, 413, 415, 422, 500, 501):
        return False
    return bool(_PICTURES.search(said)) and not _FILTER.search(said) and not _QUOTA.search(said)


def is_blind(complaint: Complaint) -> bool:
    """Whether the model takes no pictures at all, not only not these."""
    return bool(_BLIND.search(complaint.message))


class StatusError(Exception):
    """The endpoint answered with an error status; does not leave this package."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


def explain(complaint: Complaint, *, model: str, provider: str) -> ModelError:
    """The error that a complaint stands for."""
    said = f"{complaint.code} {complaint.message}"
    detail = shorten(complaint.message or complaint.code or f"HTTP {complaint.status}", 300)
    kind = _kind(complaint.status, said)
    if kind is ModelRateLimited:
        return ModelRateLimited(
            model=model, provider=provider, detail=detail, retry_after=complaint.retry_after
        )
    return kind(model=model, provider=provider, detail=detail)


def _kind(status: int | None, said: str) -> type[ModelError]:
    if _QUOTA.search(said) or status == 402:
        return ModelQuotaSpent
    if status == 429 or (status is None and _RATE.search(said)):
        return ModelRateLimited
    if status in (401, 403) or (status is None and _KEY.search(said)):
        return ModelKeyWrong
    if status is None or status < 500:
        for pattern, kind in _BY_WORDS:
            if pattern.search(said):
                return kind
    if status == 413:
        return ContextTooLong
    if status == 404:
        return ModelUnknown
    if status is None or status >= 500 or status in _PASSING:
        return ModelUnavailable
    return ModelRefused


_BY_WORDS: tuple[tuple[re.Pattern[str], type[ModelError]], ...] = (
    (_FILTER, ContentFiltered),
    (_CONTEXT, ContextTooLong),
    (_MODEL, ModelUnknown),
)


def parse_retry_after(millis: str | None, value: str | None, now: datetime) -> float | None:
    """Seconds to wait by the headers `retry-after-ms` and `retry-after` (seconds or a date)."""
    for text, scale in ((millis, 0.001), (value, 1.0)):
        try:
            seconds = float(text or "") * scale
        except ValueError:
            continue
        return seconds if math.isfinite(seconds) and seconds >= 0 else None
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
