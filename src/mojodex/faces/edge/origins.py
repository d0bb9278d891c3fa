"""Whose pages may speak with a person's cookie: ours only.

A cookie travels by itself, so a foreign page could act for the person who reads it. SameSite=Lax
stops most of that; the Origin check stops the rest, on the socket handshake too.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from mojodex.faces.edge.errors import OriginRefused

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def normalize_origin(text: str) -> str | None:
    """`scheme://host:port` with the port always written; None when the text is no origin."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    return f"{scheme}://{parts.hostname}:{port or _DEFAULT_PORTS[scheme]}"


class OriginPolicy:
    """Our own origins: the configured ones and the one under which the request came."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = {
            origin for text in allowed if text and (origin := normalize_origin(text)) is not None
        }

    def allows(self, origin: str, *, scheme: str, host: str) -> bool:
        """`scheme` and `host` (with port) are those of the request itself."""
        given = normalize_origin(origin)
        if given is None:
            return False
        return given in self._allowed or given == normalize_origin(f"{scheme}://{host}")

    def check_request(self, method: str, origin: str | None, *, scheme: str, host: str) -> None:
        """An unsafe request with a cookie must say that it comes from us. Raises `OriginRefused`.

        Browsers always send Origin with unsafe methods, so its absence is refused as well.
        """
        if method in SAFE_METHODS:
            return
        if origin is None or not self.allows(origin, scheme=scheme, host=host):
            raise OriginRefused()

    def check_handshake(self, origin: str | None, *, scheme: str, host: str) -> None:
        """A socket handshake with a cookie. Raises `OriginRefused`.

        Same-origin polling sends no Origin; every cross-origin handshake does.
        """
        if origin is not None and not self.allows(origin, scheme=scheme, host=host):
            raise OriginRefused()
