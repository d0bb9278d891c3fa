"""Queries of purchases and their counters."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, not_, or_, select, update

from mojodex.domains.identity import UserId
from mojodex.domains.purchases.models import MdProduct, MdProductTask, MdPurchase
from mojodex.domains.purchases.views import ProductId, Purchase, PurchaseId
from mojodex.platform.db import Tx

_FRESH = {"populate_existing": True}
_UNSYNCED = {"synchronize_session": False}


def _read_purchase(row: MdPurchase) -> Purchase:
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


def _is_over(now: datetime) -> ColumnElement[bool]:
    """`rules.is_over` in SQL; needs the product joined. Hours, because days follow a zone."""
    made = func.date_trunc("day", MdPurchase.creation_date, "UTC")
    validity = func.make_interval(0, 0, 0, 0, MdProduct.n_days_validity * 24)
    return and_(
        not_(MdPurchase.never_expires),
        MdProduct.n_days_validity.is_not(None),
        made + validity < now,
    )


def _of_user(user_id: UUID) -> Select[MdPurchase]:
    return (
        select(MdPurchase)
        .join(MdProduct, MdProduct.product_pk == MdPurchase.product_fk)
        .where(MdPurchase.user_id == user_id)
        .execution_options(**_FRESH)
    )


async def insert_purchase(tx: Tx, values: Mapping[str, Any]) -> Purchase:
    row = await tx.scalars(
        insert(MdPurchase).values(dict(values)).returning(MdPurchase).execution_options(**_FRESH)
    )
    return _read_purchase(row.one())


async def find_purchase(tx: Tx, purchase_id: int) -> Purchase | None:
    row = await tx.scalar(
        select(MdPurchase).where(MdPurchase.purchase_pk == purchase_id).execution_options(**_FRESH)
    )
    return None if row is None else _read_purchase(row)


async def list_active(tx: Tx, user_id: UUID, *, now: datetime | None = None) -> list[Purchase]:
    """The person's active purchases, newest first; with `now`, without those that are over."""
    query = _of_user(user_id).where(MdPurchase.active)
    if now is not None:
        query = query.where(not_(_is_over(now)))
    query = query.order_by(MdPurchase.creation_date.desc(), MdPurchase.purchase_pk.desc())
    return [_read_purchase(row) for row in await tx.scalars(query)]


async def list_last_ended(tx: Tx, user_id: UUID, now: datetime) -> list[Purchase]:
    """The last package and the last purchase limited in time that ended; one or two or none."""
    found: dict[int, Purchase] = {}
    for limit in (MdProduct.n_tasks_limit, MdProduct.n_days_validity):
        row = await tx.scalar(
            _of_user(user_id)
            .where(
                limit.is_not(None),
                or_(
                    and_(not_(MdPurchase.active), MdPurchase.ended_at.is_not(None)),
                    and_(MdPurchase.active, _is_over(now)),
                ),
            )
            .order_by(
                func.coalesce(MdPurchase.ended_at, now).desc(),
                MdPurchase.creation_date.desc(),
                MdPurchase.purchase_pk.desc(),
            )
            .limit(1)
        )
        if row is not None:
            found.setdefault(row.purchase_pk, _read_purchase(row))
    return list(found.values())


async def find_any(tx: Tx, user_id: UUID, product_id: int) -> Purchase | None:
    """The person's newest purchase of the product, active or not."""
    row = await tx.scalar(
        _of_user(user_id)
        .where(MdPurchase.product_fk == product_id)
        .order_by(MdPurchase.purchase_pk.desc())
        .limit(1)
    )
    return None if row is None else _read_purchase(row)


async def end_purchases(tx: Tx, purchase_ids: Collection[int], now: datetime) -> None:
    await tx.execute(
        update(MdPurchase)
        .where(MdPurchase.purchase_pk.in_(purchase_ids), MdPurchase.active)
        .values(active=False, ended_at=now)
        .execution_options(**_UNSYNCED)
    )


def _with_room(user_id: UUID, task_id: int, now: datetime) -> Select[int]:
    """The oldest active purchase that gives the task, is not over and has a run left."""
    used = MdPurchase.n_tasks_consumed + MdPurchase.n_tasks_reserved
    return (
        select(MdPurchase.purchase_pk)
        .join(MdProduct, MdProduct.product_pk == MdPurchase.product_fk)
        .join(MdProductTask, MdProductTask.product_fk == MdProduct.product_pk)
        .where(
            MdPurchase.user_id == user_id,
            MdPurchase.active,
            MdProductTask.task_fk == task_id,
            or_(MdProduct.n_tasks_limit.is_(None), used < MdProduct.n_tasks_limit),
            not_(_is_over(now)),
        )
        .order_by(MdPurchase.creation_date, MdPurchase.purchase_pk)
        .limit(1)
    )


async def has_room(tx: Tx, user_id: UUID, task_id: int, now: datetime) -> bool:
    """Whether a purchase gives the task, is not over and has a run left."""
    return await tx.scalar(_with_room(user_id, task_id, now)) is not None


async def reserve(tx: Tx, user_id: UUID, task_id: int, now: datetime) -> PurchaseId | None:
    """Reserve a run in the oldest purchase that has room for it, if there is one.

    The owner must be locked: the room that is found is that of all who committed before.
    """
    purchase_id = await tx.scalar(
        update(MdPurchase)
        .where(MdPurchase.purchase_pk == _with_room(user_id, task_id, now).scalar_subquery())
        .values(n_tasks_reserved=MdPurchase.n_tasks_reserved + 1)
        .returning(MdPurchase.purchase_pk)
        .execution_options(**_UNSYNCED)
    )
    return None if purchase_id is None else PurchaseId(purchase_id)


async def consume(tx: Tx, purchase_id: int) -> tuple[Purchase, int | None] | None:
    """Count a reserved run. The purchase and its limit of runs; None when there is no such row."""
    limit = (
        select(MdProduct.n_tasks_limit)
        .where(MdProduct.product_pk == MdPurchase.product_fk)
        .scalar_subquery()
    )
    rows = await tx.execute(
        update(MdPurchase)
        .where(MdPurchase.purchase_pk == purchase_id)
        .values(
            n_tasks_reserved=func.greatest(MdPurchase.n_tasks_reserved - 1, 0),
            n_tasks_consumed=MdPurchase.n_tasks_consumed + 1,
        )
        .returning(MdPurchase, limit)
        .execution_options(**_UNSYNCED, **_FRESH)
    )
    found = rows.one_or_none()
    return None if found is None else (_read_purchase(found[0]), found[1])


async def release(tx: Tx, purchase_id: int) -> bool:
    """Give a reserved run back. False when there is no such row."""
    changed = await tx.scalar(
        update(MdPurchase)
        .where(MdPurchase.purchase_pk == purchase_id)
        .values(n_tasks_reserved=func.greatest(MdPurchase.n_tasks_reserved - 1, 0))
        .returning(MdPurchase.purchase_pk)
        .execution_options(**_UNSYNCED)
    )
    return changed is not None
