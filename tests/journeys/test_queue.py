"""Messages that come while an answer is written wait their turn, in order, whoever posts them and
however often; what runs or waits can be stopped, wherever it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from mojodex.apps.roles import Role
from mojodex.kit.ids import new_id
from mojodex.platform.llm import ChatMessage, DemoModel, ScriptedModel
from mojodex.platform.llm import Role as Speaker
from tests.faces.mojodex.clients import listening
from tests.harness.listening import Listener, wait_until_async
from tests.harness.served import Served, serve
from tests.journeys.runs import LETTER, TITLED, Run, Runner

ANSWER = "instruct_run"


def letter(number: int) -> str:
    return f"<execution><title>Letter</title><draft>Text {number}</draft></execution>"


class Stage:
    """Ada with a finished run, and a model whose answers stop in the middle until told."""

    def __init__(self, served: Served, runner: Runner, model: ScriptedModel) -> None:
        self.served = served
        self.runner = runner
        self.model = model
        self.run: Run = {}

    async def finish_first(self) -> Run:
        self.model.add(LETTER, label=ANSWER)
        self.model.add(TITLED, label="title_and_summary")
        self.run = await self.runner.wait_for(await self.runner.start(), "done")
        return self.run

    def script(self, n: int) -> asyncio.Event:
        """The next answers; the first stops after some words until the event is set."""
        goes_on = asyncio.Event()
        first = letter(1)
        self.model.add([first[:40], goes_on, first[40:]], label=ANSWER)
        for number in range(2, n + 1):
            self.model.add(letter(number), label=ANSWER)
        return goes_on

    async def rows(self, query: str) -> list[Any]:
        async with self.served.db.begin() as tx:
            return [tuple(row) for row in await tx.execute(text(query))]

    async def states(self) -> list[str]:
        """Of all turns, in the order of the queue."""
        return [
            row[0] for row in await self.rows("SELECT state FROM md_turn ORDER BY queue_number")
        ]

    async def until_ended(self, n: int, seconds: float = 30) -> list[str]:
        """Until so many turns have ended and none is open."""

        async def has_ended() -> bool:
            states = await self.states()
            return len(states) == n and not {"queued", "running"} & set(states)

        await wait_until_async(has_ended, seconds)
        return await self.states()

    def asked(self, number: int) -> list[str]:
        """What people had said, as the model was shown it for its answer of this number."""
        request = self.model.requests_for(ANSWER)[number]
        return [one.text for one in request.messages if is_of_person(one)]


def is_of_person(message: ChatMessage) -> bool:
    return message.role is Speaker.USER


@asynccontextmanager
async def staged(pg_url: str) -> AsyncIterator[Stage]:
    model = ScriptedModel()
    async with serve(pg_url, model=model) as served:
        stage = Stage(served, Runner(served, await served.make_person("ada")), model)
        await stage.finish_first()
        yield stage


@asynccontextmanager
async def sampled(stage: Stage) -> AsyncIterator[list[int]]:
    """How many turns ran in the session, asked again and again while the block runs."""
    seen: list[int] = []

    async def sample() -> None:
        query = "SELECT count(*) FROM md_turn WHERE state = 'running'"
        with psycopg.connect(stage.served.db.url, autocommit=True) as connection:
            while True:
                row = connection.execute(query).fetchone()
                seen.append(row[0] if row else 0)
                await asyncio.sleep(0.005)

    task = asyncio.create_task(sample())
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_later_messages_wait_and_are_answered_in_order(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        goes_on = stage.script(3)
        async with Listener(stage.served.url, stage.runner.human.token) as listener:
            assert (await listener.join(stage.run["session_id"]))["ok"]
            first = await stage.runner.say(stage.run, "One")
            await listener.wait_for("turn_delta")
            second = await stage.runner.say(stage.run, "Two")
            third = await stage.runner.say(stage.run, "Three")
            assert [one["turn"]["state"] for one in (second, third)] == ["queued", "queued"]
            assert await stage.states() == ["done", "running", "queued", "queued"]
            goes_on.set()
            finished = await listener.wait_for("turn_finished", 3)
        ids = [one["turn"]["id"] for one in (first, second, third)]
        assert [one["turn_id"] for one in finished] == ids
        assert (await stage.runner.read(stage.run))["text"]["body"] == "Text 3"
        # Nobody is shown what was said after the message that is being answered.
        said = [stage.asked(number)[-1] for number in (1, 2, 3)]
        assert said == ["One", "Two", "Three"]
        assert stage.asked(1).count("Two") == 0
        assert stage.asked(3)[-3:] == ["One", "Two", "Three"]


async def test_both_wires_post_into_one_queue(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        goes_on = stage.script(12)
        token = stage.runner.human.token
        session_id = stage.run["session_id"]
        async with AsyncExitStack() as stack:
            sockets = [
                await stack.enter_async_context(listening(stage.served.url, token))
                for _ in range(3)
            ]
            for one in sockets:
                await one.start_session(session_id)

            async def by_socket(number: int) -> None:
                for turn in range(2):
                    words = f"socket {number} says {turn}"
                    await sockets[number].call(
                        "user_message",
                        {
                            "session_id": session_id,
                            "text": words,
                            "message_date": "2026-11-02T09:30:00.000Z",
                            "message_id": words,
                            "user_task_execution_pk": int(stage.run["id"]),
                            "version": "0.4.11",
                            "platform": "webapp",
                        },
                    )

            async def by_rest(number: int) -> None:
                for turn in range(2):
                    await stage.runner.say(stage.run, f"rest {number} says {turn}")

            async with sampled(stage) as running:
                await asyncio.gather(
                    *(by_socket(number) for number in range(3)),
                    *(by_rest(number) for number in range(3)),
                )
                goes_on.set()
                assert await stage.until_ended(13) == ["done"] * 13
            assert [one.of("error") for one in sockets] == [[], [], []]
        assert max(running) == 1
        said = [stage.asked(number)[-1] for number in range(1, 13)]
        for speaker in {words.rsplit(" ", 1)[0] for words in said}:
            assert [words[-1] for words in said if words.startswith(speaker)] == ["0", "1"]
        rows = await stage.rows(
            "SELECT array_agg(queue_number ORDER BY started_at) ="
            " array_agg(queue_number ORDER BY queue_number) FROM md_turn"
        )
        assert rows == [(True,)]


async def test_a_storm_of_posts_with_repeated_ids_is_answered_once_each(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        goes_on = stage.script(10)
        ids = [new_id() for _ in range(10)]

        async def post(number: int) -> dict[str, Any]:
            client_id = ids[number % 10]
            return await stage.runner.say(stage.run, f"Say {number % 10}", client_id=client_id)

        async with sampled(stage) as running:
            posted = await asyncio.gather(*(post(number) for number in range(50)))
            goes_on.set()
            assert await stage.until_ended(11) == ["done"] * 11
        assert max(running) == 1
        by_id = {(one["message"]["client_id"], one["message"]["id"]) for one in posted}
        assert {UUID(client_id) for client_id, _ in by_id} == set(ids)
        assert len(by_id) == 10
        assert sum(one["is_new"] for one in posted) == 10
        messages = await stage.runner.messages(stage.run)
        assert [one["sender"] for one in messages].count("user") == 10
        assert len(messages) == 1 + 10 + 10
        assert (await stage.runner.read(stage.run))["n_versions"] == 11
        assert sorted(stage.asked(number)[-1] for number in range(1, 11)) == sorted(
            f"Say {number}" for number in range(10)
        )


async def test_a_storm_of_different_messages_meets_a_bound_and_loses_nothing(pg_url: str) -> None:
    """Who is refused is told so, and may send the very same again."""
    async with staged(pg_url) as stage:
        goes_on = stage.script(50)
        ids = [new_id() for _ in range(50)]
        path = f"/sessions/{stage.run['session_id']}/messages"

        async with stage.served.client(stage.runner.human) as client:

            async def post(client_id: UUID) -> int:
                body = {"client_id": str(client_id), "text": f"Say {client_id}"}
                return (await client.post(path, json=body)).status_code

            statuses = await asyncio.gather(*(post(one) for one in ids))
            assert (statuses.count(202), statuses.count(429)) == (20, 30)
            goes_on.set()
            left = [one for one, status in zip(ids, statuses, strict=True) if status == 429]
            async with asyncio.timeout(60):
                while left:
                    await asyncio.sleep(0.2)
                    left = [one for one in left if await post(one) != 202]
        assert await stage.until_ended(51, 60) == ["done"] * 51
        rows = await stage.rows(
            "SELECT count(*), count(DISTINCT client_message_id) FROM md_message"
            " WHERE sender = 'user'"
        )
        assert rows == [(50, 50)]


async def test_the_database_itself_lets_one_turn_run_in_a_session(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        goes_on = stage.script(2)
        await stage.runner.say(stage.run, "One")
        await wait_until_async(lambda: has_states(stage, ["done", "running"]))
        await stage.runner.say(stage.run, "Two")
        with (
            psycopg.connect(stage.served.db.url, autocommit=True) as connection,
            pytest.raises(errors.UniqueViolation),
        ):
            connection.execute("UPDATE md_turn SET state = 'running' WHERE state = 'queued'")
        goes_on.set()
        assert await stage.until_ended(3) == ["done"] * 3


async def has_states(stage: Stage, states: list[str]) -> bool:
    return await stage.states() == states


async def test_what_waits_is_stopped_at_once_and_never_asked(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        goes_on = stage.script(2)
        await stage.runner.say(stage.run, "One")
        await wait_until_async(lambda: has_states(stage, ["done", "running"]))
        second = await stage.runner.say(stage.run, "Two")
        await stage.runner.say(stage.run, "Three")
        status, turn = await stage.runner.act(second["turn"]["id"], "stop")
        assert (status, turn["state"]) == (202, "stopped")
        assert (await stage.runner.read(stage.run))["state"] == "writing"
        goes_on.set()
        assert await stage.until_ended(4) == ["done", "done", "stopped", "done"]
        assert [stage.asked(number)[-1] for number in (1, 2)] == ["One", "Three"]
        status, problem = await stage.runner.act(second["turn"]["id"], "stop")
        assert (status, problem["code"]) == (409, "turn_ended")
        # What was stopped may be asked for after all.
        stage.model.add(letter(9), label=ANSWER)
        assert (await stage.runner.act(second["turn"]["id"], "retry"))[0] == 202
        assert await stage.until_ended(4) == ["done"] * 4
        assert stage.asked(3)[-1] == "Two"


async def test_stopping_what_runs_keeps_its_words_and_begins_the_next(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        stage.script(2)
        async with Listener(stage.served.url, stage.runner.human.token) as listener:
            assert (await listener.join(stage.run["session_id"]))["ok"]
            first = await stage.runner.say(stage.run, "One")
            await listener.wait_for("turn_delta")
            await stage.runner.say(stage.run, "Two")
            statuses = [(await stage.runner.act(first["turn"]["id"], "stop"))[0] for _ in range(2)]
            await listener.wait_for("turn_stopped")
            assert statuses[0] == 202
            await listener.wait_for("turn_finished")
        assert await stage.until_ended(3) == ["done", "stopped", "done"]
        said = [one["text"] for one in await stage.runner.messages(stage.run)]
        assert stage.model.n_abandoned == 1
        assert len(said) == 5, "the words of the stopped answer are kept"


@asynccontextmanager
async def apart(pg_url: str, n_workers: int = 2) -> AsyncIterator[tuple[Runner, Served]]:
    """A server without worker, and workers, on one database; connections are not shared."""
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(serve(pg_url, role=Role.WEB))
        for _ in range(n_workers):
            model = DemoModel(pace=40)
            await stack.enter_async_context(serve(pg_url, model=model, role=Role.WORKER))
        yield Runner(web, await web.make_person("ada")), web


async def n_words(served: Served) -> int:
    async with served.db.begin() as tx:
        query = text("SELECT coalesce(sum(length(texts::text)), 0) FROM md_stream")
        return int(await tx.scalar(query) or 0)


@pytest.mark.parametrize("is_bell_lost", [False, True])
async def test_a_stop_reaches_an_answer_wherever_it_runs(
    pg_url: str, *, is_bell_lost: bool
) -> None:
    async with apart(pg_url) as (ada, web), Listener(web.url, ada.human.token) as listener:
        run = await ada.start()
        assert (await listener.join(run["session_id"]))["ok"]
        await ada.wait_until(run, lambda one: one["turn"]["state"] == "running")
        await wait_until_async(lambda: has_words(web), 15)
        if is_bell_lost:
            drop_listeners(web.db.url)
        assert (await ada.act(run["turn"]["id"], "stop"))[0] == 202
        stopped = await ada.wait_until(run, lambda one: one["turn"]["state"] == "stopped")
        await listener.wait_for("turn_stopped", seconds=5)
        assert stopped["n_versions"] + len(await ada.messages(run)) > 0, "nothing was kept"


async def has_words(served: Served) -> bool:
    return await n_words(served) > 100


def drop_listeners(url: str) -> None:
    """Every connection that waits for bells is gone, as after a restart of the network."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ILIKE 'LISTEN%'"
        )


