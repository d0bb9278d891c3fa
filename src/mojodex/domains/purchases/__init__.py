"""Which tasks a person may run, and how often: categories, products, purchases, user tasks.

A *profile* is a free product without limits and a *role* a purchase of one; the rows are the same.
"""

from mojodex.domains.purchases.errors import (
    CategoryNotFound,
    CustomPurchaseIdRequired,
    InvalidProduct,
    LabelTaken,
    NoPurchase,
    ProductNotFound,
    PurchaseNotFound,
    TaskAlreadyAssociated,
    UserTaskNotFound,
)
from mojodex.domains.purchases.policy import access_user_task
from mojodex.domains.purchases.service.examples import ensure_demo_purchase, ensure_examples
from mojodex.domains.purchases.service.ownership import end_purchase, grant_product
from mojodex.domains.purchases.service.products import (
    add_category,
    add_product,
    associate_task,
    list_products,
)
from mojodex.domains.purchases.service.reading import (
    current_purchases,
    find_user_task,
    get_user_tasks,
    last_expired_purchases,
    list_user_tasks,
    purchasable_products,
)
from mojodex.domains.purchases.service.runs import (
    consume_run,
    release_run,
    require_purchase,
    reserve_run,
)
from mojodex.domains.purchases.views import (
    Category,
    CategoryDisplay,
    CategoryId,
    ListedTask,
    OwnedPurchase,
    Product,
    ProductId,
    ProductTask,
    ProductTaskId,
    PurchasableProduct,
    Purchase,
    PurchaseId,
    UserTask,
    UserTaskId,
)

__all__ = [
    "Category",
    "CategoryDisplay",
    "CategoryId",
    "CategoryNotFound",
    "CustomPurchaseIdRequired",
    "InvalidProduct",
    "LabelTaken",
    "ListedTask",
    "NoPurchase",
    "OwnedPurchase",
    "Product",
    "ProductId",
    "ProductNotFound",
    "ProductTask",
    "ProductTaskId",
    "PurchasableProduct",
    "Purchase",
    "PurchaseId",
    "PurchaseNotFound",
    "TaskAlreadyAssociated",
    "UserTask",
    "UserTaskId",
    "UserTaskNotFound",
    "access_user_task",
    "add_category",
    "add_product",
    "associate_task",
    "consume_run",
    "current_purchases",
    "end_purchase",
    "ensure_demo_purchase",
    "ensure_examples",
    "find_user_task",
    "get_user_tasks",
    "grant_product",
    "last_expired_purchases",
    "list_products",
    "list_user_tasks",
    "purchasable_products",
    "release_run",
    "require_purchase",
    "reserve_run",
]
