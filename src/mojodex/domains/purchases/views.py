"""What leaves purchases: products, what people own, which tasks they may run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from mojodex.domains.catalog import Task, TaskId
from mojodex.domains.identity import UserId

CategoryId = NewType("CategoryId", int)
ProductId = NewType("ProductId", int)
ProductTaskId = NewType("ProductTaskId", int)
PurchaseId = NewType("PurchaseId", int)
UserTaskId = NewType("UserTaskId", int)


@dataclass(frozen=True, kw_only=True)
class CategoryDisplay:
    """A category in one language."""

    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Category:
    """A family of products, chosen at onboarding; its implicit goal becomes the person's first."""

    category_id: CategoryId
    label: str
    emoji: str
    implicit_goal: str
    is_visible: bool
    displays: Mapping[str, CategoryDisplay]


@dataclass(frozen=True, kw_only=True)
class Product:
    """What can be bought or given. None as a limit means no limit."""

    product_id: ProductId
    label: str
    category_id: CategoryId | None
    is_free: bool
    is_active: bool
    n_days_validity: int | None
    n_tasks_limit: int | None
    product_stripe_id: str | None
    product_apple_id: str | None
    names: Mapping[str, str]
    task_ids: tuple[TaskId, ...]


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """A product in a person's hands. `never_expires` overrides the product's days."""

    purchase_id: PurchaseId
    user_id: UserId
    product_id: ProductId
    is_active: bool
    never_expires: bool
    n_tasks_reserved: int
    n_tasks_consumed: int
    custom_purchase_id: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class UserTask:
    """A task that a person has, had (`is_enabled` false), or is shown to tease
    (`user_task_id` None when they never had it)."""

    user_task_id: UserTaskId | None
    user_id: UserId
    task_id: TaskId
    is_enabled: bool


@dataclass(frozen=True, kw_only=True)
class ListedTask(UserTask):
    """A task of a person as lists show it."""

    task: Task


@dataclass(frozen=True, kw_only=True)
class ProductTask:
    """A task that comes with a product. `n_enabled` holders of it got the task at once."""

    product_task_id: ProductTaskId
    product_id: ProductId
    task_id: TaskId
    n_enabled: int


@dataclass(frozen=True, kw_only=True)
class OwnedPurchase:
    """An active or expired purchase as its owner reads it; `task_names` in their language.

    `remaining_days` counts today as one, is negative once over, and None without a day limit.
    """

    purchase_id: PurchaseId
    product_name: str
    task_names: tuple[str, ...]
    remaining_days: int | None
    n_days_validity: int | None
    n_tasks_limit: int | None
    n_tasks_consumed: int
    is_free: bool


@dataclass(frozen=True, kw_only=True)
class PurchasableProduct:
    """A product that the person could buy. `price` is None until a shop is connected."""

    product_id: ProductId
    name: str
    task_names: tuple[str, ...]
    n_days_validity: int | None
    n_tasks_limit: int | None
    product_stripe_id: str | None
    product_apple_id: str | None
    price: str | None
