"""Removing for good what people deleted, with all that hangs on it."""

from mojodex.domains.chat import (
    DELETED_MEMORY,
    lock_sessions,
    remove_form_sessions,
    remove_subjects,
)
from mojodex.domains.executions.store import purging
from mojodex.domains.executions.store.purging import Due
from mojodex.domains.executions.views import execution_subject
from mojodex.platform.db import Database, Tx

#: Executions, or texts, that are removed in one transaction.
BATCH = 100


async def purge_deleted_executions(db: Database) -> int:
    """Remove the executions and texts that were deleted more than 30 days ago.

    Their versions go with them, and their sessions with messages, turns and files. Returns how
    many. In batches, each its own transaction. Harmless to repeat, also side by side.
    """
    db.outside_transaction()
    n_removed = 0
    while True:
        async with db.begin() as tx:
            n_found, n_gone = await _purge_executions(tx)
            n_texts = await purging.remove_texts(
                tx, before=tx.clock.now() - DELETED_MEMORY, limit=BATCH
            )
        n_removed += n_gone + n_texts
        if n_found < BATCH and n_texts < BATCH:
            return n_removed


async def _purge_executions(tx: Tx) -> tuple[int, int]:
    before = tx.clock.now() - DELETED_MEMORY
    found = await purging.list_deleted(tx, before=before, limit=BATCH)
    await lock_sessions(tx, session_ids=found.values())
    # Somebody may have restored one, or purged it, before we had its lock.
    due = await purging.list_deleted(tx, before=before, limit=BATCH, among=found)
    if due:
        await _remove(tx, due)
    return len(found), len(due)


async def _remove(tx: Tx, due: Due) -> None:
    """A session goes with its last execution if it was opened for one; else what is about it."""
    sessions = set(due.values())
    shared = await purging.sessions_of_others(tx, session_ids=sessions, than=due)
    gone = await remove_form_sessions(tx, session_ids=sessions - shared)
    staying = {number: one for number, one in due.items() if one not in gone}
    if staying:
        await remove_subjects(
            tx,
            session_ids=set(staying.values()),
            subjects=[execution_subject(number) for number in staying],
        )
        await purging.remove_executions(tx, execution_ids=staying)
