"""Queries about turns."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    DateTime,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from mojodex.domains.chat.models import QUEUED, RUNNING, TurnRow
from mojodex.domains.chat.store.rows import (
    TURN_PARTS,
    TurnParts,
    read_turn,
    subject_columns,
)
from mojodex.domains.chat.views import NewTurn, SessionId, Turn, TurnId, TurnSignal, TurnState
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Prepared, Reading, Rows, Tx, given, one_of_uuids

_PAST_ALL = 2**63 - 1
#: In the words of the indexes on open turns, whose use no value of a call may put in doubt.
_OPEN = or_(RUNNING, QUEUED)


def _waits() -> ColumnElement[int]:
    """Sorts running turns before queued ones before ended ones."""
    return case(
        (TurnRow.state == TurnState.RUNNING, 0), (TurnRow.state == TurnState.QUEUED, 1), else_=2
    )


def _read_all(rows: Rows) -> list[Turn]:
    return [read_turn(TurnParts(*row)) for row in rows]


def _read_first(rows: Rows) -> Turn | None:
    return read_turn(TurnParts(*rows[0])) if rows else None


def _n_open_before() -> ScalarSelect[int]:
    """Without the turn that the same statement adds."""
    other = aliased(TurnRow)
    return (
        select(func.count())
        .select_from(other)
        .where(other.session_id == bindparam("session_id"), _OPEN)
        .scalar_subquery()
    )


_ADD = Prepared(
    insert(TurnRow)
    .values(
        **given(
            "turn_id",
            "session_id",
            "user_id",
            "assistant_kind",
            "message_pk",
            "platform",
            "options",
            "created_at",
            "subject_kind",
            "subject_id",
        )
    )
    .returning(*TURN_PARTS, _n_open_before())
)


async def add_turn(tx: Tx, turn: NewTurn) -> tuple[Turn, int]:
    """The turn, and how many run or wait in its session before it."""
    rows = await tx.fetch(
        _ADD,
        {
            "turn_id": turn.turn_id,
            "session_id": turn.session_id,
            "user_id": turn.user_id,
            "assistant_kind": turn.assistant_kind,
            "message_pk": turn.message_id,
            "platform": turn.platform,
            "options": dict(turn.options),
            "created_at": turn.created_at,
            **subject_columns(turn.subject),
        },
    )
    *parts, n_before = rows[0]
    return read_turn(TurnParts(*parts)), n_before


def _select_one() -> Select[Any]:
    return select(*TURN_PARTS).where(TurnRow.turn_id == bindparam("turn_id"))


_FIND = Prepared(_select_one())
_LOCK = Prepared(_select_one().with_for_update())


async def find_turn(tx: Reading, *, turn_id: UUID, is_locked: bool = False) -> Turn | None:
    """A turn; `is_locked` holds its row until the transaction ends."""
    return _read_first(await tx.fetch(_LOCK if is_locked else _FIND, {"turn_id": turn_id}))


_GET = Prepared(select(*TURN_PARTS).where(TurnRow.turn_id == one_of_uuids("turn_ids")))


async def get_turns(tx: Reading, *, turn_ids: Collection[UUID]) -> dict[TurnId, Turn]:
    if not turn_ids:
        return {}
    found = _read_all(await tx.fetch(_GET, {"turn_ids": list(turn_ids)}))
    return {turn.turn_id: turn for turn in found}


_OF_MESSAGE = Prepared(
    select(*TURN_PARTS)
    .where(TurnRow.message_pk == bindparam("message_id"))
    .order_by(TurnRow.queue_number.desc())
    .limit(1)
)


async def find_turn_of_message(tx: Reading, *, message_id: int) -> Turn | None:
    """The latest turn that answers this message."""
    return _read_first(await tx.fetch(_OF_MESSAGE, {"message_id": message_id}))


_OPEN_TURNS = Prepared(
    select(*TURN_PARTS)
    .where(TurnRow.session_id == bindparam("session_id"), _OPEN)
    .order_by(_waits(), TurnRow.queue_number)
)


async def find_open_turns(tx: Reading, *, session_id: UUID) -> list[Turn]:
    """The running turn of a session, if any, and then those that wait, in order."""
    return _read_all(await tx.fetch(_OPEN_TURNS, {"session_id": session_id}))


_CURRENT = Prepared(
    select(*TURN_PARTS)
    .where(TurnRow.session_id == one_of_uuids("session_ids"))
    .ext(distinct_on(TurnRow.session_id))
    .order_by(
        TurnRow.session_id,
        _waits(),
        TurnRow.ended_at.desc(),
        case((TurnRow.state == TurnState.QUEUED, TurnRow.queue_number)),
        TurnRow.queue_number.desc(),
    )
)


async def current_turns(tx: Reading, *, session_ids: Collection[UUID]) -> dict[SessionId, Turn]:
    if not session_ids:
        return {}
    found = _read_all(await tx.fetch(_CURRENT, {"session_ids": list(session_ids)}))
    return {turn.session_id: turn for turn in found}


_LIST = Prepared(
    select(*TURN_PARTS, TurnRow.queue_number)
    .where(
        TurnRow.session_id == bindparam("session_id"),
        TurnRow.queue_number < bindparam("before", type_=BigInteger()),
    )
    .order_by(TurnRow.queue_number.desc())
    .offset(bindparam("offset", type_=BigInteger()))
    .limit(bindparam("limit", type_=BigInteger()))
)


async def list_turns(tx: Reading, *, session_id: UUID, window: Window) -> Page[Turn]:
    before = _PAST_ALL
    if window.cursor is not None:
        before = max(0, min(_PAST_ALL, int(decode_cursor(window.cursor, int)[0])))
    rows = await tx.fetch(
        _LIST,
        {
            "session_id": session_id,
            "before": before,
            "offset": window.offset or 0,
            "limit": window.limit + 1,
        },
    )
    page = cut_page(list(rows), window.limit, lambda row: encode_cursor(row[-1]))
    return page.map(lambda row: read_turn(TurnParts(*row[:-1])))


def _is_due() -> ColumnElement[bool]:
    """What runs stands first, so that what waits is first only when nothing runs."""
    other = aliased(TurnRow)
    first = (
        select(other.turn_id)
        .where(other.session_id == TurnRow.session_id, _OPEN)
        .order_by(other.state == TurnState.QUEUED, other.queue_number)
        .limit(1)
    )
    return TurnRow.turn_id == first.correlate(TurnRow).scalar_subquery()


def _changing(*conditions: ColumnElement[bool], **values: object) -> ReturningUpdate[Any]:
    return (
        update(TurnRow)
        .where(TurnRow.turn_id == bindparam("of_turn"), *conditions)
        .values(**values)
        .returning(*TURN_PARTS)
    )


def _at() -> BindParameter[datetime]:
    return bindparam("at", type_=DateTime(timezone=True))


_claim = bindparam("claim", type_=Text())
_CLAIM = Prepared(
    _changing(
        _is_due(),
        or_(TurnRow.state == TurnState.QUEUED, _claim.is_(None), TurnRow.claimed_by == _claim),
        state=TurnState.RUNNING,
        attempt=TurnRow.attempt + 1,
        claimed_by=_claim,
        error_code=None,
        started_at=func.coalesce(TurnRow.started_at, _at()),
    )
)


async def claim_turn(tx: Tx, *, turn_id: UUID, claim: str | None, at: datetime) -> Turn | None:
    """Take up the turn of a session that is due: one more attempt, by this claim.

    One that runs is taken over by the claim that has it, and by None. The session must be locked.
    None when another turn is due or another claim has it, and when its person was erased.
    """
    rows = await tx.fetch(_CLAIM, {"of_turn": turn_id, "claim": claim, "at": at})
    return _read_first(rows)


def _ending() -> CompoundSelect[Any]:
    """An ended turn, and after it what runs or waits in its session, in order."""
    ended = _changing(
        state=bindparam("new_state"),
        ended_at=bindparam("at"),
        error_code=bindparam("code"),
    ).cte("ended")
    others = select(*TURN_PARTS, _waits(), TurnRow.queue_number).where(
        # This sees the turn as it was before.
        TurnRow.session_id == select(ended.c.session_id).scalar_subquery(),
        TurnRow.turn_id != bindparam("of_turn"),
        _OPEN,
    )
    itself = select(*ended.c, literal(-1).label("rank"), literal(0).label("queue_number"))
    return union_all(itself, others).order_by("rank", "queue_number")


_END = Prepared(_ending())


async def end_turn(
    tx: Tx, *, turn_id: UUID, state: TurnState, at: datetime, error_code: str | None = None
) -> tuple[Turn, list[Turn]]:
    """The turn as it is now, and the open turns of its session, as `find_open_turns` has them."""
    rows = await tx.fetch(
        _END, {"of_turn": turn_id, "new_state": state, "at": at, "code": error_code}
    )
    found = _read_all([row[:-2] for row in rows])
    if not found or found[0].turn_id != turn_id:
        raise _vanished(turn_id)
    return found[0], found[1:]


_REQUEUE = Prepared(
    _changing(
        state=TurnState.QUEUED,
        ended_at=None,
        error_code=None,
        n_failures=0,
        claimed_by=None,
        stop_requested_at=None,
    )
)


async def requeue_turn(tx: Tx, *, turn_id: UUID) -> Turn:
    return await _change_turn(tx, _REQUEUE, turn_id)


_PUT_BACK = Prepared(
    _changing(
        state=TurnState.QUEUED,
        claimed_by=None,
        error_code=bindparam("code"),
        n_failures=TurnRow.n_failures + 1,
    )
)


async def put_back(tx: Tx, *, turn_id: UUID, error_code: str) -> Turn:
    """Let a running turn, whose try failed for this reason, wait for another one."""
    return await _change_turn(tx, _PUT_BACK, turn_id, code=error_code)


_RELEASE = Prepared(_changing(state=TurnState.QUEUED, claimed_by=None))


async def release_turn(tx: Tx, *, turn_id: UUID) -> Turn:
    """Let a turn that nobody runs any more wait again; a request to stop it stays."""
    return await _change_turn(tx, _RELEASE, turn_id)


_REQUEST_STOP = Prepared(
    _changing(stop_requested_at=func.coalesce(TurnRow.stop_requested_at, _at()))
)


async def request_stop(tx: Tx, *, turn_id: UUID, at: datetime) -> Turn:
    return await _change_turn(tx, _REQUEST_STOP, turn_id, at=at)


async def _change_turn(tx: Tx, change: Prepared, turn_id: UUID, **values: object) -> Turn:
    changed = _read_first(await tx.fetch(change, {"of_turn": turn_id, **values}))
    if changed is None:
        raise _vanished(turn_id)
    return changed


def _vanished(turn_id: UUID) -> LookupError:
    return LookupError(f"turn {turn_id} vanished while it was locked")


_HEADS = Prepared(
    select(TurnRow.turn_id)
    .where(_OPEN)
    .ext(distinct_on(TurnRow.session_id))
    .order_by(TurnRow.session_id, _waits(), TurnRow.queue_number)
)


async def list_heads(tx: Reading) -> list[TurnId]:
    """Of each session in which turns run or wait the one that is due: the running, else the first.

    One statement.
    """
    return [TurnId(turn_id) for (turn_id,) in await tx.fetch(_HEADS, {})]


_CLAIMED_BY = Prepared(select(TurnRow.claimed_by).where(TurnRow.turn_id == bindparam("turn_id")))


async def find_claim(tx: Reading, *, turn_id: UUID) -> str | None:
    """Who took a turn up last."""
    rows = await tx.fetch(_CLAIMED_BY, {"turn_id": turn_id})
    return rows[0][0] if rows else None


_SIGNALS = Prepared(
    select(TurnRow.turn_id, TurnRow.state, TurnRow.attempt, TurnRow.stop_requested_at).where(
        TurnRow.turn_id == one_of_uuids("turn_ids")
    )
)


async def list_signals(tx: Reading, *, turn_ids: Collection[UUID]) -> list[TurnSignal]:
    """What those who run these turns must know. A turn that is gone is absent."""
    rows = await tx.fetch(_SIGNALS, {"turn_ids": list(turn_ids)})
    return [
        TurnSignal(
            turn_id=TurnId(turn_id),
            is_running=state == TurnState.RUNNING,
            attempt=attempt,
            is_stop_requested=stop_requested_at is not None,
        )
        for turn_id, state, attempt, stop_requested_at in rows
    ]
