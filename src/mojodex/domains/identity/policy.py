"""Who may what in identity."""

from mojodex.domains.identity.errors import GrantMissing
from mojodex.domains.identity.views import Caller, CallerKind, Grant


def require_grant(caller: Caller, grant: Grant) -> None:
    """Raises `GrantMissing` unless the caller has the power, or is an administrator."""
    if caller.is_admin:
        return
    if caller.kind is not CallerKind.USER or grant not in caller.grants:
        raise GrantMissing(grant=grant.value)


def secret_caller(name: str) -> Caller:
    """The caller behind a shared secret, once the edge has compared it."""
    return Caller(kind=CallerKind.SECRET, scopes=frozenset({name}))
