"""Queries about executions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    case,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR, distinct_on

from mojodex.domains.catalog import TaskId
from mojodex.domains.chat import SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.rules.inputs import encode_inputs
from mojodex.domains.executions.rules.titling import search_text
from mojodex.domains.executions.store.rows import EXECUTION_PARTS, read_execution
from mojodex.domains.executions.store.searching import WORDS
from mojodex.domains.executions.views import (
    ExecutionId,
    ExecutionInput,
    ExecutionState,
    NewExecution,
    StoredExecution,
)
from mojodex.domains.identity import UserId
from mojodex.domains.purchases import PurchaseId
from mojodex.platform.db import Prepared, Reading, Tx, Values, given, one_of_numbers, one_of_uuids

_FIRST = given(
    "user_id",
    "user_task_fk",
    "task_fk",
    "session_id",
    "json_input_values",
    "creation_date",
    "client_id",
    "predefined_action_from_user_task_execution_fk",
)
_ADD = Prepared(insert(ExecutionRow).values(**_FIRST).returning(*EXECUTION_PARTS))


async def add_execution(tx: Tx, new: NewExecution) -> StoredExecution:
    (row,) = await tx.fetch(_ADD, _first_values(new))
    return read_execution(row)


def _first_values(new: NewExecution) -> dict[str, object]:
    return {
        "user_id": new.user_id,
        "user_task_fk": new.user_task_id,
        "task_fk": new.task_id,
        "session_id": new.session_id,
        "json_input_values": encode_inputs(new.inputs),
        "creation_date": new.created_at,
        "client_id": new.client_id,
        "predefined_action_from_user_task_execution_fk": new.origin_execution_id,
    }


_ADD_STARTED = Prepared(
    insert(ExecutionRow)
    .values(**_FIRST, **given("start_date", "purchase_fk", "state"), search_words=WORDS)
    .returning(*EXECUTION_PARTS)
)


async def add_started(
    tx: Tx, new: NewExecution, *, purchase_id: PurchaseId | None, words: Sequence[str]
) -> StoredExecution:
    """`add_execution` and `start` in one, for a form that was filled before."""
    (row,) = await tx.fetch(
        _ADD_STARTED,
        {
            **_first_values(new),
            "start_date": new.created_at,
            "purchase_fk": purchase_id,
            "state": ExecutionState.WRITING.value,
            "words": list(words),
        },
    )
    return read_execution(row)


_BY_CLIENT_ID = Prepared(
    select(*EXECUTION_PARTS).where(
        ExecutionRow.user_id == bindparam("user_id"),
        ExecutionRow.client_id == bindparam("client_id"),
    )
)


async def find_by_client_id(
    tx: Reading, *, user_id: UserId, client_id: UUID
) -> StoredExecution | None:
    rows = await tx.fetch(_BY_CLIENT_ID, {"user_id": user_id, "client_id": client_id})
    return read_execution(rows[0]) if rows else None


_BY_ID = select(*EXECUTION_PARTS).where(
    ExecutionRow.user_task_execution_pk == bindparam("execution_id")
)
_FIND = Prepared(_BY_ID)
_LOCK = Prepared(_BY_ID.with_for_update(of=ExecutionRow))


async def find_execution(
    tx: Reading, *, execution_id: int, is_locked: bool = False
) -> StoredExecution | None:
    """An execution, deleted or not; `is_locked` holds its row until the transaction ends."""
    rows = await tx.fetch(_LOCK if is_locked else _FIND, {"execution_id": execution_id})
    return read_execution(rows[0]) if rows else None


_SOME = Prepared(
    select(*EXECUTION_PARTS).where(
        ExecutionRow.user_task_execution_pk == one_of_numbers("execution_ids")
    )
)


async def get_executions(tx: Reading, *, execution_ids: Collection[int]) -> list[StoredExecution]:
    if not execution_ids:
        return []
    rows = await tx.fetch(_SOME, {"execution_ids": list(execution_ids)})
    return [read_execution(row) for row in rows]


_NEWEST = Prepared(
    select(ExecutionRow.session_id, ExecutionRow.user_task_execution_pk)
    .where(
        ExecutionRow.session_id == one_of_uuids("session_ids"),
        ExecutionRow.deleted_at.is_(None),
    )
    .ext(distinct_on(ExecutionRow.session_id))
    .order_by(ExecutionRow.session_id, ExecutionRow.user_task_execution_pk.desc())
)


async def newest_of_sessions(
    tx: Reading, *, session_ids: Collection[UUID]
) -> dict[SessionId, ExecutionId]:
    """The newest execution of each session, deleted ones left out."""
    if not session_ids:
        return {}
    rows = await tx.fetch(_NEWEST, {"session_ids": list(session_ids)})
    return {SessionId(session_id): ExecutionId(number) for session_id, number in rows}


_NEWEST_WHOLE = Prepared(
    select(*EXECUTION_PARTS)
    .where(ExecutionRow.session_id == bindparam("session_id"), ExecutionRow.deleted_at.is_(None))
    .order_by(ExecutionRow.user_task_execution_pk.desc())
    .limit(1)
)


async def find_newest(tx: Reading, *, session_id: UUID) -> StoredExecution | None:
    """The newest execution of a session that is not deleted."""
    rows = await tx.fetch(_NEWEST_WHOLE, {"session_id": session_id})
    return read_execution(rows[0]) if rows else None


_LAST_STARTS = Prepared(
    select(
        column("asked", BigInteger()),
        select(func.max(ExecutionRow.start_date))
        .where(
            ExecutionRow.user_id == bindparam("user_id"),
            ExecutionRow.task_fk == column("asked", BigInteger()),
        )
        .scalar_subquery(),
    ).select_from(func.unnest(bindparam("task_ids", type_=ARRAY(BigInteger()))).alias("asked"))
)


async def last_starts(
    tx: Reading, *, user_id: UserId, task_ids: Collection[TaskId]
) -> dict[TaskId, datetime]:
    """When this person last started each of these tasks, deleted executions included.

    For each task one look at the end of its part of an index, not at all that was ever run.
    """
    if not task_ids:
        return {}
    rows = await tx.fetch(_LAST_STARTS, {"user_id": user_id, "task_ids": list(task_ids)})
    return {TaskId(number): at for number, at in rows if at is not None}


def _changing(*conditions: ColumnElement[bool], **values: object) -> Prepared:
    """An update of one execution, by its `execution_id`."""
    return Prepared(
        update(ExecutionRow)
        .where(ExecutionRow.user_task_execution_pk == bindparam("execution_id"), *conditions)
        .values(**values)
        .returning(*EXECUTION_PARTS)
    )


_START = _changing(
    **given("start_date", "json_input_values", "purchase_fk", "state"), search_words=WORDS
)


async def start(
    tx: Tx,
    *,
    execution_id: int,
    inputs: Sequence[ExecutionInput],
    purchase_id: PurchaseId | None,
    words: Sequence[str],
    at: datetime,
) -> StoredExecution:
    """Begin, with a run that is reserved on a purchase; its first answer is on its way."""
    return await _change(
        tx,
        _START,
        {
            "execution_id": execution_id,
            "start_date": at,
            "json_input_values": encode_inputs(inputs),
            "purchase_fk": purchase_id,
            "state": ExecutionState.WRITING.value,
            "words": list(words),
        },
    )


_SET_WRITING = _changing(**given("state", "purchase_fk"))


async def set_writing(
    tx: Tx, *, execution_id: int, purchase_id: PurchaseId | None
) -> StoredExecution:
    """Another answer is on its way."""
    return await _change(
        tx,
        _SET_WRITING,
        {
            "execution_id": execution_id,
            "state": ExecutionState.WRITING.value,
            "purchase_fk": purchase_id,
        },
    )


_HAS_TEXT = (
    select(VersionRow.version_index)
    .join(ProducedTextRow, ProducedTextRow.produced_text_pk == VersionRow.produced_text_fk)
    .where(
        ProducedTextRow.user_task_execution_fk == bindparam("execution_id"),
        ProducedTextRow.deleted_at.is_(None),
    )
    .exists()
)
_SET_STATE = _changing(
    state=case(
        (_HAS_TEXT, bindparam("with_text", type_=Text())),
        else_=bindparam("without_text", type_=Text()),
    )
)


async def set_state(
    tx: Tx, *, execution_id: int, with_text: ExecutionState, without_text: ExecutionState
) -> StoredExecution | None:
    """One of two states, by whether there is a text. None when there is no such execution."""
    rows = await tx.fetch(
        _SET_STATE,
        {
            "execution_id": execution_id,
            "with_text": with_text.value,
            "without_text": without_text.value,
        },
    )
    return read_execution(rows[0]) if rows else None


_SET_PURCHASE = _changing(**given("purchase_fk"))


async def set_purchase(
    tx: Tx, *, execution_id: int, purchase_id: PurchaseId | None
) -> StoredExecution:
    return await _change(
        tx, _SET_PURCHASE, {"execution_id": execution_id, "purchase_fk": purchase_id}
    )


_SET_TITLE = _changing(**given("title", "summary", "search_text"), search_words=WORDS)


async def set_title(
    tx: Tx,
    *,
    execution_id: int,
    title: str | None,
    summary: str | None,
    words: Sequence[str],
) -> StoredExecution:
    return await _change(
        tx,
        _SET_TITLE,
        {
            "execution_id": execution_id,
            "title": title,
            "summary": summary,
            "search_text": search_text(title, summary),
            "words": list(words),
        },
    )


_WANTS_SUMMARY = (
    ExecutionRow.start_date.is_not(None),
    ExecutionRow.deleted_at.is_(None),
    ExecutionRow.summary.is_(None),
)
_MORE_WORDS = ExecutionRow.search_words.op("||", return_type=TSVECTOR())(WORDS)
_NAME = _changing(
    ExecutionRow.title.is_(None),
    *_WANTS_SUMMARY,
    **given("title", "summary", "search_text"),
    search_words=_MORE_WORDS,
)


async def name(
    tx: Tx, *, execution_id: int, title: str, summary: str | None, words: Sequence[str]
) -> StoredExecution | None:
    """Give a started execution its first title, so that it is found by these words too.

    None, and nothing is changed, when it has a title or a summary, or was deleted.
    """
    rows = await tx.fetch(
        _NAME,
        {
            "execution_id": execution_id,
            "title": title,
            "summary": summary,
            "search_text": search_text(title, summary),
            "words": list(words),
        },
    )
    return read_execution(rows[0]) if rows else None


_SUM_UP = _changing(
    ExecutionRow.title.is_not(None),
    *_WANTS_SUMMARY,
    **given("summary"),
    search_text=ExecutionRow.search_text.concat(bindparam("more_text", type_=Text())),
    search_words=_MORE_WORDS,
)


async def sum_up(
    tx: Tx, *, execution_id: int, summary: str, words: Sequence[str]
) -> StoredExecution | None:
    """Give a started execution that has a title its summary, so that it is found by these words
    too.

    None, and nothing is changed, when it has no title, or a summary, or was deleted.
    """
    rows = await tx.fetch(
        _SUM_UP,
        {
            "execution_id": execution_id,
            "summary": summary,
            "more_text": f"\n{search_text(None, summary)}",
            "words": list(words),
        },
    )
    return read_execution(rows[0]) if rows else None


_SET_DELETED = _changing(**given("deleted_at"))


async def set_deleted(tx: Tx, *, execution_id: int, at: datetime | None) -> StoredExecution:
    return await _change(tx, _SET_DELETED, {"execution_id": execution_id, "deleted_at": at})


async def _change(tx: Tx, prepared: Prepared, values: Values) -> StoredExecution:
    rows = await tx.fetch(prepared, values)
    if not rows:
        raise LookupError(f"execution {values['execution_id']} vanished while it was locked")
    return read_execution(rows[0])
