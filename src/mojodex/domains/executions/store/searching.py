"""Queries about the words under which executions are found."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, distinct_on

from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.views import ExecutionId
from mojodex.platform.db import Tx

#: Characters in which excerpts are looked for: of one text, and of all of a page. A page of long
#: texts in accents costs 0.3 µs for each, while nobody else is served.
OPENING_LENGTH = 50_000
PAGE_LENGTH = 1_000_000
#: Texts of a page that are looked through to their end for what their openings do not show.
MAX_WHOLE = 20


class Opening(NamedTuple):
    """How a text begins, with its title above."""

    text: str
    is_whole: bool


def has_words(lexemes: Sequence[str]) -> ColumnElement[str]:
    """A query for all of the words that begin so. Lexemes are letters and digits only."""
    return cast(" & ".join(f"'{lexeme}':*" for lexeme in lexemes), TSQUERY())


def words_value(words: Sequence[str]) -> ColumnElement[str]:
    """What makes an execution found by these words, and by no others."""
    return func.array_to_tsvector(cast(list(words), ARRAY(Text())))


async def set_words(tx: Tx, *, words: Mapping[ExecutionId, Sequence[str]]) -> None:
    """Make executions found by these words, and by no others."""
    for execution_id, found_by in words.items():
        await tx.execute(
            update(ExecutionRow)
            .where(ExecutionRow.user_task_execution_pk == execution_id)
            .values(search_words=words_value(found_by)),
            execution_options={"synchronize_session": False},
        )


async def take_unindexed(tx: Tx, *, limit: int) -> list[ExecutionId]:
    """Started executions whose words are not known, locked; those of others are left to them."""
    rows = await tx.scalars(
        select(ExecutionRow.user_task_execution_pk)
        .where(ExecutionRow.search_words.is_(None), ExecutionRow.start_date.is_not(None))
        .order_by(ExecutionRow.user_task_execution_pk)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [ExecutionId(number) for number in rows]


async def read_openings(tx: Tx, *, execution_ids: Collection[int]) -> dict[ExecutionId, Opening]:
    """How the newest text of each execution begins; absent without text."""
    if not execution_ids:
        return {}
    length = min(OPENING_LENGTH, PAGE_LENGTH // len(execution_ids))
    found = await _read_newest(tx, execution_ids, func.left(VersionRow.production, length))
    return {
        number: Opening(f"{title}\n{text}", is_whole=len(text) < length)
        for number, (title, text) in found.items()
    }


async def read_texts(tx: Tx, *, execution_ids: Collection[int]) -> dict[ExecutionId, str]:
    """The newest text of each execution, whole, with its title above; for `MAX_WHOLE` at most."""
    found = await _read_newest(tx, execution_ids, VersionRow.production)
    return {number: f"{title}\n{text}" for number, (title, text) in found.items()}


async def _read_newest(
    tx: Tx, execution_ids: Collection[int], body: SQLColumnExpression[str]
) -> dict[ExecutionId, tuple[str, str]]:
    rows = await tx.execute(
        select(ProducedTextRow.user_task_execution_fk, VersionRow.title, body)
        .join(VersionRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
        .where(
            ProducedTextRow.user_task_execution_fk.in_(execution_ids),
            ProducedTextRow.deleted_at.is_(None),
        )
        .ext(distinct_on(ProducedTextRow.user_task_execution_fk))
        .order_by(ProducedTextRow.user_task_execution_fk, VersionRow.version_index.desc())
    )
    return {
        ExecutionId(number): (title or "", text)
        for number, title, text in rows
        if number is not None
    }
