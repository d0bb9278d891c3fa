"""A trace of what administrators did."""

from uuid import UUID

from mojodex.domains.identity.store import people
from mojodex.domains.identity.views import Caller
from mojodex.platform.db import Tx


async def record_audit(
    tx: Tx, caller: Caller, *, act: str, subject_kind: str, subject_id: UUID | int | str
) -> None:
    """Note in this transaction that `caller` did `act` ("task.add") to a subject."""
    await people.insert_audit(
        tx,
        {
            "created_at": tx.clock.now(),
            "actor_kind": caller.kind.value,
            "actor_user_id": caller.user_id,
            "actor_scopes": " ".join(sorted(caller.scopes)),
            "act": act,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id),
        },
    )
