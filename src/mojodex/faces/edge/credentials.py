"""Where a token may stand in a request, read by one function for every form.

A limit that is enforced for one header form and forgotten for another is a known way in; so each
form ends in the same `Credentials`, and whoever has them does not ask how they came.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie

LOGIN_COOKIE = "mojodex_login"
#: Longer ones are no tokens of ours; they are not even hashed.
MAX_TOKEN = 512


class TokenForm(StrEnum):
    """The places in which a face accepts a token."""

    RAW = "raw"
    BEARER = "bearer"
    COOKIE = "cookie"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A token as the request brought it, and from where."""

    token: str
    form: TokenForm


def find_credentials(
    headers: Mapping[str, str], *, forms: Collection[TokenForm]
) -> Credentials | None:
    """The token of a request, if it has one in an accepted form.

    An Authorization header decides, even when it holds nonsense: the cookie is not asked then.
    `headers` has lower-case names.
    """
    header = headers.get("authorization")
    if header is not None:
        return _from_header(header.strip(), forms)
    if TokenForm.COOKIE in forms:
        return _from_cookie(headers.get("cookie", ""))
    return None


def _from_header(value: str, forms: Collection[TokenForm]) -> Credentials:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        token, form = rest.strip(), TokenForm.BEARER
    else:
        token, form = value, TokenForm.RAW
    if form not in forms or len(token) > MAX_TOKEN:
        token = ""
    return Credentials(token=token, form=form)


def _from_cookie(header: str) -> Credentials | None:
    token = read_cookie(header, LOGIN_COOKIE)
    if token is None:
        return None
    return Credentials(token=token[:MAX_TOKEN], form=TokenForm.COOKIE)


def read_cookie(header: str, name: str) -> str | None:
    """One cookie out of a Cookie header; broken neighbours do not hide it."""
    for part in header.split(";"):
        key, separator, _ = part.partition("=")
        if not separator or key.strip() != name:
            continue
        try:
            parsed = SimpleCookie(part.strip())
        except CookieError:
            return None
        return parsed[name].value if name in parsed else None
    return None


def match_secret(given: str, expected: str | None) -> bool:
    """Compare a shared secret in constant time. A missing or empty one matches nothing."""
    if not expected:
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
