"""Who may what in identity."""

from mojodex.domains.identity.errors import GrantMissing, LoginNotFound
from mojodex.domains.identity.store import logins
from mojodex.domains.identity.views import Caller, CallerKind, Grant, LoginId, UserId
from mojodex.platform.db import Reading


def require_grant(caller: Caller, grant: Grant) -> None:
    """Raises `GrantMissing` unless the caller has the power, or is an administrator."""
    if caller.is_admin:
        return
    if caller.kind is not CallerKind.USER or grant not in caller.grants:
        raise GrantMissing(grant=grant.value)


def secret_caller(name: str) -> Caller:
    """The caller behind a shared secret, once the edge has compared it."""
    return Caller(kind=CallerKind.SECRET, scopes=frozenset({name}))


async def access_login(tx: Reading, caller: Caller, *, login_id: LoginId) -> UserId:
    """Whose live log-in this is: the caller's own, or anybody's for an administrator.

    Raises `LoginNotFound`, for a foreign one as for an unknown one.
    """
    owner = await logins.find_login_owner(tx, login_id, tx.clock.now())
    if owner is None or not (caller.is_admin or owner == caller.user_id):
        raise LoginNotFound()
    return owner
