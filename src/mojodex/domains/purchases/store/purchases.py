"""Queries of purchases and their counters."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from mojodex.domains.identity import UserId
from mojodex.domains.purchases.models import MdProduct, MdProductTask, MdPurchase
from mojodex.domains.purchases.views import ProductId, Purchase, PurchaseId
from mojodex.platform.db import Prepared, Reading, Rows, Tx, given, one_of_numbers


class PurchaseParts(NamedTuple):
    """What `_read_purchase` reads of a row."""

    purchase_pk: int
    user_id: UUID
    product_fk: int
    active: bool
    never_expires: bool
    n_tasks_reserved: int
    n_tasks_consumed: int
    custom_purchase_id: str | None
    creation_date: datetime
    ended_at: datetime | None


_PARTS = tuple(getattr(MdPurchase, name) for name in PurchaseParts._fields)
_now = bindparam("now", type_=DateTime(timezone=True))


def _read_purchase(row: PurchaseParts) -> Purchase:
    return Purchase(
        purchase_id=PurchaseId(row.purchase_pk),
        user_id=UserId(row.user_id),
        product_id=ProductId(row.product_fk),
        is_active=row.active,
        never_expires=row.never_expires,
        n_tasks_reserved=row.n_tasks_reserved,
        n_tasks_consumed=row.n_tasks_consumed,
        custom_purchase_id=row.custom_purchase_id,
        created_at=row.creation_date,
        ended_at=row.ended_at,
    )


def _read_all(rows: Rows) -> list[Purchase]:
    return [_read_purchase(PurchaseParts(*row)) for row in rows]


def _is_over() -> ColumnElement[bool]:
    """`rules.is_over` in SQL, at `now`; needs the product joined. Hours, for days follow a zone."""
    made = func.date_trunc("day", MdPurchase.creation_date, "UTC")
    validity = func.make_interval(0, 0, 0, 0, MdProduct.n_days_validity * 24)
    return and_(
        not_(MdPurchase.never_expires),
        MdProduct.n_days_validity.is_not(None),
        made + validity < _now,
    )


def _of_user() -> Select[Any]:
    return (
        select(*_PARTS)
        .join(MdProduct, MdProduct.product_pk == MdPurchase.product_fk)
        .where(MdPurchase.user_id == bindparam("user_id"))
    )


@cache
def _insert(columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(MdPurchase).values(**given(*columns)).returning(*_PARTS))


async def insert_purchase(tx: Tx, values: Mapping[str, Any]) -> Purchase:
    return _read_all(await tx.fetch(_insert(tuple(values)), values))[0]


_FIND = Prepared(select(*_PARTS).where(MdPurchase.purchase_pk == bindparam("purchase_id")))


async def find_purchase(tx: Reading, purchase_id: int) -> Purchase | None:
    return next(iter(_read_all(await tx.fetch(_FIND, {"purchase_id": purchase_id}))), None)


_ACTIVE = (
    _of_user()
    .where(MdPurchase.active)
    .order_by(MdPurchase.creation_date.desc(), MdPurchase.purchase_pk.desc())
)
_ALL_ACTIVE = Prepared(_ACTIVE)
_STILL_ACTIVE = Prepared(_ACTIVE.where(not_(_is_over())))


async def list_active(tx: Reading, user_id: UUID, *, now: datetime | None = None) -> list[Purchase]:
    """The person's active purchases, newest first; with `now`, without those that are over."""
    query = _ALL_ACTIVE if now is None else _STILL_ACTIVE
    return _read_all(await tx.fetch(query, {"user_id": user_id, "now": now}))


def _last_ended(limit: InstrumentedAttribute[int | None]) -> Prepared:
    return Prepared(
        _of_user()
        .where(
            limit.is_not(None),
            or_(
                and_(not_(MdPurchase.active), MdPurchase.ended_at.is_not(None)),
                and_(MdPurchase.active, _is_over()),
            ),
        )
        .order_by(
            func.coalesce(MdPurchase.ended_at, _now).desc(),
            MdPurchase.creation_date.desc(),
            MdPurchase.purchase_pk.desc(),
        )
        .limit(1)
    )


_LAST_ENDED = tuple(
    _last_ended(limit) for limit in (MdProduct.n_tasks_limit, MdProduct.n_days_validity)
)


