"""The use cases of purchases."""

from collections.abc import Collection, Mapping

from mojodex.domains.catalog import TaskId
from mojodex.domains.identity import Caller, UserId
from mojodex.domains.purchases.views import (
    Category,
    CategoryDisplay,
    CategoryId,
    OwnedPurchase,
    Product,
    ProductId,
    ProductTask,
    PurchasableProduct,
    Purchase,
    PurchaseId,
    UserTask,
    UserTaskId,
)
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Tx


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
    raise NotImplementedError


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
    raise NotImplementedError


async def list_products(tx: Tx, caller: Caller, *, window: Window) -> Page[Product]:
    """All products by id, for administrators."""
    raise NotImplementedError


async def associate_task(
    tx: Tx, caller: Caller, *, product_id: ProductId, task_id: TaskId
) -> ProductTask:
    """Give a product one more task; whoever holds it gets the task at once."""
    raise NotImplementedError


async def grant_product(
    tx: Tx,
    caller: Caller,
    *,
    user_id: UserId,
    product_id: ProductId,
    custom_purchase_id: str | None = None,
    never_expires: bool = False,
) -> Purchase:
    """Give a person a product, active at once; for administrators."""
    raise NotImplementedError


async def end_purchase(tx: Tx, caller: Caller, *, purchase_id: PurchaseId) -> Purchase:
    """Deactivate a purchase; for administrators."""
    raise NotImplementedError


async def ensure_examples(tx: Tx) -> ProductId:
    """Add the example category and product, with the example tasks, where missing."""
    raise NotImplementedError


async def ensure_demo_purchase(tx: Tx, *, user_id: UserId) -> Purchase:
    """Give the demo account the example product for ever, where it lacks it."""
    raise NotImplementedError


async def list_user_tasks(
    tx: Tx,
    caller: Caller,
    *,
    window: Window,
    platform: str | None = None,
    query: str | None = None,
) -> Page[UserTask]:
    """What the caller may run, by task; then, not enabled, the tasks that tease."""
    raise NotImplementedError


async def access_user_task(tx: Tx, caller: Caller, *, user_task_id: UserTaskId) -> UserTask:
    """Raises `UserTaskNotFound` for a foreign or unknown one."""
    raise NotImplementedError


async def find_user_task(tx: Tx, caller: Caller, *, task_id: TaskId) -> UserTask | None:
    raise NotImplementedError


async def get_user_tasks(
    tx: Tx, *, user_task_ids: Collection[UserTaskId]
) -> dict[UserTaskId, UserTask]:
    raise NotImplementedError


async def require_purchase(tx: Tx, caller: Caller, *, user_task: UserTask) -> None:
    """Raises `NoPurchase` when a run of this task could not be reserved now; reserves nothing."""
    raise NotImplementedError


async def reserve_run(tx: Tx, caller: Caller, *, user_task: UserTask) -> PurchaseId:
    """Reserve one run in the oldest purchase with room. Raises `NoPurchase`."""
    raise NotImplementedError


async def consume_run(tx: Tx, *, purchase_id: PurchaseId) -> None:
    """Turn one reservation into a counted run; once per execution, at its first result."""
    raise NotImplementedError


async def release_run(tx: Tx, *, purchase_id: PurchaseId) -> None:
    """Give one reservation back, for an execution that will have no result."""
    raise NotImplementedError


async def current_purchases(tx: Tx, caller: Caller) -> tuple[OwnedPurchase, ...]:
    raise NotImplementedError


async def last_expired_purchases(tx: Tx, caller: Caller) -> tuple[OwnedPurchase, ...]:
    raise NotImplementedError


async def purchasable_products(tx: Tx, caller: Caller) -> tuple[PurchasableProduct, ...]:
    raise NotImplementedError
