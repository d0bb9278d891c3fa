"""No token, password or key reaches the log."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "[hidden]"
MAX_DEPTH = 6
#: Fields whose value is a secret, by a word of their name. Counters of tokens end in `_tokens`.
_SECRET_NAME = re.compile(
    r"(?:^|[^a-z])(?:password|passwd|pwd|secret|token|authorization|cookie|set-cookie|api_?key"
    r"|apikey|credential|credentials|private_?key|dbpass)(?:$|[^a-z])",
    re.IGNORECASE,
)
#: Secrets by their shape, inside any text: headers, query strings, addresses, keys of services.
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 " + HIDDEN),
    (
        re.compile(r"(?i)([?&;](?:token|access_token|api_?key|key|password|secret)=)[^&#\s\"']+"),
        r"\1" + HIDDEN,
    ),
    (re.compile(r"([a-z][a-z0-9+.-]{1,30}://[^\s/:@]{0,200}:)[^\s/@]{1,200}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(?:sk|pk|rk|gsk)[-_][A-Za-z0-9_-]{12,}"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), HIDDEN),
    (
        re.compile(
            r"(?i)([\"']?(?:password|secret|token|api_?key)[\"']?\s*[:=]\s*)[\"'][^\"']+[\"']"
        ),
        r"\1" + HIDDEN,
    ),
)


def hide_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor; it runs last but for rendering, so that tracebacks pass it too."""
    for name, value in event.items():
        event[name] = redact(name, value)
    return event


def redact(name: str, value: object, depth: int = 0) -> object:
    """The value as it may be logged under this name."""
    if value is None or isinstance(value, bool | int | float):
        return HIDDEN if isinstance(value, int) and _is_secret(name, value) else value
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): redact(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact("", item, depth + 1) for item in value]
    return redact_text(repr(value))


def _is_secret(name: str, value: int) -> bool:
    """A number under a secret's name; a truth about one ("has_token") may be told."""
    return not isinstance(value, bool) and _SECRET_NAME.search(name) is not None


def redact_text(text: str) -> str:
    """The text without what looks like a secret."""
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
