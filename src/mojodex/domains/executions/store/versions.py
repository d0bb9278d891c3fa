"""Queries that read the versions of produced texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from mojodex.domains.catalog import CATALOG_REVISION
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.store.rows import (
    EXECUTION_PARTS,
    VERSION_PARTS,
    ExecutionParts,
    read_execution,
    read_version,
)
from mojodex.domains.executions.views import ExecutionId, StoredExecution, StoredVersion
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, Values, one_of_numbers

_PAST_ALL = 2**31 - 1
_N_EXECUTION_PARTS = len(ExecutionParts._fields)


def _versions() -> Select[Any]:
    return (
        select(
            ProducedTextRow.user_task_execution_fk,
            ExecutionRow.task_fk,
            CATALOG_REVISION,
            *VERSION_PARTS,
        )
        .select_from(VersionRow)
        .join(ProducedTextRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
        .outerjoin(
            ExecutionRow,
            ExecutionRow.user_task_execution_pk == ProducedTextRow.user_task_execution_fk,
        )
        .where(ProducedTextRow.deleted_at.is_(None))
    )


async def _read_all(tx: Reading, query: Prepared, values: Values) -> list[StoredVersion]:
    return [
        read_version(row[3:], execution_id=row[0], task_id=row[1], catalog_revision=row[2])
        for row in await tx.fetch(query, values)
    ]


_LATEST_OF_TEXT = Prepared(
    _versions()
    .where(VersionRow.produced_text_fk == bindparam("produced_text_id"))
    .order_by(VersionRow.version_index.desc())
    .limit(1)
)


async def find_latest(tx: Reading, *, produced_text_id: int) -> StoredVersion | None:
    rows = await _read_all(tx, _LATEST_OF_TEXT, {"produced_text_id": produced_text_id})
    return rows[0] if rows else None


_ONE = Prepared(
    _versions().where(
        ProducedTextRow.user_task_execution_fk == bindparam("execution_id"),
        VersionRow.version_index == bindparam("index"),
    )
)


async def find_version(tx: Reading, *, execution_id: int, index: int) -> StoredVersion | None:
    rows = await _read_all(tx, _ONE, {"execution_id": execution_id, "index": index})
    return rows[0] if rows else None


_SOME = Prepared(
    _versions().where(VersionRow.produced_text_version_pk == one_of_numbers("version_ids"))
)


async def get_versions(tx: Reading, *, version_ids: Collection[int]) -> list[StoredVersion]:
    if not version_ids:
        return []
    return await _read_all(tx, _SOME, {"version_ids": list(version_ids)})


_OF_MESSAGES = Prepared(_versions().where(VersionRow.message_id == one_of_numbers("message_ids")))


async def get_versions_of_messages(
    tx: Reading, *, message_ids: Collection[int]
) -> list[StoredVersion]:
    if not message_ids:
        return []
    return await _read_all(tx, _OF_MESSAGES, {"message_ids": list(message_ids)})


_LATEST = Prepared(
    _versions()
    .where(ProducedTextRow.user_task_execution_fk == one_of_numbers("execution_ids"))
    .ext(distinct_on(ProducedTextRow.user_task_execution_fk))
    .order_by(ProducedTextRow.user_task_execution_fk, VersionRow.version_index.desc())
)


async def latest_versions(
    tx: Reading, *, execution_ids: Collection[int]
) -> dict[ExecutionId, StoredVersion]:
    """The latest version of each execution that has one; its index is their number."""
    if not execution_ids:
        return {}
    found = await _read_all(tx, _LATEST, {"execution_ids": list(execution_ids)})
    return {item.execution_id: item for item in found if item.execution_id is not None}


@dataclass(frozen=True, kw_only=True)
class WithText:
    """An execution with the newest version of its text, where that was asked for, and how many
    there are."""

    execution: StoredExecution
    newest: StoredVersion | None
    n_versions: int


def newest_version(of: Any, columns: Sequence[Any]) -> Select[Any]:
    """The newest version of the text of an execution of `of`, found by the index on text and
    number."""
    produced_text_id = (
        select(ProducedTextRow.produced_text_pk)
        .where(
            ProducedTextRow.user_task_execution_fk == of.user_task_execution_pk,
            ProducedTextRow.deleted_at.is_(None),
        )
        .correlate(of.user_task_execution_pk.table)
        .scalar_subquery()
    )
    numbered = [column.label(f"detail_{number}") for number, column in enumerate(columns)]
    return (
        select(VersionRow.version_index, *numbered)
        .where(VersionRow.produced_text_fk == produced_text_id)
        .order_by(VersionRow.version_index.desc())
        .limit(1)
    )


def _with_newest(columns: Sequence[Any]) -> Prepared:
    newest = newest_version(ExecutionRow, columns).lateral("newest")
    return Prepared(
        select(*EXECUTION_PARTS, *newest.c)
        .select_from(ExecutionRow)
        .outerjoin(newest, true())
        .where(ExecutionRow.user_task_execution_pk == one_of_numbers("execution_ids"))
    )


_WITH_TEXT = _with_newest(VERSION_PARTS)
_WITH_NUMBER = _with_newest(())


async def get_with_texts(
    tx: Reading, *, execution_ids: Collection[int], is_text_included: bool = True
) -> list[WithText]:
    """Executions with the latest versions of their texts, deleted ones too; one statement."""
    if not execution_ids:
        return []
    rows = await tx.fetch(
        _WITH_TEXT if is_text_included else _WITH_NUMBER, {"execution_ids": list(execution_ids)}
    )
    return [_read_with_text(row) for row in rows]


def _read_with_text(row: Sequence[Any]) -> WithText:
    execution = read_execution(row[:_N_EXECUTION_PARTS])
    index, *version = row[_N_EXECUTION_PARTS:]
    newest = None
    if index is not None and version:
        newest = read_version(
            version,
            execution_id=execution.execution_id,
            task_id=execution.task_id,
            catalog_revision=execution.catalog_revision,
        )
    return WithText(execution=execution, newest=newest, n_versions=index or 0)


async def find_with_text(tx: Reading, *, execution_id: int) -> WithText | None:
    """An execution and the latest version of its text, in one statement."""
    found = await get_with_texts(tx, execution_ids=[execution_id])
    return found[0] if found else None


_COUNTS = Prepared(
    select(ProducedTextRow.user_task_execution_fk, func.max(VersionRow.version_index))
    .join(VersionRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
    .where(
        ProducedTextRow.user_task_execution_fk == one_of_numbers("execution_ids"),
        ProducedTextRow.deleted_at.is_(None),
    )
    .group_by(ProducedTextRow.user_task_execution_fk)
)


async def count_versions(tx: Reading, *, execution_ids: Collection[int]) -> dict[ExecutionId, int]:
    """How many versions each execution has, without reading them; those without are absent."""
    if not execution_ids:
        return {}
    rows = await tx.fetch(_COUNTS, {"execution_ids": list(execution_ids)})
    return {ExecutionId(number): count for number, count in rows}


_LIST = Prepared(
    _versions()
    .where(
        ProducedTextRow.user_task_execution_fk == bindparam("execution_id"),
        VersionRow.version_index < bindparam("before", type_=BigInteger()),
    )
    .order_by(VersionRow.version_index.desc())
    .offset(bindparam("offset", type_=BigInteger()))
    .limit(bindparam("limit", type_=BigInteger()))
)


async def list_versions(tx: Reading, *, execution_id: int, window: Window) -> Page[StoredVersion]:
    before = _PAST_ALL
    if window.cursor is not None:
        before = max(0, min(_PAST_ALL, int(decode_cursor(window.cursor, int)[0])))
    found = await _read_all(
        tx,
        _LIST,
        {
            "execution_id": execution_id,
            "before": before,
            "offset": window.offset or 0,
            "limit": window.limit + 1,
        },
    )
    return cut_page(found, window.limit, lambda item: encode_cursor(item.index))
