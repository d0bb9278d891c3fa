"""Queries about the words under which executions are found."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import BigInteger, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.views import ExecutionId
from mojodex.platform.db import Prepared, Reading, Tx, one_of_numbers

#: Texts of a page that are looked through to their end for what their openings do not show.
MAX_WHOLE = 20


#: What makes an execution found by these `words`, and by no others.
WORDS = func.array_to_tsvector(bindparam("words", type_=ARRAY(Text())))

_SET_WORDS = Prepared(
    update(ExecutionRow)
    .where(ExecutionRow.user_task_execution_pk == bindparam("execution_id"))
    .values(search_words=WORDS)
)


async def set_words(tx: Tx, *, words: Mapping[ExecutionId, Sequence[str]]) -> None:
    """Make executions found by these words, and by no others."""
    for execution_id, found_by in words.items():
        await tx.change(_SET_WORDS, {"execution_id": execution_id, "words": list(found_by)})


_TAKE_UNINDEXED = Prepared(
    select(ExecutionRow.user_task_execution_pk)
    .where(ExecutionRow.search_words.is_(None), ExecutionRow.start_date.is_not(None))
    .order_by(ExecutionRow.user_task_execution_pk)
    .limit(bindparam("limit", type_=BigInteger()))
    .with_for_update(skip_locked=True)
)


async def take_unindexed(tx: Tx, *, limit: int) -> list[ExecutionId]:
    """Started executions whose words are not known, locked; those of others are left to them."""
    return [ExecutionId(number) for (number,) in await tx.fetch(_TAKE_UNINDEXED, {"limit": limit})]


_TEXTS = Prepared(
    select(ProducedTextRow.user_task_execution_fk, VersionRow.title, VersionRow.production)
    .join(VersionRow, VersionRow.produced_text_fk == ProducedTextRow.produced_text_pk)
    .where(
        ProducedTextRow.user_task_execution_fk == one_of_numbers("execution_ids"),
        ProducedTextRow.deleted_at.is_(None),
    )
    .ext(distinct_on(ProducedTextRow.user_task_execution_fk))
    .order_by(ProducedTextRow.user_task_execution_fk, VersionRow.version_index.desc())
)


async def read_texts(tx: Reading, *, execution_ids: Collection[int]) -> dict[ExecutionId, str]:
    """The newest text of each execution, whole, with its title above; for `MAX_WHOLE` at most."""
    rows = await tx.fetch(_TEXTS, {"execution_ids": list(execution_ids)})
    return {ExecutionId(number): f"{title or ''}\n{text}" for number, title, text in rows}
