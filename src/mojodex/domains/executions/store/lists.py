"""Lists of executions: one statement each, whatever they are narrowed to and however long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    func,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from mojodex.domains.catalog import CATALOG_REVISION
from mojodex.domains.executions.models import ExecutionRow, VersionRow
from mojodex.domains.executions.store.versions import newest_version
from mojodex.domains.executions.views import ExecutionState
from mojodex.domains.identity import UserId
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, one_of_numbers

_PAST_ALL = 2**63 - 1
#: Characters in which excerpts are looked for: of one text, and of all of a page. A page of long
#: texts in accents costs 0.3 µs for each, while nobody else is served.
OPENING_LENGTH = 50_000
PAGE_LENGTH = 1_000_000


def opening_length(n_found: int) -> int:
    """How many characters of each text come along when so many executions were found."""
    return min(OPENING_LENGTH, PAGE_LENGTH // max(1, n_found))


class Detail(Enum):
    """What of the newest version comes along: its number, how it begins, or all of it."""

    COUNT = auto()
    OPENING = auto()
    TEXT = auto()


@dataclass(frozen=True, kw_only=True)
class ListFilter:
    """What a list is narrowed to; empty collections narrow nothing.

    `pattern` is for LIKE, on title and summary; `lexemes` are beginnings of index words, letters
    and digits only.
    """

    pattern: str | None = None
    lexemes: Sequence[str] = ()
    user_task_ids: Sequence[int] = ()
    task_ids: Sequence[int] = ()
    states: Sequence[ExecutionState] = ()


class ListedRow(NamedTuple):
    """An execution of a list as it is stored, with the revision of the catalogue.

    From `n_versions` on it is the newest version, as far as the list's `Detail` goes.
    """

    execution_id: int
    user_task_id: int
    task_id: int
    session_id: UUID
    state: str
    title: str | None
    summary: str | None
    inputs: Sequence[dict[str, Any]]
    created_at: datetime
    started_at: datetime
    ended_at: datetime | None
    revision: UUID
    n_versions: int | None
    produced_text_id: int | None
    version_id: int | None
    text_title: str | None
    body: str | None


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Which conditions a query has: one text, and one plan, for each combination in use."""

    detail: Detail
    has_pattern: bool
    has_lexemes: bool
    has_user_tasks: bool
    has_tasks: bool
    has_states: bool

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        asked = (
            (
                self.has_pattern,
                ExecutionRow.search_text.like(bindparam("pattern"), escape="\\"),
            ),
            (
                self.has_lexemes,
                ExecutionRow.search_words.bool_op("@@")(
                    cast(bindparam("words", type_=Text()), TSQUERY())
                ),
            ),
            (self.has_user_tasks, ExecutionRow.user_task_fk == one_of_numbers("user_task_ids")),
            (self.has_tasks, ExecutionRow.task_fk == one_of_numbers("task_ids")),
            (
                self.has_states,
                ExecutionRow.state == any_(bindparam("states", type_=ARRAY(Text()))),
            ),
        )
        return [condition for is_asked, condition in asked if is_asked]


_FOUND = (
    ExecutionRow.user_task_execution_pk,
    ExecutionRow.user_task_fk,
    ExecutionRow.task_fk,
    ExecutionRow.session_id,
    ExecutionRow.state,
    ExecutionRow.title,
    ExecutionRow.summary,
    ExecutionRow.json_input_values,
    ExecutionRow.creation_date,
    ExecutionRow.start_date,
    ExecutionRow.end_date,
)


def _details(detail: Detail, length: ColumnElement[int]) -> tuple[Any, ...]:
    """The last four columns of a `ListedRow`; an opening has so many characters."""
    if detail is Detail.COUNT:
        return (null(), null(), null(), null())
    if detail is Detail.OPENING:
        return (null(), null(), VersionRow.title, func.left(VersionRow.production, length))
    return (
        VersionRow.produced_text_fk,
        VersionRow.produced_text_version_pk,
        VersionRow.title,
        VersionRow.production,
    )


@cache
def _prepare(shape: _Shape) -> Prepared:
    found = (
        select(*_FOUND)
        .where(
            ExecutionRow.user_id == bindparam("user_id"),
            ExecutionRow.start_date.is_not(None),
            ExecutionRow.deleted_at.is_(None),
            ExecutionRow.user_task_execution_pk < bindparam("before", type_=BigInteger()),
            *shape.conditions,
        )
        .order_by(ExecutionRow.user_task_execution_pk.desc())
        .offset(bindparam("offset", type_=BigInteger()))
        .limit(bindparam("limit", type_=BigInteger()))
        .cte("found")
    )
    n_found = func.greatest(select(func.count()).select_from(found).scalar_subquery(), 1)
    length = cast(func.least(OPENING_LENGTH, PAGE_LENGTH // n_found), Integer())
    details = _details(shape.detail, length)
    newest = newest_version(found.c, details).lateral("newest")
    return Prepared(
        select(*found.c, CATALOG_REVISION, *newest.c)
        .select_from(found)
        .outerjoin(newest, true())
        .order_by(found.c.user_task_execution_pk.desc()),
        is_planned_anew=shape.has_lexemes or shape.has_pattern,
    )


async def list_rows(
    tx: Reading, *, user_id: UserId, window: Window, narrowed: ListFilter, detail: Detail
) -> Page[ListedRow]:
    """Started executions that are not deleted, newest first."""
    shape = _Shape(
        detail=detail,
        has_pattern=narrowed.pattern is not None,
        has_lexemes=bool(narrowed.lexemes),
        has_user_tasks=bool(narrowed.user_task_ids),
        has_tasks=bool(narrowed.task_ids),
        has_states=bool(narrowed.states),
    )
    before = _PAST_ALL
    if window.cursor is not None:
        before = max(0, min(_PAST_ALL, int(decode_cursor(window.cursor, int)[0])))
    rows = await tx.fetch(
        _prepare(shape),
        {
            "user_id": user_id,
            "before": before,
            "offset": window.offset or 0,
            "limit": window.limit + 1,
            "pattern": narrowed.pattern,
            "words": " & ".join(f"'{lexeme}':*" for lexeme in narrowed.lexemes),
            "user_task_ids": list(narrowed.user_task_ids),
            "task_ids": list(narrowed.task_ids),
            "states": [state.value for state in narrowed.states],
        },
    )
    found = [ListedRow(*row) for row in rows]
    return cut_page(found, window.limit, lambda row: encode_cursor(row.execution_id))
