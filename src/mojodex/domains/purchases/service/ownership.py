"""Purchases begin and end, and tasks come and go with them.

Whatever changes what a person owns holds that person's lock first, then shares the products
concerned, in order of their id: tasks are enabled and disabled in one transaction with the
purchase, and `associate_task`, which locks a product, never misses a holder.
"""

from uuid import UUID

from mojodex.domains.identity import Caller, UserId, choose_category, get_user, record_audit
from mojodex.domains.purchases.errors import CustomPurchaseIdRequired, PurchaseNotFound
from mojodex.domains.purchases.policy import require_administrator
from mojodex.domains.purchases.rules import check_text, is_exclusive
from mojodex.domains.purchases.service.announcing import announce_tasks
from mojodex.domains.purchases.service.products import get_product
from mojodex.domains.purchases.store import products as product_store
from mojodex.domains.purchases.store import purchases as purchase_store
from mojodex.domains.purchases.store import user_tasks as user_task_store
from mojodex.domains.purchases.views import Product, ProductId, Purchase, PurchaseId
from mojodex.platform.db import Tx, lock_xact


async def grant_product(
    tx: Tx,
    caller: Caller,
    *,
    user_id: UserId,
    product_id: ProductId,
    custom_purchase_id: str | None = None,
    never_expires: bool = False,
) -> Purchase:
    """Give a person a product, active at once; for administrators.

    A person without category or goal takes them from the product's category. Raises
    `GrantMissing`, `UserNotFound`, `ProductNotFound`, `CustomPurchaseIdRequired` (for a product
    that is not free).
    """
    require_administrator(caller)
    await get_user(tx, user_id=user_id)
    product = await get_product(tx, product_id=product_id)
    reference = None
    if custom_purchase_id is not None and custom_purchase_id.strip():
        reference = check_text("custom_purchase_id", custom_purchase_id)
    if reference is None and not product.is_free:
        raise CustomPurchaseIdRequired()
    purchase = await _begin(
        tx, user_id, product, custom_purchase_id=reference, never_expires=never_expires
    )
    await record_audit(
        tx, caller, act="purchase.grant", subject_kind="purchase", subject_id=purchase.purchase_id
    )
    return purchase


async def lock_owner(tx: Tx, *, user_id: UUID) -> None:
    """Let nobody else change what the person owns until the transaction ends."""
    await lock_xact(tx, "purchases.owner", user_id)


async def _begin(
    tx: Tx,
    user_id: UserId,
    product: Product,
    *,
    custom_purchase_id: str | None,
    never_expires: bool,
) -> Purchase:
    """Make and activate a purchase (the ancestor's rule, behaviour 2.2).

    A subscription or free trial ends the subscriptions and free trials that the person has;
    packages stack.
    """
    now = tx.clock.now()
    await lock_owner(tx, user_id=user_id)
    await product_store.share_products_of(tx, user_id, product_id=product.product_id)
    has_ended = is_exclusive(product) and await _end_exclusive(tx, user_id)
    purchase = await purchase_store.insert_purchase(
        tx,
        {
            "user_id": user_id,
            "product_fk": product.product_id,
            "creation_date": now,
            "completed_date": now,
            "active": True,
            "never_expires": never_expires,
            "custom_purchase_id": custom_purchase_id,
        },
    )
    has_lost = has_ended and await user_task_store.disable_unowned(tx, user_id)
    if await user_task_store.enable_product(tx, user_id, product.product_id) or has_lost:
        await announce_tasks(tx, user_ids=[user_id])
    if product.category_id is not None:
        category = (await product_store.find_categories(tx, category_id=product.category_id))[0]
        await choose_category(
            tx,
            user_id=user_id,
            product_category_id=category.category_id,
            goal=category.implicit_goal,
        )
    return purchase


async def _end_exclusive(tx: Tx, user_id: UserId) -> bool:
    """Whether a subscription or free trial ended."""
    held = await purchase_store.list_active(tx, user_id)
    ids = [purchase.product_id for purchase in held]
    exclusive = {
        product.product_id
        for product in await product_store.find_products(tx, product_ids=ids)
        if is_exclusive(product)
    }
    ending = [each.purchase_id for each in held if each.product_id in exclusive]
    await purchase_store.end_purchases(tx, ending, tx.clock.now())
    return bool(ending)


async def end_purchase(tx: Tx, caller: Caller, *, purchase_id: PurchaseId) -> Purchase:
    """Deactivate a purchase; for administrators. Without effect on one that has ended.

    Tasks that no other active purchase gives are disabled; they and their history stay. Raises
    `GrantMissing`, `PurchaseNotFound`.
    """
    require_administrator(caller)
    purchase = await purchase_store.find_purchase(tx, purchase_id)
    if purchase is None:
        raise PurchaseNotFound()
    await lock_owner(tx, user_id=purchase.user_id)
    await finish(tx, purchase=purchase)
    await record_audit(
        tx, caller, act="purchase.end", subject_kind="purchase", subject_id=purchase_id
    )
    return await purchase_store.find_purchase(tx, purchase_id) or purchase


async def finish(tx: Tx, *, purchase: Purchase) -> None:
    """End a purchase whose owner is locked already."""
    await product_store.share_products_of(tx, purchase.user_id, product_id=purchase.product_id)
    await purchase_store.end_purchases(tx, [purchase.purchase_id], tx.clock.now())
    if await user_task_store.disable_unowned(tx, purchase.user_id):
        await announce_tasks(tx, user_ids=[purchase.user_id])


async def ensure_purchase(tx: Tx, *, user_id: UserId, product_id: ProductId) -> Purchase:
    """Give a person a product for ever, unless they have or had it. For accounts of our own."""
    await lock_owner(tx, user_id=user_id)
    known = await purchase_store.find_any(tx, user_id, product_id)
    if known is not None:
        return known
    product = await get_product(tx, product_id=product_id)
    return await _begin(tx, user_id, product, custom_purchase_id=None, never_expires=True)
