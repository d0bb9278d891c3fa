"""Reserving, consuming and releasing runs."""

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from mojodex.domains.identity import NotLoggedIn
from mojodex.domains.purchases import (
    NoPurchase,
    PurchaseId,
    PurchaseNotFound,
    UserTask,
    UserTaskNotFound,
    consume_run,
    end_purchase,
    release_run,
    require_purchase,
    reserve_run,
)
from mojodex.domains.purchases.models import MdPurchase
from mojodex.domains.purchases.rules import is_over, remaining_days
from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Tx
from tests.domains.purchases.conftest import BACKOFFICE, Shop, enabled, own, person


async def counters(tx: Tx, purchase_id: PurchaseId) -> tuple[int, int, bool]:
    row = (
        await tx.execute(
            select(
                MdPurchase.n_tasks_reserved, MdPurchase.n_tasks_consumed, MdPurchase.active
            ).where(MdPurchase.purchase_pk == purchase_id)
        )
    ).one()
    return row[0], row[1], row[2]


async def test_a_run_is_reserved_then_consumed(shop: Shop) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        purchase = await shop.grant(tx, shop.ada, await shop.product(tx, "desk", task))
        user_task = await own(tx, shop.ada, task)
        await require_purchase(tx, ada, user_task=user_task)
        assert await counters(tx, purchase.purchase_id) == (0, 0, True)
        assert await reserve_run(tx, ada, user_task=user_task) == purchase.purchase_id
        assert await counters(tx, purchase.purchase_id) == (1, 0, True)
        await consume_run(tx, user_id=shop.ada.user_id, purchase_id=purchase.purchase_id)
        assert await counters(tx, purchase.purchase_id) == (0, 1, True)
        await reserve_run(tx, ada, user_task=user_task)
        await release_run(tx, purchase_id=purchase.purchase_id)
        await release_run(tx, purchase_id=purchase.purchase_id)
        assert await counters(tx, purchase.purchase_id) == (0, 1, True)


async def test_the_oldest_purchase_with_room_pays(shop: Shop, clock: FrozenClock) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        package = await shop.product(tx, "package", task, is_free=False, n_tasks_limit=1)
        bought = []
        for number in range(3):
            bought.append(await shop.grant(tx, shop.ada, package, custom_purchase_id=f"{number}"))
            clock.advance(timedelta(hours=1))
        user_task = await own(tx, shop.ada, task)
        paid = [await reserve_run(tx, ada, user_task=user_task) for _ in range(3)]
        assert paid == [each.purchase_id for each in bought]
        for attempt in (reserve_run, require_purchase):
            with pytest.raises(NoPurchase):
                await attempt(tx, ada, user_task=user_task)
        await release_run(tx, purchase_id=paid[1])
        assert await reserve_run(tx, ada, user_task=user_task) == paid[1]


async def test_a_used_up_package_ends_and_takes_its_tasks(shop: Shop, clock: FrozenClock) -> None:
    ada = person(shop.ada)
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        package = await shop.product(tx, "package", task, is_free=False, n_tasks_limit=2)
        purchase = await shop.grant(tx, shop.ada, package, custom_purchase_id="1")
        user_task = await own(tx, shop.ada, task)
        for _ in range(2):
            assert await enabled(tx, shop.ada) == {task.task_id}
            await reserve_run(tx, ada, user_task=user_task)
            await consume_run(tx, user_id=shop.ada.user_id, purchase_id=purchase.purchase_id)
        assert await counters(tx, purchase.purchase_id) == (0, 2, False)
        assert await enabled(tx, shop.ada) == set()
        assert (await own(tx, shop.ada, task)).user_task_id == user_task.user_task_id


