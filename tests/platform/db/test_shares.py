"""Who gets a connection when many want one."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from mojodex.platform.db import Database, DatabaseUnavailable, Share, taking
from mojodex.platform.db.shares import Shares


class Work:
    """Many who work at a time, as far as they are let in."""

    def __init__(self, shares: Shares) -> None:
        self.shares = shares
        self.inside = 0
        self.most = 0
        self.order: list[int] = []
        self.may_go = asyncio.Event()

    async def one(self, number: int, share: Share | None) -> None:
        if share is None:
            await self._enter(number)
        else:
            with taking(share):
                await self._enter(number)

    async def _enter(self, number: int) -> None:
        async with self.shares.place():
            self.order.append(number)
            self.inside += 1
            self.most = max(self.most, self.inside)
            await self.may_go.wait()
            self.inside -= 1

    async def run(self, n_workers: int, share: Share | None) -> None:
        tasks = [asyncio.create_task(self.one(number, share)) for number in range(n_workers)]
        await asyncio.sleep(0)
        self.may_go.set()
        await asyncio.gather(*tasks)


@pytest.mark.parametrize(("share", "most"), [(Share.REQUESTS, 10), (Share.JOBS, 5), (None, 30)])
async def test_no_sort_of_work_takes_all_and_all_are_served_in_order(
    share: Share | None, most: int
) -> None:
    work = Work(Shares(20, patience=30))
    await work.run(30, share)
    assert work.most == most
    assert work.order == list(range(30))


async def test_who_waits_in_vain_is_told() -> None:
    shares = Shares(2, patience=0)
    with taking(Share.JOBS):
        async with shares.place():
            with pytest.raises(DatabaseUnavailable):
                async with shares.place():
                    pass
        async with shares.place():
            pass


async def test_a_task_that_was_started_takes_no_place_of_its_starter() -> None:
    work = Work(Shares(4, patience=30))
    with taking(Share.JOBS):
        await work.run(6, None)
    assert work.most == 6


async def test_transactions_within_others_do_not_wait_for_themselves(
    committed_db: Database,
) -> None:
    with taking(Share.JOBS):
        async with AsyncExitStack() as stack:
            for _ in range(6):
                tx = await stack.enter_async_context(committed_db.begin())
            assert tx.locks == frozenset()
