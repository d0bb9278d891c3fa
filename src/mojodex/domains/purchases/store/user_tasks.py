"""Queries of the tasks that people have."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, literal, not_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mojodex.domains.catalog import CATALOG_REVISION, TaskId
from mojodex.domains.identity import UserId
from mojodex.domains.purchases.models import MdProductTask, MdPurchase, MdUserTask
from mojodex.domains.purchases.views import UserTask, UserTaskId
from mojodex.platform.db import Prepared, Reading, Tx

_FRESH = {"populate_existing": True}
_UNSYNCED = {"synchronize_session": False}


def _read_user_task(row: MdUserTask) -> UserTask:
    return UserTask(
        user_task_id=UserTaskId(row.user_task_pk),
        user_id=UserId(row.user_id),
        task_id=TaskId(row.task_fk),
        is_enabled=row.enabled,
    )


_OWN = Prepared(
    select(MdUserTask.user_task_pk, MdUserTask.task_fk, MdUserTask.enabled, CATALOG_REVISION)
    .where(MdUserTask.user_id == bindparam("user_id"))
    .order_by(MdUserTask.task_fk)
)


async def list_own(tx: Reading, *, user_id: UserId) -> tuple[list[UserTask], UUID | None]:
    """What a person has, by task, and the revision of the catalogue, unless they have nothing."""
    rows = await tx.fetch(_OWN, {"user_id": user_id})
    own = [
        UserTask(
            user_task_id=UserTaskId(number),
            user_id=user_id,
            task_id=TaskId(task_id),
            is_enabled=is_enabled,
        )
        for number, task_id, is_enabled, _ in rows
    ]
    return own, rows[0][3] if rows else None


async def find_user_tasks(
    tx: Tx,
    *,
    user_task_ids: Collection[int] | None = None,
    user_id: UUID | None = None,
    task_ids: Collection[int] | None = None,
) -> list[UserTask]:
    query = select(MdUserTask).order_by(MdUserTask.task_fk).execution_options(**_FRESH)
    if user_task_ids is not None:
        query = query.where(MdUserTask.user_task_pk.in_(user_task_ids))
    if user_id is not None:
        query = query.where(MdUserTask.user_id == user_id)
    if task_ids is not None:
        query = query.where(MdUserTask.task_fk.in_(task_ids))
    return [_read_user_task(row) for row in await tx.scalars(query)]


async def _enable(tx: Tx, wanted: Select[UUID, int]) -> list[UserId]:
    """Answers to whom they are new, once for each task."""
    statement = upsert(MdUserTask).from_select(["user_id", "task_fk"], wanted)
    changed = await tx.scalars(
        statement.on_conflict_do_update(
            index_elements=["user_id", "task_fk"],
            set_={"enabled": True},
            where=not_(MdUserTask.enabled),
        )
        .returning(MdUserTask.user_id)
        .execution_options(**_UNSYNCED)
    )
    return [UserId(user_id) for user_id in changed]


async def enable_product(tx: Tx, user_id: UUID, product_id: int) -> bool:
    """Give the person every task of the product. Returns whether any is new."""
    enabled = await _enable(
        tx,
        select(literal(user_id, MdUserTask.user_id.type), MdProductTask.task_fk)
        .where(MdProductTask.product_fk == product_id)
        .order_by(MdProductTask.task_fk),
    )
    return bool(enabled)


async def enable_holders(tx: Tx, product_id: int, task_id: int) -> list[UserId]:
    """Give the task to everybody who holds the product. Returns to whom it was new."""
    return await _enable(
        tx,
        select(MdPurchase.user_id, literal(task_id, BigInteger()))
        .where(MdPurchase.product_fk == product_id, MdPurchase.active)
        .group_by(MdPurchase.user_id)
        .order_by(MdPurchase.user_id),
    )


async def disable_unowned(tx: Tx, user_id: UUID) -> bool:
    """Take from the person every task that no active purchase of theirs gives.

    Returns whether there was any.
    """
    given = (
        select(MdProductTask.task_fk)
        .join(MdPurchase, MdPurchase.product_fk == MdProductTask.product_fk)
        .where(MdPurchase.user_id == user_id, MdPurchase.active)
    )
    taken = await tx.scalars(
        update(MdUserTask)
        .where(MdUserTask.user_id == user_id, MdUserTask.enabled, MdUserTask.task_fk.not_in(given))
        .values(enabled=False)
        .returning(MdUserTask.user_task_pk)
        .execution_options(**_UNSYNCED)
    )
    return bool(taken.all())
