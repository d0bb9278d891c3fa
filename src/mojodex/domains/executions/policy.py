"""Who may what in executions: an execution and its text belong to one person."""

from uuid import UUID

from mojodex.domains.chat import lock_session
from mojodex.domains.executions.errors import ExecutionNotFound, ProducedTextNotFound
from mojodex.domains.executions.store import executions, texts, versions
from mojodex.domains.executions.store.versions import WithText
from mojodex.domains.executions.views import ProducedText, StoredExecution
from mojodex.domains.identity import Caller
from mojodex.platform.db import Reading, Tx


async def access_execution(
    tx: Reading, caller: Caller, *, execution_id: int, is_deleted_allowed: bool = False
) -> StoredExecution:
    """The caller's execution. Raises `ExecutionNotFound`, also for a deleted or foreign one."""
    found = await executions.find_execution(tx, execution_id=execution_id)
    if found is None or not _may_see(caller, found, is_deleted_allowed=is_deleted_allowed):
        raise ExecutionNotFound()
    return found


async def access_with_text(tx: Reading, caller: Caller, *, execution_id: int) -> WithText:
    """As `access_execution`, with the latest version of its text; one statement."""
    found = await versions.find_with_text(tx, execution_id=execution_id)
    if found is None or not _may_see(caller, found.execution):
        raise ExecutionNotFound()
    return found


def _may_see(
    caller: Caller, execution: StoredExecution, *, is_deleted_allowed: bool = False
) -> bool:
    is_there = execution.deleted_at is None or is_deleted_allowed
    return execution.user_id == caller.require_user() and is_there


async def lock_execution(
    tx: Tx, caller: Caller, *, execution_id: int, is_deleted_allowed: bool = False
) -> StoredExecution:
    """As `access_execution`, and nobody else changes it until the transaction ends."""
    found = await access_execution(
        tx, caller, execution_id=execution_id, is_deleted_allowed=is_deleted_allowed
    )
    await lock_session(tx, session_id=found.session_id)
    return await access_execution(
        tx, caller, execution_id=execution_id, is_deleted_allowed=is_deleted_allowed
    )


async def lock_newest(tx: Tx, caller: Caller, *, session_id: UUID) -> StoredExecution:
    """As `lock_execution`, the newest of a session."""
    found = await executions.find_newest(tx, session_id=session_id)
    if found is None or not _may_see(caller, found):
        raise ExecutionNotFound()
    await lock_session(tx, session_id=session_id)
    return await access_execution(tx, caller, execution_id=found.execution_id)


async def access_text(tx: Reading, caller: Caller, *, produced_text_id: int) -> ProducedText:
    """The caller's text. Raises `ProducedTextNotFound`, also when its execution was deleted."""
    found = await texts.find_text(tx, produced_text_id=produced_text_id)
    if found is None or found.user_id != caller.require_user():
        raise ProducedTextNotFound()
    if found.execution_id is not None:
        try:
            await access_execution(tx, caller, execution_id=found.execution_id)
        except ExecutionNotFound as error:
            raise ProducedTextNotFound() from error
    return found
