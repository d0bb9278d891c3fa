"""Pure rules of identity."""

from datetime import datetime

from mojodex.domains.identity.views import User


def local_now(user: User, now: datetime) -> datetime:
    """The instant `now` on the person's clock."""
    raise NotImplementedError
