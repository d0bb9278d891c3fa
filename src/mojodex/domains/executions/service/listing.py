"""Lists of executions, which clients poll: few statements, and of each row only what is shown."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from mojodex.domains.catalog import Task, TaskId, get_tasks
from mojodex.domains.chat import SessionId, Turn, current_turn
from mojodex.domains.executions.rules.highlighting import find_highlights, find_unmarked
from mojodex.domains.executions.rules.inputs import decode_inputs
from mojodex.domains.executions.rules.searching import Query, gather_passages, read_query
from mojodex.domains.executions.rules.titling import search_pattern
from mojodex.domains.executions.store import executions, searching
from mojodex.domains.executions.store.lists import (
    Detail,
    ListedRow,
    ListFilter,
    list_rows,
    opening_length,
)
from mojodex.domains.executions.views import (
    ExecutionId,
    ExecutionState,
    Hit,
    ListedExecution,
    ListedText,
    ProducedTextId,
    VersionId,
)
from mojodex.domains.identity import Caller
from mojodex.domains.purchases import UserTaskId
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Reading


async def list_executions(
    tx: Reading,
    caller: Caller,
    *,
    window: Window,
    query: str | None = None,
    user_task_ids: Sequence[int] = (),
    task_ids: Sequence[int] = (),
    states: Sequence[ExecutionState] = (),
    is_text_included: bool = True,
) -> Page[ListedExecution]:
    """Started executions, newest first, without their turns; one statement.

    `query` is looked for in title and summary, without regard to case and accents. Without
    `is_text_included` `text` is None and `n_versions` alone tells whether there is one.
    """
    page = await list_rows(
        tx,
        user_id=caller.require_user(),
        window=window,
        narrowed=ListFilter(
            pattern=search_pattern(query or ""),
            user_task_ids=user_task_ids,
            task_ids=task_ids,
            states=states,
        ),
        detail=Detail.TEXT if is_text_included else Detail.COUNT,
    )
    tasks = await _tasks_of(tx, page.items)
    return page.map(lambda row: _build(row, tasks))


async def list_hits(
    tx: Reading,
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
    Texts are not included. A blank query lists all. Two statements: one more where words stand so
    far down in long texts that their openings do not show them.
    """
    wanted = read_query(query or "")
    lexemes = () if wanted is None else wanted.lexemes
    page = await list_rows(
        tx,
        user_id=caller.require_user(),
        window=window,
        narrowed=ListFilter(
            pattern=None if lexemes else search_pattern(query or ""),
            lexemes=lexemes,
            task_ids=task_ids,
            states=states,
        ),
        detail=Detail.COUNT if wanted is None else Detail.OPENING,
    )
    tasks = await _tasks_of(tx, page.items)
    turns = await current_turn(tx, session_ids=[row.session_id for row in page.items])
    views = [_build(row, tasks, turns.get(SessionId(row.session_id))) for row in page.items]
    if wanted is None:
        hits = [Hit(execution=view, highlights=()) for view in views]
    else:
        hits = await _mark_all(tx, views, page, wanted)
    return Page(items=tuple(hits), next_cursor=page.next_cursor)


async def _tasks_of(tx: Reading, rows: Sequence[ListedRow]) -> dict[TaskId, Task]:
    if not rows:
        return {}
    return await get_tasks(
        tx, task_ids={TaskId(row.task_id) for row in rows}, as_of=rows[0].revision
    )


async def _mark_all(
    tx: Reading, views: Sequence[ListedExecution], page: Page[ListedRow], query: Query
) -> list[Hit]:
    """Show where the words stand: mostly soon, else in the whole text, on a thread."""
    length = opening_length(len(page.items) + (page.next_cursor is not None))
    hits, far = [], {}
    for view, row in zip(views, page.items, strict=True):
        opening = None if row.body is None else f"{row.text_title or ''}\n{row.body}"
        hit = _mark(view, opening, query)
        missing = find_unmarked(hit.highlights, query)
        if missing and row.body is not None and len(row.body) >= length:
            far[view.execution_id] = missing
        hits.append(hit)
    wanted = dict(list(far.items())[: searching.MAX_WHOLE])
    if not wanted:
        return hits
    texts = await searching.read_texts(tx, execution_ids=wanted)
    return await asyncio.to_thread(_mark_far, hits, texts, wanted, query)


def _mark(view: ListedExecution, text: str | None, query: Query) -> Hit:
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


def _build(
    row: ListedRow, tasks: Mapping[TaskId, Task], turn: Turn | None = None
) -> ListedExecution:
    return ListedExecution(
        execution_id=ExecutionId(row.execution_id),
        user_task_id=UserTaskId(row.user_task_id),
        task_id=TaskId(row.task_id),
        session_id=SessionId(row.session_id),
        title=row.title,
        summary=row.summary,
        inputs=decode_inputs(row.inputs),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        state=ExecutionState(row.state),
        turn=turn,
        text=_build_text(row),
        n_versions=row.n_versions or 0,
        task=tasks[TaskId(row.task_id)],
    )


def _build_text(row: ListedRow) -> ListedText | None:
    if row.version_id is None or row.produced_text_id is None or row.body is None:
        return None
    return ListedText(
        produced_text_id=ProducedTextId(row.produced_text_id),
        version_id=VersionId(row.version_id),
        title=row.text_title,
        body=row.body,
    )


async def last_uses(
    tx: Reading, caller: Caller, *, task_ids: Collection[TaskId]
) -> dict[TaskId, datetime]:
    """When the caller last started each of these tasks, where they did; one statement."""
    return await executions.last_starts(tx, user_id=caller.require_user(), task_ids=task_ids)
