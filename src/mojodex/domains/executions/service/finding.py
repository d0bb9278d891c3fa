"""Keeping the words by which executions are found in step with what is written."""

from collections.abc import Sequence

from mojodex.domains.executions.rules.highlighting import searched_texts
from mojodex.domains.executions.rules.searching import index_words
from mojodex.domains.executions.store import executions, searching, versions
from mojodex.domains.executions.views import ExecutionId, StoredExecution, StoredVersion
from mojodex.platform.db import Database, Tx

#: Executions whose words are noted in one transaction.
BATCH = 50


def words_of(execution: StoredExecution, newest: StoredVersion | None) -> list[str]:
    """The words under which an execution is found; `newest` is the newest version of its text."""
    return list(index_words(searched_texts(execution, newest)))


async def words_with_text(tx: Tx, execution: StoredExecution) -> list[str]:
    """The same with its newest version, for an execution whose row is locked.

    Whoever changes another of its texts meanwhile waits, and then sees what this one wrote.
    """
    latest = await versions.latest_versions(tx, execution_ids=[execution.execution_id])
    return words_of(execution, latest.get(execution.execution_id))


async def index_execution(tx: Tx, *, execution_id: ExecutionId) -> None:
    """Note the words of an execution after one of its texts changed.

    Its row is locked first: whoever changes another of its texts meanwhile sees this one.
    """
    execution = await executions.find_execution(tx, execution_id=execution_id, is_locked=True)
    if execution is not None:
        await _index(tx, [execution])


async def index_executions(db: Database) -> int:
    """Note the words of executions that were written before words were noted. Returns how many.

    In batches, each its own transaction. Harmless to repeat, also side by side.
    """
    db.outside_transaction()
    n_indexed = 0
    while True:
        async with db.begin() as tx:
            numbers = await searching.take_unindexed(tx, limit=BATCH)
            await _index(tx, await executions.get_executions(tx, execution_ids=numbers))
        n_indexed += len(numbers)
        if len(numbers) < BATCH:
            return n_indexed


async def _index(tx: Tx, found: Sequence[StoredExecution]) -> None:
    numbers = [item.execution_id for item in found]
    latest = await versions.latest_versions(tx, execution_ids=numbers)
    words = {one.execution_id: words_of(one, latest.get(one.execution_id)) for one in found}
    await searching.set_words(tx, words=words)
