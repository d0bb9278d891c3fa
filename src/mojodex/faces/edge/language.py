"""Which language to answer in."""

from collections.abc import Sequence

from starlette.requests import HTTPConnection

from mojodex.domains.identity import Caller

LANGUAGES = ("en", "fr", "es")
DEFAULT_LANGUAGE = "en"
_MAX_HEADER = 500


def match_language(code: str | None, available: Sequence[str] = LANGUAGES) -> str | None:
    """House rule: the exact code, then its first two letters, else None."""
    if not code:
        return None
    wanted = code.strip().lower()
    for spelling in (wanted, wanted[:2]):
        if spelling in available:
            return spelling
    return None


def negotiate(header: str | None, available: Sequence[str] = LANGUAGES) -> str:
    """The best of our languages for an Accept-Language header; English when none fits."""
    wishes = []
    for order, part in enumerate((header or "")[:_MAX_HEADER].split(",")):
        code, _, weight = part.partition(";")
        match = match_language(code, available)
        if match is not None:
            wishes.append((-_weight(weight), order, match))
    usable = [wish for wish in sorted(wishes) if wish[0] < 0]
    return usable[0][2] if usable else DEFAULT_LANGUAGE


def _weight(text: str) -> float:
    name, _, value = text.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


def language_of_person(caller: Caller, header: str | None = None) -> str:
    """A person's own choice; without one, what their browser asks for."""
    return caller.language_code or negotiate(header)


def language_of_request(connection: HTTPConnection) -> str:
    """The language for an error, when the request's transaction is already gone."""
    header = connection.headers.get("accept-language")
    caller: Caller | None = getattr(connection.state, "caller", None)
    return negotiate(header) if caller is None else language_of_person(caller, header)
