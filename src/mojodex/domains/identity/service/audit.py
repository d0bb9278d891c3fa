"""A trace of what administrators did."""

from mojodex.domains.identity.views import Caller
from mojodex.platform.db import Tx


async def record_audit(
    tx: Tx, caller: Caller, *, act: str, subject_kind: str, subject_id: object
) -> None:
    """Note in this transaction that `caller` did `act` to a subject."""
    raise NotImplementedError
