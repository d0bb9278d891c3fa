"""A small shop for the tests of purchases."""

from dataclasses import dataclass
from typing import Any

import pytest

from mojodex.domains.catalog import Task, TaskId, add_task, decode_definition
from mojodex.domains.identity import Caller, CallerKind, User, UserId, create_user, secret_caller
from mojodex.domains.purchases import (
    Category,
    CategoryDisplay,
    Product,
    Purchase,
    UserTask,
    add_category,
    add_product,
    associate_task,
    find_user_task,
    grant_product,
    list_user_tasks,
)
from mojodex.kit.pagination import Window
from mojodex.platform.db import Database, Tx
from tests.domains.catalog.definitions import make_definition, make_display

BACKOFFICE = secret_caller("backoffice")


@dataclass(frozen=True)
class Shop:
    """Two people, one category, and hands to fill the shelves."""

    db: Database
    ada: User
    bob: User
    category: Category

    async def task(self, tx: Tx, name: str, **changes: Any) -> Task:
        definition = make_definition(
            name_for_system=name,
            task_displayed_data=[
                make_display("en", name_for_user=f"{name} en"),
                make_display("fr", name_for_user=f"{name} fr"),
            ],
            **changes,
        )
        return await add_task(tx, BACKOFFICE, definition=decode_definition(definition))

    async def product(self, tx: Tx, label: str, *tasks: Task, **changes: Any) -> Product:
        product = await add_product(
            tx,
            BACKOFFICE,
            **{
                "label": label,
                "category_id": self.category.category_id,
                "names": {"en": f"{label} en", "fr": f"{label} fr"},
                "is_free": True,
                **changes,
            },
        )
        for task in tasks:
            await associate_task(
                tx, BACKOFFICE, product_id=product.product_id, task_id=task.task_id
            )
        return product

    async def grant(self, tx: Tx, user: User, product: Product, **changes: Any) -> Purchase:
        return await grant_product(
            tx, BACKOFFICE, user_id=user.user_id, product_id=product.product_id, **changes
        )


def person(user: User | UserId) -> Caller:
    user_id = user.user_id if isinstance(user, User) else user
    return Caller(kind=CallerKind.USER, user_id=user_id)


async def enabled(tx: Tx, user: User) -> set[TaskId]:
    page = await list_user_tasks(tx, person(user), window=Window())
    return {each.task_id for each in page.items if each.is_enabled}


async def own(tx: Tx, user: User, task: Task) -> UserTask:
    found = await find_user_task(tx, person(user), task_id=task.task_id)
    assert found is not None
    return found


async def open_shop(db: Database) -> Shop:
    ada = await create_user(db, BACKOFFICE, email="ada@example.com", name="Ada", password=None)
    bob = await create_user(db, BACKOFFICE, email="bob@example.com", name="Bob", password=None)
    async with db.begin() as tx:
        category = await add_category(
            tx,
            BACKOFFICE,
            label="office",
            emoji="🗂️",
            implicit_goal="Write less",
            displays={"en": CategoryDisplay(name="Office", description="Office work")},
            is_visible=True,
        )
    return Shop(db=db, ada=ada, bob=bob, category=category)


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


@pytest.fixture
async def busy_shop(committed_db: Database) -> Shop:
    return await open_shop(committed_db)
