"""People and log-ins."""

from collections.abc import Sequence

from mojodex.domains.identity import Grant, Login, User
from mojodex.faces.v1.wire.people import Grant as WireGrant
from mojodex.faces.v1.wire.people import LoginItem, UserOut

_GRANTS: dict[Grant, WireGrant] = {
    Grant.ADMIN: "admin",
    Grant.REVIEWER: "reviewer",
    Grant.STAFF: "staff",
}


def encode_user(user: User) -> UserOut:
    """A person as they see themselves."""
    return UserOut(
        id=str(user.user_id),
        email=user.email,
        name=user.name or "",
        language=user.language,
        time_zone=user.time_zone,
        grants=[_GRANTS[grant] for grant in sorted(user.grants)],
        terms_accepted_at=user.terms_accepted_at,
        created_at=user.created_at,
    )


def decode_grants(grants: Sequence[WireGrant]) -> list[Grant]:
    return [Grant(grant) for grant in grants]


def encode_login(login: Login) -> LoginItem:
    """A place where the person is logged in."""
    return LoginItem(
        id=str(login.login_id),
        client=login.client,
        is_current=login.is_current,
        created_at=login.created_at,
        last_seen_at=login.last_seen_at,
        expires_at=login.expires_at,
    )
