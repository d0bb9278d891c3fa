"""Queries of categories, products and the tasks that come with them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    insert,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from mojodex.domains.catalog import TaskId
from mojodex.domains.purchases.models import (
    MdProduct,
    MdProductCategory,
    MdProductCategoryDisplayedData,
    MdProductDisplayedData,
    MdProductTask,
    MdPurchase,
)
from mojodex.domains.purchases.views import (
    Category,
    CategoryDisplay,
    CategoryId,
    Product,
    ProductId,
    ProductTaskId,
)
from mojodex.platform.db import Prepared, Reading, Tx, one_of_numbers

_FRESH = {"populate_existing": True}


async def find_categories(
    tx: Tx, *, category_id: int | None = None, label: str | None = None
) -> list[Category]:
    query = select(MdProductCategory).execution_options(**_FRESH)
    if category_id is not None:
        query = query.where(MdProductCategory.product_category_pk == category_id)
    if label is not None:
        query = query.where(MdProductCategory.label == label)
    rows = list(await tx.scalars(query.order_by(MdProductCategory.product_category_pk)))
    display = MdProductCategoryDisplayedData
    texts = await tx.scalars(
        select(display)
        .where(display.product_category_fk.in_([row.product_category_pk for row in rows]))
        .order_by(display.product_category_displayed_data_pk)
        .execution_options(**_FRESH)
    )
    displays: dict[int, dict[str, CategoryDisplay]] = defaultdict(dict)
    for text in texts:
        displays[text.product_category_fk][text.language_code] = CategoryDisplay(
            name=text.name_for_user, description=text.description_for_user
        )
    return [
        Category(
            category_id=CategoryId(row.product_category_pk),
            label=row.label,
            emoji=row.emoji,
            implicit_goal=row.implicit_goal,
            is_visible=row.visible,
            displays=displays[row.product_category_pk],
        )
        for row in rows
    ]


async def insert_category(
    tx: Tx, values: Mapping[str, Any], displays: Mapping[str, CategoryDisplay]
) -> CategoryId | None:
    """None when the label is taken."""
    category_id = await tx.scalar(
        upsert(MdProductCategory)
        .values(dict(values))
        .on_conflict_do_nothing(index_elements=["label"])
        .returning(MdProductCategory.product_category_pk)
    )
    if category_id is None:
        return None
    await tx.execute(
        insert(MdProductCategoryDisplayedData).values(
            [
                {
                    "product_category_fk": category_id,
                    "language_code": language,
                    "name_for_user": display.name,
                    "description_for_user": display.description,
                }
                for language, display in displays.items()
            ]
        )
    )
    return CategoryId(category_id)


class ProductParts(NamedTuple):
    """What `_read_product` reads of a row."""

    product_pk: int
    label: str
    product_category_fk: int | None
    free: bool
    status: str
    n_days_validity: int | None
    n_tasks_limit: int | None
    product_stripe_id: str | None
    product_apple_id: str | None


@cache
def _find_products(asked: frozenset[str]) -> Prepared:
    """By the names of the values that narrow the list."""
    conditions: dict[str, ColumnElement[bool]] = {
        "product_ids": MdProduct.product_pk == one_of_numbers("product_ids"),
        "label": MdProduct.label == bindparam("label"),
        "sold_in": and_(
            MdProduct.product_category_fk == bindparam("sold_in"),
            not_(MdProduct.free),
            MdProduct.status == "active",
        ),
        "after": MdProduct.product_pk > bindparam("after"),
    }
    return Prepared(
        select(*(getattr(MdProduct, name) for name in ProductParts._fields))
        .where(*(conditions[name] for name in sorted(asked)))
        .order_by(MdProduct.product_pk)
        .offset(bindparam("offset", type_=BigInteger()))
        .limit(bindparam("limit", type_=BigInteger()))
    )


async def find_products(
    tx: Reading,
    *,
    product_ids: Collection[int] | None = None,
    label: str | None = None,
    sold_in: int | None = None,
    after: int | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> list[Product]:
    """Products by id, in three statements however many. `sold_in`: what a category sells."""
    narrowed = {
        "product_ids": None if product_ids is None else list(product_ids),
        "label": label,
        "sold_in": sold_in,
        "after": after,
    }
    asked = frozenset(name for name, value in narrowed.items() if value is not None)
    rows = await tx.fetch(_find_products(asked), {**narrowed, "offset": offset, "limit": limit})
    found = [ProductParts(*row) for row in rows]
    names, tasks = await _find_product_parts(tx, [row.product_pk for row in found])
    return [_read_product(row, names[row.product_pk], tasks[row.product_pk]) for row in found]


_NAMES = Prepared(
    select(
        MdProductDisplayedData.product_fk,
        MdProductDisplayedData.language_code,
        MdProductDisplayedData.name,
    )
    .where(MdProductDisplayedData.product_fk == one_of_numbers("product_ids"))
    .order_by(MdProductDisplayedData.product_displayed_data_pk)
)
_TASKS = Prepared(
    select(MdProductTask.product_fk, MdProductTask.task_fk)
    .where(MdProductTask.product_fk == one_of_numbers("product_ids"))
    .order_by(MdProductTask.task_fk)
)


async def _find_product_parts(
    tx: Reading, product_ids: Sequence[int]
) -> tuple[dict[int, dict[str, str]], dict[int, tuple[TaskId, ...]]]:
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for product_id, language, name in await tx.fetch(_NAMES, {"product_ids": product_ids}):
        names[product_id][language] = name
    tasks: dict[int, tuple[TaskId, ...]] = defaultdict(tuple)
    for product_id, task_id in await tx.fetch(_TASKS, {"product_ids": product_ids}):
        tasks[product_id] += (TaskId(task_id),)
    return names, tasks


def _read_product(
    row: ProductParts, names: Mapping[str, str], task_ids: tuple[TaskId, ...]
) -> Product:
    category_id = row.product_category_fk
    return Product(
        product_id=ProductId(row.product_pk),
        label=row.label,
        category_id=None if category_id is None else CategoryId(category_id),
        is_free=row.free,
        is_active=row.status == "active",
        n_days_validity=row.n_days_validity,
        n_tasks_limit=row.n_tasks_limit,
        product_stripe_id=row.product_stripe_id,
        product_apple_id=row.product_apple_id,
        names=names,
        task_ids=task_ids,
    )


async def insert_product(
    tx: Tx, values: Mapping[str, Any], names: Mapping[str, str]
) -> ProductId | None:
    """None when the label or a shop id is taken."""
    product_id = await tx.scalar(
        upsert(MdProduct)
        .values(dict(values))
        .on_conflict_do_nothing()
        .returning(MdProduct.product_pk)
    )
    if product_id is None:
        return None
    await tx.execute(
        insert(MdProductDisplayedData).values(
            [
                {"product_fk": product_id, "language_code": language, "name": name}
                for language, name in names.items()
            ]
        )
    )
    return ProductId(product_id)


async def lock_product(tx: Tx, product_id: int) -> bool:
    """Let no purchase of the product start or end until the transaction ends. False: none such."""
    row = await tx.scalar(
        select(MdProduct.product_pk)
        .where(MdProduct.product_pk == product_id)
        .with_for_update(key_share=True)
    )
    return row is not None


_held = select(MdPurchase.product_fk).where(
    MdPurchase.user_id == bindparam("user_id"), MdPurchase.active
)
_SHARE = Prepared(
    select(MdProduct.product_pk)
    .where(or_(MdProduct.product_pk == bindparam("product_id"), MdProduct.product_pk.in_(_held)))
    .order_by(MdProduct.product_pk)
    .with_for_update(read=True)
)


async def share_products_of(tx: Tx, user_id: UUID, *, product_id: int) -> None:
    """Keep the tasks of this product, and of all that the person holds, until the end."""
    await tx.fetch(_SHARE, {"user_id": user_id, "product_id": product_id})


async def insert_product_task(tx: Tx, product_id: int, task_id: int) -> ProductTaskId | None:
    """None when the product gives the task already."""
    product_task_id = await tx.scalar(
        upsert(MdProductTask)
        .values(product_fk=product_id, task_fk=task_id)
        .on_conflict_do_nothing(index_elements=["product_fk", "task_fk"])
        .returning(MdProductTask.product_task_pk)
    )
    return None if product_task_id is None else ProductTaskId(product_task_id)
