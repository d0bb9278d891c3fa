"""Finding executions by their words, and keeping these words in step with what is written."""

import asyncio
from collections.abc import Mapping, Sequence

from mojodex.domains.executions.rules.highlighting import (
    find_highlights,
    find_unmarked,
    searched_texts,
)
from mojodex.domains.executions.rules.searching import (
    Query,
    gather_passages,
    index_words,
    read_query,
)
from mojodex.domains.executions.rules.titling import search_pattern
from mojodex.domains.executions.service.reading import build_views
from mojodex.domains.executions.store import executions, searching, texts
from mojodex.domains.executions.store.executions import ExecutionFilter
from mojodex.domains.executions.views import (
    Execution,
    ExecutionId,
    ExecutionState,
    Hit,
    StoredExecution,
)
from mojodex.domains.identity import Caller
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Database, Tx

#: Executions whose words are noted in one transaction.
BATCH = 50


async def list_hits(
    tx: Tx,
    caller: Caller,
    *,
    window: Window,
    query: str | None = None,
    task_ids: Sequence[int] = (),
    states: Sequence[ExecutionState] = (),
) -> Page[Hit]:
    """Started executions in which all words of `query` begin a word, newest first.

    Looked through are title, summary, what was filled in and the newest version of the text,
    without regard to case and accents; signs without any word are looked for in title and summary.
    Texts are not included. A blank query lists all. A constant number of statements: one more where
    words stand so far down in long texts that their openings do not show them.
    """
    wanted = read_query(query or "")
    lexemes = () if wanted is None else wanted.lexemes
    page = await executions.list_executions(
        tx,
        user_id=caller.require_user(),
        window=window,
        narrowed=ExecutionFilter(
            pattern=None if lexemes else search_pattern(query or ""),
            lexemes=lexemes,
            task_ids=task_ids,
            states=states,
        ),
    )
    views = await build_views(tx, page.items, is_text_included=False)
    if wanted is None:
        hits = [Hit(execution=view, highlights=()) for view in views]
    else:
        hits = await _mark_all(tx, views, wanted)
    return Page(items=tuple(hits), next_cursor=page.next_cursor)


async def _mark_all(tx: Tx, views: Sequence[Execution], query: Query) -> list[Hit]:
    """Show where the words stand: mostly soon, else in the whole text, on a thread."""
    numbers = [view.execution_id for view in views]
    openings = await searching.read_openings(tx, execution_ids=numbers)
    hits, far = [], {}
    for view in views:
        opening = openings.get(view.execution_id)
        hit = _mark(view, None if opening is None else opening.text, query)
        missing = find_unmarked(hit.highlights, query)
        if missing and opening is not None and not opening.is_whole:
            far[view.execution_id] = missing
        hits.append(hit)
    wanted = dict(list(far.items())[: searching.MAX_WHOLE])
    if not wanted:
        return hits
    texts = await searching.read_texts(tx, execution_ids=wanted)
    return await asyncio.to_thread(_mark_far, hits, texts, wanted, query)


def _mark(view: Execution, text: str | None, query: Query) -> Hit:
    return Hit(execution=view, highlights=find_highlights(view, text=text, query=query))


def _mark_far(
    hits: Sequence[Hit],
    texts: Mapping[ExecutionId, str],
    wanted: Mapping[ExecutionId, Sequence[str]],
    query: Query,
) -> list[Hit]:
    """Mark in passages from everywhere in a text what its opening and the names do not show."""
    marked = []
    for hit in hits:
        number = hit.execution.execution_id
        passages = None
        if number in texts:
            passages = gather_passages(texts[number], query, missing=wanted[number])
        marked.append(hit if passages is None else _mark(hit.execution, passages, query))
    return marked


def words_of(execution: StoredExecution, *, text_title: str | None, text: str | None) -> list[str]:
    """The words under which an execution is found."""
    return list(index_words(searched_texts(execution, text_title=text_title, text=text)))


async def words_with_text(tx: Tx, execution: StoredExecution) -> list[str]:
    """The same with its newest version, for an execution whose row is locked.

    Whoever changes another of its texts meanwhile waits, and then sees what this one wrote.
    """
    latest = await texts.latest_versions(tx, execution_ids=[execution.execution_id])
    version = latest.get(execution.execution_id)
    return words_of(
        execution,
        text_title=None if version is None else version.title,
        text=None if version is None else version.body,
    )


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
    latest = await texts.latest_versions(tx, execution_ids=numbers)
    words = {}
    for item in found:
        version = latest.get(item.execution_id)
        words[item.execution_id] = words_of(
            item,
            text_title=None if version is None else version.title,
            text=None if version is None else version.body,
        )
    await searching.set_words(tx, words=words)
