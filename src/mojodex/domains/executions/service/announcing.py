"""Telling clients of executions. Started and titled also go to the session's room, where the
ancestor's clients listen; the rest goes to the person's own room."""

from uuid import UUID

from mojodex.domains.executions.views import StoredExecution
from mojodex.platform.db import Tx
from mojodex.platform.realtime import announce, session_room, user_room

TO_SESSION = frozenset({"execution.started", "execution.titled"})


async def announce_execution(tx: Tx, execution: StoredExecution, *, kind: str) -> None:
    """Announce that an execution was started, titled, changed or deleted."""
    await announce_by_ids(
        tx,
        execution_id=execution.execution_id,
        session_id=execution.session_id,
        user_id=execution.user_id,
        kind=kind,
    )


async def announce_by_ids(
    tx: Tx, *, execution_id: int, session_id: UUID, user_id: UUID, kind: str
) -> None:
    """The same for who knows no more of it."""
    rooms = [user_room(user_id)]
    if kind in TO_SESSION:
        rooms.append(session_room(session_id))
    for room in rooms:
        await announce(
            tx,
            room=room,
            user_id=user_id,
            kind=kind,
            ids={"execution_id": execution_id, "session_id": str(session_id)},
        )
