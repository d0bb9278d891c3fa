"""The lock under which a session is written."""

from uuid import UUID

from mojodex.platform.db import Tx, lock_xact, own_xact


async def lock_session(tx: Tx, *, session_id: UUID) -> None:
    """Let nobody else write in this session until the transaction ends.

    Always the first lock that a transaction takes: rows of the session, of executions and of
    purchases are locked after it, so that no two transactions wait for each other.
    """
    await lock_xact(tx, "session", session_id)


def own_session(tx: Tx, *, session_id: UUID) -> None:
    """The lock of a session that this transaction makes, which nobody else can know of yet."""
    own_xact(tx, "session", session_id)
