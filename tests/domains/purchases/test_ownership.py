"""Products, who holds them, and the tasks that come and go with them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from mojodex.domains.catalog import TaskId, TaskNotFound
from mojodex.domains.identity import (
    Caller,
    CallerKind,
    GrantMissing,
    UserId,
    UserNotFound,
    ensure_demo_account,
    get_user,
    secret_caller,
    set_goal,
)
from mojodex.domains.purchases import (
    CategoryDisplay,
    CategoryId,
    CategoryNotFound,
    CustomPurchaseIdRequired,
    InvalidProduct,
    LabelTaken,
    ProductId,
    ProductNotFound,
    PurchaseId,
    PurchaseNotFound,
    TaskAlreadyAssociated,
    add_category,
    add_product,
    associate_task,
    current_purchases,
    end_purchase,
    ensure_demo_purchase,
    ensure_examples,
    find_user_task,
    grant_product,
    list_products,
)
from mojodex.domains.purchases.models import MdPurchase, MdUserTask
from mojodex.kit.clock import FrozenClock
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Window
from mojodex.platform.db import Database, Tx
from mojodex.platform.realtime import user_room
from tests.domains.counting import statements
from tests.domains.purchases.conftest import BACKOFFICE, Shop, enabled, own, person


async def test_a_grant_enables_the_tasks_and_tells_the_goal(shop: Shop, clock: FrozenClock) -> None:
    async with shop.db.begin() as tx:
        letter, memo = await shop.task(tx, "letter"), await shop.task(tx, "memo")
        await shop.task(tx, "other")
        product = await shop.product(tx, "desk", letter, memo)
        purchase = await shop.grant(tx, shop.ada, product)
        assert (purchase.is_active, purchase.created_at) == (True, clock.now())
        assert await enabled(tx, shop.ada) == {letter.task_id, memo.task_id}
        assert await enabled(tx, shop.bob) == set()
        ada = await get_user(tx, user_id=shop.ada.user_id)
        assert ada.goal == "Write less"
        assert ada.product_category_id == shop.category.category_id


async def told(tx: Tx, shop: Shop) -> list[str]:
    """Who was told so far that their tasks changed."""
    names = {user_room(shop.ada.user_id): "ada", user_room(shop.bob.user_id): "bob"}
    rooms = await tx.scalars(text("SELECT room FROM md_delivery WHERE kind = 'tasks.changed'"))
    return sorted(names[room] for room in rooms)


async def test_people_are_told_of_tasks_that_come_and_go(shop: Shop) -> None:
    package = {"is_free": False, "n_tasks_limit": 5}
    async with shop.db.begin() as tx:
        letter, memo = await shop.task(tx, "letter"), await shop.task(tx, "memo")
        desk = await shop.product(tx, "desk", letter, **package)
        assert await told(tx, shop) == []
        first = await shop.grant(tx, shop.ada, desk, custom_purchase_id="1")
        await shop.grant(tx, shop.bob, desk, custom_purchase_id="2")
        assert await told(tx, shop) == ["ada", "bob"]
        # A second one gives nothing new, and its end takes nothing.
        also = await shop.product(tx, "also", letter, **package)
        again = await shop.grant(tx, shop.ada, also, custom_purchase_id="3")
        await end_purchase(tx, BACKOFFICE, purchase_id=again.purchase_id)
        assert await told(tx, shop) == ["ada", "bob"]
        await associate_task(tx, BACKOFFICE, product_id=desk.product_id, task_id=memo.task_id)
        assert await told(tx, shop) == ["ada", "ada", "bob", "bob"]
        await end_purchase(tx, BACKOFFICE, purchase_id=first.purchase_id)
        await end_purchase(tx, BACKOFFICE, purchase_id=first.purchase_id)
        assert await told(tx, shop) == ["ada", "ada", "ada", "bob", "bob"]


async def test_a_grant_keeps_the_goal_that_a_person_has(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        await set_goal(tx, person(shop.ada), goal="mine")
        await shop.grant(tx, shop.ada, await shop.product(tx, "desk"))
        assert (await get_user(tx, user_id=shop.ada.user_id)).goal == "mine"


async def test_subscriptions_and_trials_replace_each_other_packages_stack(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        tasks = [await shop.task(tx, f"task_{number}") for number in range(4)]
        trial = await shop.product(tx, "trial", tasks[0], n_days_validity=7)
        role = await shop.product(tx, "role", tasks[1])
        package = await shop.product(tx, "package", tasks[2], is_free=False, n_tasks_limit=5)
        plan = await shop.product(tx, "plan", tasks[3], is_free=False)
        await shop.grant(tx, shop.ada, trial)
        await shop.grant(tx, shop.ada, package, custom_purchase_id="invoice 1")
        assert await enabled(tx, shop.ada) == {tasks[0].task_id, tasks[2].task_id}
        await shop.grant(tx, shop.ada, role)
        assert await enabled(tx, shop.ada) == {tasks[1].task_id, tasks[2].task_id}
        await shop.grant(tx, shop.ada, package, custom_purchase_id="invoice 2")
        await shop.grant(tx, shop.ada, plan, custom_purchase_id="invoice 3")
        assert await enabled(tx, shop.ada) == {tasks[2].task_id, tasks[3].task_id}
        owned = await current_purchases(tx, person(shop.ada))
        assert [each.product_name for each in owned] == ["plan en", "package en", "package en"]
        assert (await own(tx, shop.ada, tasks[0])).is_enabled is False


async def test_a_package_leaves_tasks_that_came_otherwise(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        by_hand, packed = await shop.task(tx, "by_hand"), await shop.task(tx, "packed")
        tx.add(MdUserTask(user_id=shop.ada.user_id, task_fk=by_hand.task_id))
        package = await shop.product(tx, "package", packed, is_free=False, n_tasks_limit=5)
        await shop.grant(tx, shop.ada, package, custom_purchase_id="invoice")
        assert await enabled(tx, shop.ada) == {by_hand.task_id, packed.task_id}


async def test_an_ended_purchase_takes_what_no_other_gives(shop: Shop, clock: FrozenClock) -> None:
    async with shop.db.begin() as tx:
        both, only = await shop.task(tx, "both"), await shop.task(tx, "only")
        first = await shop.product(tx, "first", both, only, is_free=False, n_tasks_limit=5)
        second = await shop.product(tx, "second", both, is_free=False, n_tasks_limit=5)
        purchase = await shop.grant(tx, shop.ada, first, custom_purchase_id="1")
        await shop.grant(tx, shop.ada, second, custom_purchase_id="2")
        await shop.grant(tx, shop.bob, first, custom_purchase_id="3")
        ended = await end_purchase(tx, BACKOFFICE, purchase_id=purchase.purchase_id)
        assert (ended.is_active, ended.ended_at) == (False, clock.now())
        assert await enabled(tx, shop.ada) == {both.task_id}
        assert await enabled(tx, shop.bob) == {both.task_id, only.task_id}
        clock.advance(timedelta(days=1))
        assert await end_purchase(tx, BACKOFFICE, purchase_id=purchase.purchase_id) == ended
        with pytest.raises(PurchaseNotFound):
            await end_purchase(tx, BACKOFFICE, purchase_id=PurchaseId(10**15))
        kept = await own(tx, shop.ada, only)
        await shop.grant(tx, shop.ada, first, custom_purchase_id="4")
        again = await own(tx, shop.ada, only)
        assert (again.user_task_id, again.is_enabled) == (kept.user_task_id, True)


async def test_an_associated_task_reaches_its_holders_at_once(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        letter, memo = await shop.task(tx, "letter"), await shop.task(tx, "memo")
        product = await shop.product(tx, "desk", letter)
        await shop.grant(tx, shop.ada, product)
        association = await associate_task(
            tx, BACKOFFICE, product_id=product.product_id, task_id=memo.task_id
        )
        assert association.n_enabled == 1
        assert await enabled(tx, shop.ada) == {letter.task_id, memo.task_id}
        assert await enabled(tx, shop.bob) == set()
        with pytest.raises(TaskAlreadyAssociated):
            await associate_task(
                tx, BACKOFFICE, product_id=product.product_id, task_id=memo.task_id
            )
        with pytest.raises(ProductNotFound):
            await associate_task(tx, BACKOFFICE, product_id=ProductId(10**15), task_id=memo.task_id)
        with pytest.raises(TaskNotFound):
            await associate_task(
                tx, BACKOFFICE, product_id=product.product_id, task_id=TaskId(10**15)
            )


async def test_what_is_not_free_needs_a_reference(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        product = await shop.product(tx, "plan", is_free=False)
        for reference in (None, "", "  "):
            with pytest.raises(CustomPurchaseIdRequired):
                await shop.grant(tx, shop.ada, product, custom_purchase_id=reference)
        purchase = await shop.grant(tx, shop.ada, product, custom_purchase_id=" invoice 7 ")
        assert purchase.custom_purchase_id == "invoice 7"
        with pytest.raises(InvalidProduct):
            await shop.grant(tx, shop.ada, product, custom_purchase_id="x" * 256)


async def test_a_grant_needs_a_person_and_a_product(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        product = await shop.product(tx, "desk")
        with pytest.raises(UserNotFound):
            await grant_product(
                tx, BACKOFFICE, user_id=UserId(new_id()), product_id=product.product_id
            )
        with pytest.raises(ProductNotFound):
            await grant_product(
                tx, BACKOFFICE, user_id=shop.ada.user_id, product_id=ProductId(10**15)
            )


async def test_only_administrators_keep_the_shop(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        product = await shop.product(tx, "desk")
        doors: list[Callable[[Caller], Awaitable[object]]] = [
            lambda who: add_category(tx, who, label="x", emoji="x", implicit_goal="x", displays={}),
            lambda who: add_product(
                tx, who, label="x", category_id=CategoryId(1), names={}, is_free=True
            ),
            lambda who: list_products(tx, who, window=Window()),
            lambda who: associate_task(
                tx, who, product_id=product.product_id, task_id=task.task_id
            ),
            lambda who: grant_product(
                tx, who, user_id=shop.ada.user_id, product_id=product.product_id
            ),
            lambda who: end_purchase(tx, who, purchase_id=PurchaseId(1)),
        ]
        strangers = [person(shop.ada), secret_caller("scheduler"), Caller(kind=CallerKind.JOB)]
        for door in doors:
            for stranger in strangers:
                with pytest.raises(GrantMissing):
                    await door(stranger)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 256}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"names": {}}, "displayed_data"),
        ({"names": {"english": "x"}}, "displayed_data"),
        ({"names": dict.fromkeys([f"a{chr(97 + n)}" for n in range(21)], "x")}, "displayed_data"),
        ({"names": {"en": ""}}, "displayed_data.name"),
        ({"n_days_validity": 0}, "n_days_validity"),
        ({"n_days_validity": 10**9}, "n_days_validity"),
        ({"n_tasks_limit": -1}, "n_tasks_limit"),
        ({"product_stripe_id": ""}, "product_stripe_id"),
    ],
)
async def test_a_product_is_checked(shop: Shop, changes: dict[str, Any], field: str) -> None:
    async with shop.db.begin() as tx:
        with pytest.raises(InvalidProduct) as caught:
            await shop.product(tx, changes.pop("label", "desk"), **changes)
        assert caught.value.data["field"] == field


async def test_labels_and_shop_ids_are_taken_once(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        await shop.product(tx, "desk", product_stripe_id="price_1")
        for label, stripe_id in (("desk", None), ("other", "price_1")):
            with pytest.raises(LabelTaken):
                await shop.product(tx, label, product_stripe_id=stripe_id)
        with pytest.raises(LabelTaken):
            await add_category(
                tx,
                BACKOFFICE,
                label="office",
                emoji="x",
                implicit_goal="x",
                displays={"en": CategoryDisplay(name="x", description="x")},
            )
        with pytest.raises(CategoryNotFound):
            await shop.product(tx, "lost", category_id=CategoryId(10**15))


async def test_a_list_of_products_asks_three_times(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        products = [await shop.product(tx, f"product {number}", task) for number in range(4)]
        with statements() as seen:
            page = await list_products(tx, BACKOFFICE, window=Window(limit=3))
        assert len(seen) == 3
        assert [each.label for each in page.items] == [each.label for each in products[:3]]
        assert page.items[0].task_ids == (task.task_id,)
        rest = await list_products(tx, BACKOFFICE, window=Window(cursor=page.next_cursor))
        assert [each.label for each in rest.items] == ["product 3"]


async def test_grants_at_once_leave_one_subscription(busy_shop: Shop) -> None:
    shop = busy_shop
    async with shop.db.begin() as tx:
        products = [
            await shop.product(tx, f"plan {number}", await shop.task(tx, f"task_{number}"))
            for number in range(4)
        ]

    async def attempt(number: int) -> None:
        async with shop.db.begin() as tx:
            await shop.grant(tx, shop.ada, products[number])

    await asyncio.gather(*(attempt(number % 4) for number in range(8)))
    async with shop.db.begin() as tx:
        active = list(await tx.scalars(select(MdPurchase.product_fk).where(MdPurchase.active)))
        assert len(active) == 1
        assert await tx.scalar(select(func.count()).select_from(MdPurchase)) == 8
        holding = await list_products(tx, BACKOFFICE, window=Window())
        task_ids = {each.product_id: each.task_ids for each in holding.items}
        assert await enabled(tx, shop.ada) == set(task_ids[ProductId(active[0])])


async def test_tasks_associated_during_grants_reach_everybody(busy_shop: Shop) -> None:
    shop = busy_shop
    async with shop.db.begin() as tx:
        tasks = [await shop.task(tx, f"task_{number}") for number in range(6)]
        products = [
            await shop.product(tx, f"pack {number}", is_free=False, n_tasks_limit=9)
            for number in range(2)
        ]

    async def associate(number: int) -> None:
        async with shop.db.begin() as tx:
            await associate_task(
                tx,
                BACKOFFICE,
                product_id=products[number % 2].product_id,
                task_id=tasks[number].task_id,
            )

    async def grant(number: int) -> PurchaseId:
        user = (shop.ada, shop.bob)[number // 2]
        async with shop.db.begin() as tx:
            purchase = await shop.grant(tx, user, products[number % 2], custom_purchase_id="x")
            return purchase.purchase_id

    await asyncio.gather(
        *(action(number) for number in range(4) for action in (associate, grant)),
    )
    async with shop.db.begin() as tx:
        everything = {task.task_id for task in tasks[:4]}
        assert await enabled(tx, shop.ada) == everything
        assert await enabled(tx, shop.bob) == everything
        purchases = list(await tx.scalars(select(MdPurchase.purchase_pk)))

    async def end(purchase_id: int) -> None:
        async with shop.db.begin() as tx:
            await end_purchase(tx, BACKOFFICE, purchase_id=PurchaseId(purchase_id))

    await asyncio.gather(*(end(each) for each in purchases), associate(4), associate(5))
    async with shop.db.begin() as tx:
        assert await enabled(tx, shop.ada) == set()
        assert await enabled(tx, shop.bob) == set()


async def test_the_demo_owns_the_examples_for_ever(
    committed_db: Database, clock: FrozenClock
) -> None:
    db = committed_db
    demo_id = await ensure_demo_account(db, is_embedded=True, is_demo_allowed=False)
    assert demo_id is not None

    async def ensure() -> PurchaseId:
        async with db.begin() as tx:
            return (await ensure_demo_purchase(tx, user_id=demo_id)).purchase_id

    assert len(set(await asyncio.gather(ensure(), ensure(), ensure()))) == 1
    clock.advance(timedelta(days=5_000))
    async with db.begin() as tx:
        demo = await get_user(tx, user_id=demo_id)
        assert await enabled(tx, demo) == {1, 2, 3, 4, 5, 6}
        (owned,) = await current_purchases(tx, person(demo))
        assert owned.product_name == "Professional digital assistant"
        assert (owned.remaining_days, owned.n_days_validity, owned.is_free) == (None, None, True)
        assert len(owned.task_names) == 6
        assert demo.goal is not None
        (product,) = (await list_products(tx, BACKOFFICE, window=Window())).items
        assert product.n_days_validity == 999


async def test_the_examples_respect_what_an_administrator_did(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        product_id = await ensure_examples(tx)
        purchase = await ensure_demo_purchase(tx, user_id=shop.ada.user_id)
        await end_purchase(tx, BACKOFFICE, purchase_id=purchase.purchase_id)
        await tx.execute(update(MdUserTask).values(enabled=False))
        again = await ensure_demo_purchase(tx, user_id=shop.ada.user_id)
        assert (again.purchase_id, again.is_active) == (purchase.purchase_id, False)
        assert await ensure_examples(tx) == product_id
        assert await enabled(tx, shop.ada) == set()


async def _nothing(tx: Tx, shop: Shop) -> None:
    assert await find_user_task(tx, person(shop.ada), task_id=TaskId(1)) is None


async def test_nobody_has_a_task_by_default(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        await _nothing(tx, shop)
