"""Removing for good what was deleted, rows first, files after them.

The job that deletes the files is queued in the transaction that removes their rows: a crash leaves
neither a row without its file nor a file that nobody will ever delete.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from mojodex.domains.chat.rules.places import session_folder, user_folder
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.turns import stop_turns
from mojodex.domains.chat.store import purging
from mojodex.domains.chat.views import SessionId, SessionMode, Subject
from mojodex.domains.identity import UserDeleted, UserErased, UserId
from mojodex.platform.db import Database, Tx
from mojodex.platform.jobs import defer
from mojodex.platform.media import delete_files_job
from mojodex.platform.realtime import forget_person, forget_rooms, session_room

#: A deletion can be undone for so long (house, decisions: Deletion).
DELETED_MEMORY = timedelta(days=30)
#: Sessions that are removed in one transaction.
BATCH = 100


async def purge_deleted_sessions(db: Database) -> int:
    """Remove the sessions that were deleted more than 30 days ago. Returns how many.

    In batches, each its own transaction. Harmless to repeat, also side by side.
    """
    db.outside_transaction()
    n_removed = 0
    while True:
        async with db.begin() as tx:
            n_found, n_gone = await _purge_batch(tx)
        n_removed += n_gone
        if n_found < BATCH:
            return n_removed


async def _purge_batch(tx: Tx) -> tuple[int, int]:
    before = tx.clock.now() - DELETED_MEMORY
    found = await purging.list_deleted(tx, before=before, limit=BATCH)
    await lock_sessions(tx, session_ids=found)
    due = await purging.still_deleted(tx, session_ids=found, before=before)
    await _forget(tx, await purging.remove_sessions(tx, session_ids=due))
    return len(found), len(due)


async def lock_sessions(tx: Tx, *, session_ids: Collection[UUID]) -> None:
    """Lock several sessions, in the order of their ids, so that nobody waits in a circle."""
    for session_id in sorted(set(session_ids)):
        await lock_session(tx, session_id=session_id)


async def remove_form_sessions(tx: Tx, *, session_ids: Collection[UUID]) -> set[SessionId]:
    """Remove for good those of the sessions that were opened for a form. Returns which.

    For code that owns what they were opened for, and holds their locks.
    """
    gone = await purging.remove_sessions(tx, session_ids=session_ids, modes=[SessionMode.FORM])
    await _forget(tx, gone)
    return set(gone)


async def remove_subjects(
    tx: Tx, *, session_ids: Collection[UUID], subjects: Collection[Subject]
) -> None:
    """Remove for good what was said about subjects in sessions that stay.

    For code that owns the subjects, and holds the sessions' locks.
    """
    await purging.remove_subjects(tx, session_ids=session_ids, subjects=subjects)


async def _forget(tx: Tx, gone: dict[SessionId, UserId]) -> None:
    """What lies outside the rows of the sessions: facts to be told, and files."""
    await forget_rooms(tx, rooms=[session_room(session_id) for session_id in gone])
    for session_id, user_id in gone.items():
        await defer(tx, delete_files_job, prefix=session_folder(user_id, session_id))


async def follow_deletion(tx: Tx, event: UserDeleted, /) -> None:
    """A person is gone: nothing more is written for them."""
    for session_id in await purging.list_open_sessions(tx, user_id=event.user_id):
        await stop_turns(tx, session_id=session_id)


async def follow_erasure(tx: Tx, event: UserErased, /) -> None:
    """The person's rows are about to go; what lies outside them goes too."""
    await lock_sessions(tx, session_ids=await purging.list_open_sessions(tx, user_id=event.user_id))
    await forget_person(tx, user_id=event.user_id)
    await defer(tx, delete_files_job, prefix=user_folder(event.user_id))
