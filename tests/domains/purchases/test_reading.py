"""Lists of tasks and purchases as their owner reads them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from mojodex.domains.catalog import PlatformUnknown
from mojodex.domains.identity import NotLoggedIn, set_language
from mojodex.domains.purchases import (
    UserTaskId,
    UserTaskNotFound,
    access_user_task,
    current_purchases,
    end_purchase,
    get_user_tasks,
    last_expired_purchases,
    list_user_tasks,
    purchasable_products,
)
from mojodex.domains.purchases.models import MdProduct
from mojodex.kit.clock import FrozenClock
from mojodex.kit.pagination import InvalidCursor, Window, encode_cursor
from tests.domains.counting import statements
from tests.domains.purchases.conftest import BACKOFFICE, Shop, own, person


async def test_own_tasks_come_first_then_those_that_tease(shop: Shop) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        teasing = await shop.task(tx, "teasing", visible_for_teasing=True)
        lost = await shop.task(tx, "lost", visible_for_teasing=True)
        await shop.task(tx, "hidden")
        web = await shop.task(tx, "web")
        phone = await shop.task(tx, "phone", platforms=["mobile"], visible_for_teasing=True)
        old = await shop.product(tx, "old", lost, is_free=False, n_tasks_limit=3)
        ended = await shop.grant(tx, shop.ada, old, custom_purchase_id="1")
        await shop.grant(tx, shop.ada, await shop.product(tx, "desk", web, phone))
        await end_purchase(tx, BACKOFFICE, purchase_id=ended.purchase_id)
        page = await list_user_tasks(tx, ada, window=Window())
        assert [(each.task_id, each.is_enabled) for each in page.items] == [
            (web.task_id, True),
            (phone.task_id, True),
            (teasing.task_id, False),
            (lost.task_id, False),
        ]
        assert page.items[2].user_task_id is None
        assert page.items[3].user_task_id == (await own(tx, shop.ada, lost)).user_task_id
        mobile = await list_user_tasks(tx, ada, window=Window(), platform="mobile")
        assert [each.task_id for each in mobile.items] == [phone.task_id]
        with pytest.raises(PlatformUnknown):
            await list_user_tasks(tx, ada, window=Window(), platform="desk")
        with pytest.raises(NotLoggedIn):
            await list_user_tasks(tx, BACKOFFICE, window=Window())


async def test_a_list_of_tasks_asks_once_and_comes_in_pages(shop: Shop) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        tasks = [await shop.task(tx, f"own_{number}") for number in range(3)]
        teasing = [
            await shop.task(tx, f"tease_{number}", visible_for_teasing=True) for number in range(2)
        ]
        await shop.grant(tx, shop.ada, await shop.product(tx, "desk", *tasks))
        expected = [task.task_id for task in [*tasks, *teasing]]
        read, cursor = [], None
        await list_user_tasks(tx, ada, window=Window())
        with statements() as seen:
            for _ in range(3):
                page = await list_user_tasks(tx, ada, window=Window(limit=2, cursor=cursor))
                read += [each.task_id for each in page.items]
                cursor = page.next_cursor
        assert (read, cursor, len(seen)) == (expected, None, 3)
        part = await list_user_tasks(tx, ada, window=Window(limit=2, offset=2))
        assert [each.task_id for each in part.items] == expected[2:4]
        with pytest.raises(InvalidCursor):
            await list_user_tasks(tx, ada, window=Window(cursor=encode_cursor(1)))


async def test_tasks_are_found_by_name_in_the_persons_language(shop: Shop) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        tasks = [await shop.task(tx, name) for name in ("letter", "memo", "note")]
        await shop.grant(tx, shop.ada, await shop.product(tx, "desk", *tasks))
        ada = replace(ada, language_code="fr-CA")
        found = await list_user_tasks(tx, ada, window=Window(), query=" MÉMO FR ")
        assert [each.task_id for each in found.items] == [tasks[1].task_id]
        assert (await list_user_tasks(tx, ada, window=Window(), query="memo en")).items == ()
        assert len((await list_user_tasks(tx, ada, window=Window(), query=" ")).items) == 3


async def test_a_user_task_is_its_owners(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        await shop.grant(tx, shop.ada, await shop.product(tx, "desk", task))
        user_task = await own(tx, shop.ada, task)
        assert user_task.user_task_id is not None
        user_task_id = user_task.user_task_id
        assert await access_user_task(tx, person(shop.ada), user_task_id=user_task_id) == user_task
        for caller, each in (
            (person(shop.bob), user_task_id),
            (person(shop.ada), UserTaskId(10**15)),
        ):
            with pytest.raises(UserTaskNotFound):
                await access_user_task(tx, caller, user_task_id=each)
        with pytest.raises(NotLoggedIn):
            await access_user_task(tx, BACKOFFICE, user_task_id=user_task_id)
        assert await get_user_tasks(tx, user_task_ids=[user_task_id]) == {user_task_id: user_task}
        assert await get_user_tasks(tx, user_task_ids=[]) == {}


async def test_current_purchases_are_described_in_the_persons_language(
    shop: Shop, clock: FrozenClock
) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        await set_language(tx, ada, language_code="fr")
        await shop.grant(tx, shop.ada, await shop.product(tx, "trial", task, n_days_validity=10))
        clock.advance(timedelta(days=3))
        package = await shop.product(tx, "pack", task, is_free=False, n_tasks_limit=4)
        await shop.grant(tx, shop.ada, package, custom_purchase_id="1")
        with statements() as seen:
            pack, trial = await current_purchases(tx, ada)
        assert len(seen) == 6
        assert (pack.product_name, pack.task_names) == ("pack fr", ("letter fr",))
        assert (pack.n_tasks_limit, pack.n_tasks_consumed, pack.remaining_days) == (4, 0, None)
        assert not pack.is_free
        assert (trial.remaining_days, trial.n_days_validity, trial.is_free) == (7, 10, True)
        assert await last_expired_purchases(tx, ada) == ()
        clock.advance(timedelta(days=8))
        assert [each.product_name for each in await current_purchases(tx, ada)] == ["pack fr"]
        (expired,) = await last_expired_purchases(tx, ada)
        assert (expired.product_name, expired.remaining_days) == ("trial fr", -1)


async def test_the_last_package_and_the_last_limited_in_time_are_told_once(
    shop: Shop, clock: FrozenClock
) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        products = [
            await shop.product(tx, "both", is_free=False, n_tasks_limit=4, n_days_validity=9),
            await shop.product(tx, "tasks", is_free=False, n_tasks_limit=4),
            await shop.product(tx, "plan", is_free=False),
        ]
        names = []
        for product in products:
            purchase = await shop.grant(tx, shop.ada, product, custom_purchase_id="1")
            clock.advance(timedelta(hours=1))
            await end_purchase(tx, BACKOFFICE, purchase_id=purchase.purchase_id)
            expired = await last_expired_purchases(tx, ada)
            names.append([each.product_name for each in expired])
        assert names == [["both en"], ["tasks en", "both en"], ["tasks en", "both en"]]
        assert await current_purchases(tx, ada) == ()


async def test_a_category_sells_what_is_not_free_and_active(shop: Shop) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        await shop.product(tx, "plan", task, is_free=False, product_stripe_id="price_1")
        gone = await shop.product(tx, "gone", task, is_free=False)
        await shop.product(tx, "pack", task, is_free=False, n_tasks_limit=3)
        trial = await shop.product(tx, "trial", task, n_days_validity=3)
        role = await shop.product(tx, "role", task)
        await tx.execute(
            update(MdProduct)
            .where(MdProduct.product_pk == gone.product_id)
            .values(status="inactive")
        )
        assert await purchasable_products(tx, ada) == ()
        await shop.grant(tx, shop.ada, trial)
        plan, pack = await purchasable_products(tx, ada)
        assert (plan.name, plan.product_stripe_id, plan.price) == ("plan en", "price_1", None)
        assert (pack.n_tasks_limit, pack.task_names) == (3, ("letter en",))
        await shop.grant(tx, shop.ada, role)
        assert [each.name for each in await purchasable_products(tx, ada)] == ["pack en"]
