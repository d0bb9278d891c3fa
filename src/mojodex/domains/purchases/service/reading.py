"""What a person may run, owns, owned and could buy."""

from collections.abc import Collection, Mapping, Sequence

from mojodex.domains.catalog import Task, TaskId, get_tasks, list_offered_tasks
from mojodex.domains.identity import Caller, UserId, get_user
from mojodex.domains.purchases.rules import choose_name, is_subscription, remaining_days
from mojodex.domains.purchases.store import products as product_store
from mojodex.domains.purchases.store import purchases as purchase_store
from mojodex.domains.purchases.store import user_tasks as user_task_store
from mojodex.domains.purchases.views import (
    ListedTask,
    OwnedPurchase,
    Product,
    PurchasableProduct,
    Purchase,
    UserTask,
    UserTaskId,
)
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.kit.text import normalize
from mojodex.platform.db import Reading, Tx


async def list_user_tasks(
    tx: Reading,
    caller: Caller,
    *,
    window: Window,
    platform: str | None = None,
    query: str | None = None,
) -> Page[ListedTask]:
    """What the caller may run, by task; then, not enabled, the tasks that tease.

    `platform`: only the tasks that show there. `query`: only those whose name or description, in
    the caller's language, contains it, whatever its case and accents. One statement, and another
    after a change of the catalogue. Raises `PlatformUnknown`, `InvalidCursor`.
    """
    user_id = caller.require_user()
    own, revision = await user_task_store.list_own(tx, user_id=user_id)
    offered = await list_offered_tasks(tx, platform=platform, as_of=revision)
    owned = {each.task_id: each for each in own}
    rows = [_list(task, user_id, owned.get(task.task_id)) for task in offered]
    wanted = normalize((query or "").strip())
    kept = [
        row
        for row in rows
        if (row.is_enabled or row.task.is_visible_for_teasing)
        and (not wanted or wanted in _describe(row.task, caller.language))
    ]
    return _cut(kept, window)


def _list(task: Task, user_id: UserId, owned: UserTask | None) -> ListedTask:
    return ListedTask(
        user_task_id=None if owned is None else owned.user_task_id,
        user_id=user_id,
        task_id=task.task_id,
        is_enabled=owned is not None and owned.is_enabled,
        task=task,
    )


def _describe(task: Task, language: str) -> str:
    display = task.display(language)
    return normalize(f"{display.name}\n{display.description}")


def _order(row: ListedTask) -> tuple[int, int]:
    return (0 if row.is_enabled else 1, row.task_id)


def _cut(rows: Sequence[ListedTask], window: Window) -> Page[ListedTask]:
    """A page of a list that is as long as the catalogue at most."""
    ordered = sorted(rows, key=_order)
    if window.cursor is not None:
        rank, task_id = decode_cursor(window.cursor, int, int)
        ordered = [row for row in ordered if _order(row) > (rank, task_id)]
    start = window.offset or 0
    return cut_page(
        ordered[start : start + window.limit + 1],
        window.limit,
        lambda row: encode_cursor(*_order(row)),
    )


async def find_user_task(tx: Reading, caller: Caller, *, task_id: TaskId) -> UserTask | None:
    """The caller's own row for a task, enabled or not."""
    found = await user_task_store.find_user_tasks(
        tx, user_id=caller.require_user(), task_ids=[task_id]
    )
    return found[0] if found else None


async def get_user_tasks(
    tx: Reading, *, user_task_ids: Collection[UserTaskId]
) -> dict[UserTaskId, UserTask]:
    """Those of these rows that exist, whoever's they are; one query."""
    if not user_task_ids:
        return {}
    found = await user_task_store.find_user_tasks(tx, user_task_ids=user_task_ids)
    return {each.user_task_id: each for each in found if each.user_task_id is not None}


async def current_purchases(tx: Tx, caller: Caller) -> tuple[OwnedPurchase, ...]:
    """What the caller owns now, newest first."""
    user_id = caller.require_user()
    purchases = await purchase_store.list_active(tx, user_id, now=tx.clock.now())
    return await _describe_purchases(tx, user_id, purchases)


async def last_expired_purchases(tx: Tx, caller: Caller) -> tuple[OwnedPurchase, ...]:
    """The last package and the last purchase limited in time that ended; two at most."""
    user_id = caller.require_user()
    purchases = await purchase_store.list_last_ended(tx, user_id, tx.clock.now())
    return await _describe_purchases(tx, user_id, purchases)


async def _describe_purchases(
    tx: Tx, user_id: UserId, purchases: Sequence[Purchase]
) -> tuple[OwnedPurchase, ...]:
    ids = {purchase.product_id for purchase in purchases}
    products = await product_store.find_products(tx, product_ids=ids)
    by_id = {product.product_id: product for product in products}
    language = (await get_user(tx, user_id=user_id)).language
    names = await _name_tasks(tx, products, language)
    return tuple(
        _own(purchase, product, names, language, _days(tx, purchase, product))
        for purchase, product in ((each, by_id[each.product_id]) for each in purchases)
    )


def _days(tx: Tx, purchase: Purchase, product: Product) -> int | None:
    return remaining_days(
        created_at=purchase.created_at,
        n_days=product.n_days_validity,
        never_expires=purchase.never_expires,
        now=tx.clock.now(),
    )


def _own(
    purchase: Purchase,
    product: Product,
    names: Mapping[TaskId, str],
    language: str,
    days: int | None,
) -> OwnedPurchase:
    return OwnedPurchase(
        purchase_id=purchase.purchase_id,
        product_name=choose_name(product.names, language, product.label),
        task_names=tuple(names[task_id] for task_id in product.task_ids if task_id in names),
        remaining_days=days,
        n_days_validity=None if purchase.never_expires else product.n_days_validity,
        n_tasks_limit=product.n_tasks_limit,
        n_tasks_consumed=purchase.n_tasks_consumed,
        is_free=product.is_free,
    )


async def _name_tasks(tx: Tx, products: Sequence[Product], language: str) -> dict[TaskId, str]:
    ids = {task_id for product in products for task_id in product.task_ids}
    tasks = await get_tasks(tx, task_ids=ids)
    return {
        task_id: task.display(language).name for task_id, task in tasks.items() if task.displays
    }


async def purchasable_products(tx: Tx, caller: Caller) -> tuple[PurchasableProduct, ...]:
    """What the caller's category sells; no subscription for somebody who has one."""
    user = await get_user(tx, user_id=caller.require_user())
    if user.product_category_id is None:
        return ()
    products = await product_store.find_products(tx, sold_in=user.product_category_id)
    held = await purchase_store.list_active(tx, user.user_id, now=tx.clock.now())
    owned = await product_store.find_products(tx, product_ids={each.product_id for each in held})
    if any(is_subscription(product) for product in owned):
        products = [product for product in products if not is_subscription(product)]
    names = await _name_tasks(tx, products, user.language)
    return tuple(
        PurchasableProduct(
            product_id=product.product_id,
            name=choose_name(product.names, user.language, product.label),
            task_names=tuple(names[each] for each in product.task_ids if each in names),
            n_days_validity=product.n_days_validity,
            n_tasks_limit=product.n_tasks_limit,
            product_stripe_id=product.product_stripe_id,
            product_apple_id=product.product_apple_id,
            price=None,
        )
        for product in products
    )
