"""Categories and products, for administrators."""

from collections.abc import Mapping

from mojodex.domains.catalog import TaskId, get_task
from mojodex.domains.identity import Caller, record_audit
from mojodex.domains.purchases.errors import (
    CategoryNotFound,
    LabelTaken,
    ProductNotFound,
    TaskAlreadyAssociated,
)
from mojodex.domains.purchases.policy import require_administrator
from mojodex.domains.purchases.rules import (
    MAX_DAYS,
    MAX_GOAL_LENGTH,
    MAX_TASKS,
    check_languages,
    check_limit,
    check_text,
)
from mojodex.domains.purchases.service.announcing import announce_tasks
from mojodex.domains.purchases.store import products as product_store
from mojodex.domains.purchases.store import user_tasks as user_task_store
from mojodex.domains.purchases.views import (
    Category,
    CategoryDisplay,
    CategoryId,
    Product,
    ProductId,
    ProductTask,
)
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Reading, Tx


async def add_category(
    tx: Tx,
    caller: Caller,
    *,
    label: str,
    emoji: str,
    implicit_goal: str,
    displays: Mapping[str, CategoryDisplay],
    is_visible: bool = False,
) -> Category:
    """Raises `GrantMissing`, `InvalidProduct`, `LabelTaken`."""
    require_administrator(caller)
    check_languages("displayed_data", displays)
    values = {
        "label": check_text("label", label),
        "emoji": check_text("emoji", emoji),
        "implicit_goal": check_text("implicit_goal", implicit_goal, max_length=MAX_GOAL_LENGTH),
        "visible": is_visible,
    }
    texts = {
        language: CategoryDisplay(
            name=check_text("displayed_data.name_for_user", display.name),
            description=check_text(
                "displayed_data.description_for_user", display.description, max_length=1_000
            ),
        )
        for language, display in displays.items()
    }
    category_id = await product_store.insert_category(tx, values, texts)
    if category_id is None:
        raise LabelTaken(kind_of_row="category", label=label)
    await record_audit(
        tx, caller, act="category.add", subject_kind="category", subject_id=category_id
    )
    return (await product_store.find_categories(tx, category_id=category_id))[0]


async def add_product(
    tx: Tx,
    caller: Caller,
    *,
    label: str,
    category_id: CategoryId,
    names: Mapping[str, str],
    is_free: bool,
    n_days_validity: int | None = None,
    n_tasks_limit: int | None = None,
    product_stripe_id: str | None = None,
    product_apple_id: str | None = None,
) -> Product:
    """Raises `GrantMissing`, `InvalidProduct`, `CategoryNotFound`, `LabelTaken`."""
    require_administrator(caller)
    check_languages("displayed_data", names)
    check_limit("n_days_validity", n_days_validity, MAX_DAYS)
    check_limit("n_tasks_limit", n_tasks_limit, MAX_TASKS)
    if not await product_store.find_categories(tx, category_id=category_id):
        raise CategoryNotFound()
    values = {
        "label": check_text("label", label),
        "product_category_fk": category_id,
        "free": is_free,
        "n_days_validity": n_days_validity,
        "n_tasks_limit": n_tasks_limit,
        "product_stripe_id": _check_shop_id("product_stripe_id", product_stripe_id),
        "product_apple_id": _check_shop_id("product_apple_id", product_apple_id),
    }
    texts = {code: check_text("displayed_data.name", name) for code, name in names.items()}
    product_id = await product_store.insert_product(tx, values, texts)
    if product_id is None:
        raise LabelTaken(kind_of_row="product", label=label)
    await record_audit(tx, caller, act="product.add", subject_kind="product", subject_id=product_id)
    return await get_product(tx, product_id=product_id)


def _check_shop_id(field: str, value: str | None) -> str | None:
    return None if value is None else check_text(field, value)


async def get_product(tx: Reading, *, product_id: ProductId) -> Product:
    """Raises `ProductNotFound`."""
    products = await product_store.find_products(tx, product_ids=[product_id])
    if not products:
        raise ProductNotFound()
    return products[0]


async def list_products(tx: Tx, caller: Caller, *, window: Window) -> Page[Product]:
    """All products by id, for administrators. Raises `GrantMissing`, `InvalidCursor`."""
    require_administrator(caller)
    after = None if window.cursor is None else int(decode_cursor(window.cursor, int)[0])
    products = await product_store.find_products(
        tx, after=after, offset=window.offset or 0, limit=window.limit + 1
    )
    return cut_page(products, window.limit, lambda product: encode_cursor(product.product_id))


async def associate_task(
    tx: Tx, caller: Caller, *, product_id: ProductId, task_id: TaskId
) -> ProductTask:
    """Give a product one more task; whoever holds it actively gets the task at once.

    The product stays locked until the transaction ends, so that nobody who gets it meanwhile is
    left out. Raises `GrantMissing`, `ProductNotFound`, `TaskNotFound`, `TaskAlreadyAssociated`.
    """
    require_administrator(caller)
    if not await product_store.lock_product(tx, product_id):
        raise ProductNotFound()
    await get_task(tx, task_id=task_id)
    product_task_id = await product_store.insert_product_task(tx, product_id, task_id)
    if product_task_id is None:
        raise TaskAlreadyAssociated()
    holders = await user_task_store.enable_holders(tx, product_id, task_id)
    await announce_tasks(tx, user_ids=holders)
    await record_audit(
        tx,
        caller,
        act=f"product.associate.{task_id}",
        subject_kind="product",
        subject_id=product_id,
    )
    return ProductTask(
        product_task_id=product_task_id,
        product_id=product_id,
        task_id=task_id,
        n_enabled=len(holders),
    )
