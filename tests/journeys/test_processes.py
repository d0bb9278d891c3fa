"""Servers and workers in processes of their own, which die, hang and come back."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness.listening import Listener, wait_until, wait_until_async
from tests.harness.redis import RedisProcess, redis_process
from tests.journeys.sites import Person, Site, check_once, person
from tests.postgres import clone


class RedisSite(Site):
    """One whose processes know a Redis."""

    redis: RedisProcess | None = None


@pytest.fixture(scope="module", params=["redis", "no redis"])
def site(
    request: pytest.FixtureRequest, pg_admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisSite]:
    """Two servers and two workers for all tests; what a test ends it starts again."""
    directory: Path = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        settings = {"MOJODEX_DATABASE_URL": stack.enter_context(clone(pg_admin_url))}
        redis = None
        if request.param == "redis":
            redis = stack.enter_context(redis_process(directory))
            settings["MOJODEX_REDIS_URL"] = redis.url
        made = RedisSite(directory, stack, **settings)
        made.redis = redis
        made.start(n_webs=2, n_workers=2)
        yield made


async def is_taken_over(someone: Person) -> None:
    async def has_second_attempt() -> bool:
        return bool((await someone.read())["turn"]["attempt"] == 2)

    await wait_until_async(has_second_attempt, 30)


async def test_a_run_streams_to_tabs_on_every_server(site: RedisSite) -> None:
    async with person(site.webs[0]) as someone:
        await someone.run()
        async with Listener(site.webs[1].url, someone.token) as other:
            await other.join(someone.execution["session_id"])
            await someone.sees(40)
            await wait_until(lambda: other.of("turn_delta"), 30)
            assert not someone.listener.of("turn_finished")
            await check_once(someone)
            assert len({text for _, text in someone.shown()}) >= 3
            there = Person(site.webs[1], someone.api, someone.token)
            there.listener = other
            await other.wait_for("turn_finished")
            assert there.shown()[-1] == someone.shown()[-1]
            assert len(there.finals()) == 1


async def test_a_killed_worker_is_taken_over(site: RedisSite) -> None:
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(40)
        writer = await site.writer()
        await asyncio.to_thread(writer.kill)
        await is_taken_over(someone)
        await check_once(someone)
        assert someone.shown()[-1][0] == 2
    await asyncio.to_thread(writer.start)


async def test_a_server_that_ends_is_joined_again(site: RedisSite) -> None:
    """Killed, or stopped: by its client elsewhere at once, and there again when it is back."""
    first, second = site.webs
    async with person(first) as someone:
        await someone.run()
        await someone.sees(40)
        await asyncio.to_thread(first.kill if site.redis else first.stop)
        await someone.listener.close()
        first.launch()
        someone.web = second
        await someone.listen()
        await someone.sees(60)
        await someone.listener.close()
        await asyncio.to_thread(first.wait_until_ready)
        someone.web = first
        await someone.listen()
        await check_once(someone)


async def test_a_paused_server_misses_nothing(site: RedisSite) -> None:
    """For three seconds; its clients are still connected when it wakes up."""
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(40)
        site.webs[0].send(signal.SIGSTOP)
        await asyncio.sleep(3)
        site.webs[0].send(signal.SIGCONT)
        await someone.sees(len(someone.shown()[-1][1]) + 40)
        await check_once(someone)
        assert someone.shown()[-1][0] == 1


@pytest.mark.parametrize("site", ["no redis"], indirect=True)
async def test_a_stopping_worker_gives_its_turn_to_another(site: RedisSite) -> None:
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(40)
        writer = await site.writer()
        assert await asyncio.to_thread(writer.stop) == 0
        await check_once(someone)
    await asyncio.to_thread(writer.start)


@pytest.mark.parametrize("site", ["redis"], indirect=True)
async def test_redis_goes_and_comes_in_mid_stream(site: RedisSite) -> None:
    """Killed, back, hung, back: text goes on, without a hole and without a repetition."""
    redis = site.redis
    assert redis is not None
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(30)
        await asyncio.to_thread(redis.kill)
        await someone.sees(len(someone.shown()[-1][1]) + 30)
        await asyncio.to_thread(redis.start)
        await someone.sees(len(someone.shown()[-1][1]) + 30)
        redis.send(signal.SIGSTOP)
        await someone.sees(len(someone.shown()[-1][1]) + 30)
        assert not someone.listener.of("turn_finished")
        redis.send(signal.SIGCONT)
        await check_once(someone)
        assert someone.shown()[-1][0] == 1


@pytest.mark.parametrize("site", ["redis"], indirect=True)
async def test_a_paused_worker_that_wakes_up_changes_nothing(site: RedisSite) -> None:
    """By the silence of 20 s after which a worker that holds its lock counts as dead."""
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(40)
        writer = await site.writer()
        writer.send(signal.SIGSTOP)
        await check_once(someone)
        before = await someone.read()
        assert before["turn"]["attempt"] == 2
        n_notices = len(someone.listener.of("turn_delta"))
        writer.send(signal.SIGCONT)
        async with Listener(site.webs[1].url, someone.token) as late:
            await late.join(someone.execution["session_id"])
            await asyncio.sleep(4)
            assert not late.of("turn_snapshot")
            assert not late.of("turn_delta")
        assert await someone.read() == before
        assert len(someone.listener.of("turn_delta")) == n_notices
        assert len(someone.finals()) == 1
        assert writer.is_running