async def test_a_storm_is_answered_once_each_by_several_workers(pg_url: str) -> None:
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(serve(pg_url, role=Role.WEB))
        for _ in range(3):
            await stack.enter_async_context(
                serve(pg_url, model=DemoModel(pace=2_000), role=Role.WORKER)
            )
        ada = Runner(web, await web.make_person("ada"))
        runs = [await ada.wait_for(await ada.start(), "done") for _ in range(2)]
        ids = [new_id() for _ in range(8)]
        await asyncio.gather(
            *(
                ada.say(run, f"Make it shorter {number}", client_id=ids[number % 8])
                for number in range(24)
                for run in runs
            )
        )

        async def is_quiet() -> bool:
            async with web.db.begin() as tx:
                query = text("SELECT count(*) FROM md_turn WHERE state IN ('queued', 'running')")
                return bool(await tx.scalar(query) == 0)

        await wait_until_async(is_quiet, 60)
        async with web.db.begin() as tx:
            rows = await tx.execute(
                text(
                    "SELECT session_id, count(*), count(*) FILTER (WHERE state = 'done'),"
                    " max(attempt) FROM md_turn GROUP BY 1"
                )
            )
            assert [tuple(row)[1:] for row in rows] == [(9, 9, 1)] * 2
            overlaps = await tx.scalar(
                text(
                    "SELECT count(*) FROM md_turn one JOIN md_turn other USING (session_id)"
                    " WHERE one.queue_number < other.queue_number"
                    " AND one.ended_at > other.started_at"
                )
            )
            assert overlaps == 0
        for run in runs:
            senders = [one["sender"] for one in await ada.messages(run)]
            assert (senders.count("user"), senders.count("assistant")) == (8, 9)
