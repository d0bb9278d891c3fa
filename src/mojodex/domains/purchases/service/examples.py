"""What a fresh installation has to offer."""

from mojodex.domains import catalog
from mojodex.domains.identity import UserId
from mojodex.domains.purchases.service.ownership import ensure_purchase
from mojodex.domains.purchases.store import products as product_store
from mojodex.domains.purchases.views import CategoryDisplay, CategoryId, ProductId, Purchase
from mojodex.platform.db import Tx, lock_xact

CATEGORY = "demo"
PRODUCT = "professional_digital_assistant"
DAYS = 999

_CATEGORY_VALUES = {
    "label": CATEGORY,
    "emoji": "🧭",
    "implicit_goal": "Spend less time on writing and follow through on what was agreed.",
    "visible": True,
}
_CATEGORY_DISPLAYS = {
    "en": CategoryDisplay(
        name="Discovery", description="Try the assistant on everyday office work."
    ),
    "fr": CategoryDisplay(
        name="Découverte", description="Essayez l'assistant sur le travail de bureau quotidien."
    ),
}
_PRODUCT_NAMES = {
    "en": "Professional digital assistant",
    "fr": "Assistant numérique professionnel",
}


async def ensure_examples(tx: Tx) -> ProductId:
    """Add the example tasks, category and product where they are missing, by name and label.

    The product gets the six tasks when it is made, and is never touched again. Returns its id.
    """
    await lock_xact(tx, "purchases.ensure_examples")
    task_ids = await catalog.ensure_examples(tx)
    known = await product_store.find_products(tx, label=PRODUCT)
    if known:
        return known[0].product_id
    product_id = await product_store.insert_product(
        tx,
        {
            "label": PRODUCT,
            "product_category_fk": await _ensure_category(tx),
            "free": True,
            "n_days_validity": DAYS,
        },
        _PRODUCT_NAMES,
    )
    if product_id is None:
        raise LookupError("the example product was made by somebody else meanwhile")
    for task_id in task_ids:
        await product_store.insert_product_task(tx, product_id, task_id)
    return product_id


async def _ensure_category(tx: Tx) -> CategoryId:
    known = await product_store.find_categories(tx, label=CATEGORY)
    if known:
        return known[0].category_id
    category_id = await product_store.insert_category(tx, _CATEGORY_VALUES, _CATEGORY_DISPLAYS)
    if category_id is None:
        raise LookupError("the example category was made by somebody else meanwhile")
    return category_id


async def ensure_demo_purchase(tx: Tx, *, user_id: UserId) -> Purchase:
    """Give the demo account the example product for ever, unless it has or had it."""
    product_id = await ensure_examples(tx)
    return await ensure_purchase(tx, user_id=user_id, product_id=product_id)
