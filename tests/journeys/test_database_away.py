"""PostgreSQL stops, dies and hangs under answers that are being written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.harness.listening import wait_until_async
from tests.journeys.sites import Person, Site, person
from tests.postgres import TestServer, running_server


class PgSite(Site):
    """One with a PostgreSQL of its own."""

    server: TestServer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgSite]:
    """A server and a worker that go through everything and are never started again."""
    directory: Path = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        server = stack.enter_context(running_server(is_durable=True))
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE mojodex")
        made = PgSite(directory, stack, MOJODEX_DATABASE_URL=server.url("mojodex"))
        made.server = server
        stack.callback(server.resume)
        made.start(n_webs=1, n_workers=1)
        yield made


@asynccontextmanager
async def somebody_reading(site: PgSite) -> AsyncIterator[Person]:
    async with person(site.webs[0]) as someone:
        await someone.run()
        await someone.sees(40)
        yield someone


async def check_conversation(someone: Person, *texts: str) -> None:
    """Each message once, each answered once, nothing running, everything told."""
    n_answers = 1 + len(texts)

    async def is_answered() -> bool:
        found = await someone.read()
        answers = [one for one in await someone.messages() if one["sender"] == "assistant"]
        return found["state"] == "done" and len(answers) >= n_answers

    async with asyncio.timeout(120):
        while not await tried(is_answered):
            await asyncio.sleep(0.1)
    await someone.listener.wait_for("message_added", n_answers, 30)
    messages = await someone.messages()
    senders = [one["sender"] for one in messages]
    assert senders.count("assistant") == n_answers
    assert [one["text"] for one in messages if one["sender"] == "user"][-len(texts) :] == list(
        texts
    )
    assert not any(one["is_failed"] for one in messages)
    answers = {one["id"] for one in messages if one["sender"] == "assistant"}
    told = {one["message"]["id"] for one in someone.listener.of("message_added")}
    assert answers <= told
    assert len(someone.finals()) == len(told)


async def tried(question: Callable[[], Awaitable[bool]]) -> bool:
    """False while the database is away."""
    try:
        return await question()
    except (httpx.HTTPError, KeyError):
        return False


async def say(someone: Person, text: str, client_id: UUID) -> None:
    """Again and again until it is said, as clients do, and then once more."""

    async def is_said() -> bool:
        answer = await someone.post(text, client_id)
        assert answer.status_code in (202, 503), answer.text
        return answer.status_code == 202

    await wait_until_async(is_said, 60)
    again = await someone.post(text, client_id)
    assert (again.status_code, again.json()["is_new"]) == (202, False)


async def refused(someone: Person, text: str, client_id: UUID) -> None:
    answer = await someone.post(text, client_id)
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "database_unavailable"


@pytest.mark.parametrize("ending", ["fast", "immediate", "kill -9"])
async def test_a_restart_of_the_database_loses_nothing(site: PgSite, ending: str) -> None:
    """The answer that was being written comes once, and so does what was said meanwhile."""
    async with somebody_reading(site) as someone:
        client_id = uuid4()
        if ending == "kill -9":
            await asyncio.to_thread(site.server.kill)
        else:
            await asyncio.to_thread(site.server.stop, ending)
        await refused(someone, "And thank them for the visit.", client_id)
        ready = await someone.api.get(f"{someone.web.url}/readyz")
        assert ready.status_code == 503
        await asyncio.to_thread(site.server.launch)
        await say(someone, "And thank them for the visit.", client_id)
        await check_conversation(someone, "And thank them for the visit.")
        assert someone.shown()
    assert all(process.is_running for process in (*site.webs, *site.workers))


async def test_a_hanging_database_loses_nothing(site: PgSite) -> None:
    async with somebody_reading(site) as someone:
        client_id = uuid4()
        site.server.pause()
        said = asyncio.create_task(someone.post("And the price?", client_id))
        await asyncio.sleep(3)
        assert not said.done()
        site.server.resume()
        assert (await said).status_code in (202, 503)
        await say(someone, "And the price?", client_id)
        await check_conversation(someone, "And the price?")
    assert all(process.is_running for process in (*site.webs, *site.workers))
