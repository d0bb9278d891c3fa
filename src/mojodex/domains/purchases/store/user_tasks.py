"""Queries of the tasks that people have."""

from collections.abc import Collection
from functools import cache
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, not_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mojodex.domains.catalog import CATALOG_REVISION, TaskId
from mojodex.domains.identity import UserId
from mojodex.domains.purchases.models import MdProductTask, MdPurchase, MdUserTask
from mojodex.domains.purchases.views import UserTask, UserTaskId
from mojodex.platform.db import Prepared, Reading, Tx, one_of_numbers

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


@cache
def _find(*, has_ids: bool, has_user: bool, has_tasks: bool) -> Prepared:
    asked = (
        (has_ids, MdUserTask.user_task_pk == one_of_numbers("user_task_ids")),
        (has_user, MdUserTask.user_id == bindparam("user_id")),
        (has_tasks, MdUserTask.task_fk == one_of_numbers("task_ids")),
    )
    return Prepared(
        select(MdUserTask.user_task_pk, MdUserTask.user_id, MdUserTask.task_fk, MdUserTask.enabled)
        .where(*(condition for is_asked, condition in asked if is_asked))
        .order_by(MdUserTask.task_fk)
    )


async def find_user_tasks(
    tx: Reading,
    *,
    user_task_ids: Collection[int] | None = None,
    user_id: UUID | None = None,
    task_ids: Collection[int] | None = None,
) -> list[UserTask]:
    query = _find(
        has_ids=user_task_ids is not None,
        has_user=user_id is not None,
        has_tasks=task_ids is not None,
    )
    values = {
        "user_task_ids": list(user_task_ids or ()),
        "user_id": user_id,
        "task_ids": list(task_ids or ()),
    }
    return [
        UserTask(
            user_task_id=UserTaskId(number),
            user_id=UserId(owner),
            task_id=TaskId(task_id),
            is_enabled=is_enabled,
        )
        for number, owner, task_id, is_enabled in await tx.fetch(query, values)
    ]


def _enable(wanted: Select[UUID, int]) -> Prepared:
    """Answers to whom they are new, once for each task."""
    return Prepared(
        upsert(MdUserTask)
        .from_select(["user_id", "task_fk"], wanted)
        .on_conflict_do_update(
            index_elements=["user_id", "task_fk"],
            set_={"enabled": True},
            where=not_(MdUserTask.enabled),
        )
        .returning(MdUserTask.user_id)
    )


_ENABLE_PRODUCT = _enable(
    select(bindparam("of_user", type_=MdUserTask.user_id.type), MdProductTask.task_fk)
    .where(MdProductTask.product_fk == bindparam("product_id"))
    .order_by(MdProductTask.task_fk)
)


async def enable_product(tx: Tx, user_id: UUID, product_id: int) -> bool:
    """Give the person every task of the product. Returns whether any is new."""
    return bool(await tx.fetch(_ENABLE_PRODUCT, {"of_user": user_id, "product_id": product_id}))


_ENABLE_HOLDERS = _enable(
    select(MdPurchase.user_id, bindparam("task_id", type_=BigInteger()))
    .where(MdPurchase.product_fk == bindparam("product_id"), MdPurchase.active)
    .group_by(MdPurchase.user_id)
    .order_by(MdPurchase.user_id)
)


async def enable_holders(tx: Tx, product_id: int, task_id: int) -> list[UserId]:
    """Give the task to everybody who holds the product. Returns to whom it was new."""
    rows = await tx.fetch(_ENABLE_HOLDERS, {"product_id": product_id, "task_id": task_id})
    return [UserId(user_id) for (user_id,) in rows]


_held = (
    select(MdProductTask.task_fk)
    .join(MdPurchase, MdPurchase.product_fk == MdProductTask.product_fk)
    .where(MdPurchase.user_id == bindparam("of_user"), MdPurchase.active)
)
_DISABLE_UNOWNED = Prepared(
    update(MdUserTask)
    .where(
        MdUserTask.user_id == bindparam("of_user"),
        MdUserTask.enabled,
        MdUserTask.task_fk.not_in(_held),
    )
    .values(enabled=False)
)


async def disable_unowned(tx: Tx, user_id: UUID) -> bool:
    """Take from the person every task that no active purchase of theirs gives.

    Returns whether there was any.
    """
    return await tx.change(_DISABLE_UNOWNED, {"of_user": user_id}) > 0