async def list_last_ended(tx: Reading, user_id: UUID, now: datetime) -> list[Purchase]:
    """The last package and the last purchase limited in time that ended; one or two or none."""
    found: dict[int, Purchase] = {}
    for query in _LAST_ENDED:
        for purchase in _read_all(await tx.fetch(query, {"user_id": user_id, "now": now})):
            found.setdefault(purchase.purchase_id, purchase)
    return list(found.values())


_ANY = Prepared(
    _of_user()
    .where(MdPurchase.product_fk == bindparam("product_id"))
    .order_by(MdPurchase.purchase_pk.desc())
    .limit(1)
)


async def find_any(tx: Reading, user_id: UUID, product_id: int) -> Purchase | None:
    """The person's newest purchase of the product, active or not."""
    rows = await tx.fetch(_ANY, {"user_id": user_id, "product_id": product_id})
    return next(iter(_read_all(rows)), None)


_END = Prepared(
    update(MdPurchase)
    .where(
        MdPurchase.purchase_pk == one_of_numbers("purchase_ids"),
        MdPurchase.active,
    )
    .values(active=False, ended_at=_now)
)


async def end_purchases(tx: Tx, purchase_ids: Collection[int], now: datetime) -> None:
    await tx.change(_END, {"purchase_ids": list(purchase_ids), "now": now})


def _with_room() -> Select[int]:
    """The oldest active purchase that gives the task, is not over and has a run left."""
    used = MdPurchase.n_tasks_consumed + MdPurchase.n_tasks_reserved
    return (
        select(MdPurchase.purchase_pk)
        .join(MdProduct, MdProduct.product_pk == MdPurchase.product_fk)
        .join(MdProductTask, MdProductTask.product_fk == MdProduct.product_pk)
        .where(
            MdPurchase.user_id == bindparam("of_user"),
            MdPurchase.active,
            MdProductTask.task_fk == bindparam("task_id"),
            or_(MdProduct.n_tasks_limit.is_(None), used < MdProduct.n_tasks_limit),
            not_(_is_over()),
        )
        .order_by(MdPurchase.creation_date, MdPurchase.purchase_pk)
        .limit(1)
    )


_HAS_ROOM = Prepared(_with_room())


async def has_room(tx: Reading, user_id: UUID, task_id: int, now: datetime) -> bool:
    """Whether a purchase gives the task, is not over and has a run left."""
    return bool(await tx.fetch(_HAS_ROOM, {"of_user": user_id, "task_id": task_id, "now": now}))


_RESERVE = Prepared(
    update(MdPurchase)
    .where(MdPurchase.purchase_pk == _with_room().scalar_subquery())
    .values(n_tasks_reserved=MdPurchase.n_tasks_reserved + 1)
    .returning(MdPurchase.purchase_pk)
)


async def reserve(tx: Tx, user_id: UUID, task_id: int, now: datetime) -> PurchaseId | None:
    """Reserve a run in the oldest purchase that has room for it, if there is one.

    The owner must be locked: the room that is found is that of all who committed before.
    """
    rows = await tx.fetch(_RESERVE, {"of_user": user_id, "task_id": task_id, "now": now})
    return PurchaseId(rows[0][0]) if rows else None


_CONSUME = Prepared(
    update(MdPurchase)
    .where(MdPurchase.purchase_pk == bindparam("purchase_id"))
    .values(
        n_tasks_reserved=func.greatest(MdPurchase.n_tasks_reserved - 1, 0),
        n_tasks_consumed=MdPurchase.n_tasks_consumed + 1,
    )
    .returning(
        *_PARTS,
        select(MdProduct.n_tasks_limit)
        .where(MdProduct.product_pk == MdPurchase.product_fk)
        .scalar_subquery(),
    )
)


async def consume(tx: Tx, purchase_id: int) -> tuple[Purchase, int | None] | None:
    """Count a reserved run. The purchase and its limit of runs; None when there is no such row."""
    rows = await tx.fetch(_CONSUME, {"purchase_id": purchase_id})
    if not rows:
        return None
    *parts, limit = rows[0]
    return _read_purchase(PurchaseParts(*parts)), limit


_RELEASE = Prepared(
    update(MdPurchase)
    .where(MdPurchase.purchase_pk == bindparam("purchase_id"))
    .values(n_tasks_reserved=func.greatest(MdPurchase.n_tasks_reserved - 1, 0))
)


async def release(tx: Tx, purchase_id: int) -> bool:
    """Give a reserved run back. False when there is no such row."""
    return await tx.change(_RELEASE, {"purchase_id": purchase_id}) > 0