async def test_a_run_counts_although_its_purchase_ended(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        purchase = await shop.grant(tx, shop.ada, await shop.product(tx, "desk", task))
        user_task = await own(tx, shop.ada, task)
        await reserve_run(tx, person(shop.ada), user_task=user_task)
        await end_purchase(tx, BACKOFFICE, purchase_id=purchase.purchase_id)
        await consume_run(tx, user_id=shop.ada.user_id, purchase_id=purchase.purchase_id)
        assert await counters(tx, purchase.purchase_id) == (0, 1, False)
        with pytest.raises(NoPurchase):
            await reserve_run(tx, person(shop.ada), user_task=user_task)


async def test_days_end_a_purchase_unless_it_never_expires(shop: Shop, clock: FrozenClock) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        trial = await shop.product(tx, "trial", task, n_days_validity=2)
        await shop.grant(tx, shop.ada, trial)
        await shop.grant(tx, shop.bob, trial, never_expires=True)
        ada, bob = await own(tx, shop.ada, task), await own(tx, shop.bob, task)
        clock.advance(timedelta(days=1, hours=14))
        await require_purchase(tx, person(shop.ada), user_task=ada)
        clock.advance(timedelta(hours=1))
        with pytest.raises(NoPurchase):
            await reserve_run(tx, person(shop.ada), user_task=ada)
        await reserve_run(tx, person(shop.bob), user_task=bob)


async def test_a_foreign_task_is_not_found(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        product = await shop.product(tx, "desk", task)
        await shop.grant(tx, shop.ada, product)
        await shop.grant(tx, shop.bob, product)
        foreign = await own(tx, shop.ada, task)
        for attempt in (reserve_run, require_purchase):
            with pytest.raises(UserTaskNotFound):
                await attempt(tx, person(shop.bob), user_task=foreign)
            with pytest.raises(NotLoggedIn):
                await attempt(tx, BACKOFFICE, user_task=foreign)
        teased = UserTask(
            user_task_id=None, user_id=shop.bob.user_id, task_id=task.task_id, is_enabled=False
        )
        await require_purchase(tx, person(shop.bob), user_task=teased)


async def test_an_unknown_purchase_counts_nothing(shop: Shop) -> None:
    async with shop.db.begin() as tx:
        unknown = PurchaseId(10**15)
        with pytest.raises(PurchaseNotFound):
            await consume_run(tx, user_id=shop.ada.user_id, purchase_id=unknown)
        with pytest.raises(PurchaseNotFound):
            await release_run(tx, purchase_id=unknown)


async def test_parallel_starts_do_not_overdraw(busy_shop: Shop) -> None:
    shop = busy_shop
    async with shop.db.begin() as tx:
        task = await shop.task(tx, "letter")
        package = await shop.product(tx, "package", task, is_free=False, n_tasks_limit=3)
        first = await shop.grant(tx, shop.ada, package, custom_purchase_id="1")
        second = await shop.grant(tx, shop.ada, package, custom_purchase_id="2")
        user_task = await own(tx, shop.ada, task)

    async def start() -> PurchaseId:
        async with shop.db.begin() as tx:
            return await reserve_run(tx, person(shop.ada), user_task=user_task)

    async def finish(purchase_id: PurchaseId) -> None:
        async with shop.db.begin() as tx:
            await consume_run(tx, user_id=shop.ada.user_id, purchase_id=purchase_id)

    outcomes = await asyncio.gather(*(start() for _ in range(12)), return_exceptions=True)
    paid = [each for each in outcomes if isinstance(each, int)]
    assert sorted(paid) == sorted([first.purchase_id, second.purchase_id] * 3)
    assert sum(isinstance(each, NoPurchase) for each in outcomes) == 6
    await asyncio.gather(*(finish(PurchaseId(each)) for each in paid))
    async with shop.db.begin() as tx:
        for purchase in (first, second):
            assert await counters(tx, purchase.purchase_id) == (0, 3, False)
        assert await enabled(tx, shop.ada) == set()


MOMENTS = st.builds(
    lambda seconds, zone: datetime.fromtimestamp(seconds, zone),
    st.integers(1_700_000_000, 1_900_000_000),
    st.timezones(),
)


@given(MOMENTS, MOMENTS, st.integers(1, 2_000))
def test_days_left_and_over_agree(created_at: datetime, now: datetime, n_days: int) -> None:
    left = remaining_days(created_at=created_at, n_days=n_days, never_expires=False, now=now)
    over = is_over(created_at=created_at, n_days=n_days, never_expires=False, now=now)
    assert left is not None
    assert not over or left <= 0
    assert over or left >= 0
    assert remaining_days(created_at=created_at, n_days=None, never_expires=False, now=now) is None
    assert not is_over(created_at=created_at, n_days=n_days, never_expires=True, now=now)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hours", [0, 13, 14, 23, 24 * 30])
async def test_the_database_and_the_rule_agree_on_days(
    shop: Shop, clock: FrozenClock, zone: str, hours: int
) -> None:
    async with shop.db.begin() as tx:
        await tx.execute(text(f"SET LOCAL TIME ZONE '{zone}'"))
        task = await shop.task(tx, "letter")
        purchase = await shop.grant(
            tx, shop.ada, await shop.product(tx, "trial", task, n_days_validity=30)
        )
        made = clock.now() - timedelta(days=29, hours=hours % 24 + 24 * (hours > 24))
        await tx.execute(update(MdPurchase).values(creation_date=made))
        over = is_over(created_at=made, n_days=30, never_expires=False, now=clock.now())
        user_task = await own(tx, shop.ada, task)
        if over:
            with pytest.raises(NoPurchase):
                await require_purchase(tx, person(shop.ada), user_task=user_task)
        else:
            assert (
                await reserve_run(tx, person(shop.ada), user_task=user_task) == purchase.purchase_id
            )
