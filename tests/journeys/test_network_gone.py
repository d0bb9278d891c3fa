"""The client's network is gone for a second, a minute, an hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from mojodex.platform.llm import DemoModel
from mojodex.platform.realtime.checkpoints import purge_checkpoints
from mojodex.platform.realtime.deliveries import purge_deliveries
from tests.harness.listening import Listener, wait_until
from tests.harness.served import Served, serve
from tests.harness.wires import Wires, wires_to
from tests.journeys.runs import Run, Runner

_AGED = (
    "UPDATE md_delivery SET created_at = created_at - interval '{}'",
    "UPDATE md_stream SET updated_at = updated_at - interval '{}',"
    " ended_at = ended_at - interval '{}'",
)


@asynccontextmanager
async def reading(pg_url: str) -> AsyncIterator[tuple[Runner, Run, Wires, Listener]]:
    """Somebody whose answer is being written, seen through wires that can be cut."""
    async with (
        serve(pg_url, model=DemoModel(pace=60)) as served,
        wires_to(served.url) as wires,
    ):
        ada = Runner(served, await served.make_person("ada"))
        run = await ada.start()
        async with Listener(wires.url, ada.human.token) as listener:
            await listener.join(run["session_id"])
            await wait_until(lambda: len(drafts(listener)) > 1, 30)
            yield ada, run, wires, listener


def drafts(listener: Listener) -> list[str]:
    """The text after each notice; fails on a hole or a step back."""
    shown: list[str] = []
    texts: dict[str, str] = {}
    attempt = seq = -1
    for notice in listener.notices:
        if notice["type"] not in ("turn_snapshot", "turn_delta"):
            continue
        position = (notice["attempt"], notice["seq"])
        if notice["type"] == "turn_snapshot":
            assert position >= (attempt, seq)
            texts = dict(notice["texts"])
        else:
            assert position == (attempt, seq + 1)
            channel = notice["channel"]
            texts[channel] = texts.get(channel, "") + notice["text"]
        attempt, seq = position
        shown.append(texts.get("draft_body") or "")
    return shown


async def finals(served: Served) -> list[bool]:
    """Of each final of an answer, whether somebody has it."""
    async with served.db.begin() as tx:
        rows = await tx.execute(
            text(
                "SELECT delivered_at IS NOT NULL AS done FROM md_delivery"
                " WHERE kind = 'message.added' ORDER BY delivery_id"
            )
        )
        return [row.done for row in rows]


async def pass_time(served: Served, interval: str) -> None:
    """Let everything that waits grow older, and forget what is too old."""
    async with served.db.begin() as tx:
        for statement in _AGED:
            await tx.execute(text(statement.replace("{}", interval)))
        await purge_deliveries(tx)
        await purge_checkpoints(tx)


async def until_delivered(served: Served) -> None:
    async with asyncio.timeout(30):
        while await finals(served) != [True]:
            await asyncio.sleep(0.05)


def told(listener: Listener) -> list[Any]:
    return [one["delivery_id"] for one in listener.of("message_added")]


async def test_for_a_second(pg_url: str) -> None:
    """The connection breaks in mid-stream; the next one has the text so far, and all that comes."""
    async with reading(pg_url) as (ada, run, wires, before):
        wires.cut()
        async with Listener(wires.url, ada.human.token) as after:
            await after.join(run["session_id"])
            await after.wait_for("message_added", seconds=60)
            seen, found = drafts(before)[-1], await ada.wait_for(run, "done")
            assert drafts(after)[0].startswith(seen)
            assert drafts(after)[-1] == found["text"]["body"]
            assert before.of("message_added") == []
            await until_delivered(ada.served)
            assert len(told(after)) == 1
            assert found["n_versions"] == 1


async def test_for_a_minute(pg_url: str) -> None:
    """Nobody notices that the old connection is dead; the person is back on another network.

    What the dead one is sent meanwhile takes nothing from the new one. When it comes to life, it
    tells the same delivery again, which the client knows by its number.
    """
    async with reading(pg_url) as (ada, run, wires, before):
        wires.silence()
        async with Listener(ada.served.url, ada.human.token) as after:
            await after.join(run["session_id"])
            found = await ada.wait_for(run, "done", 60)
            await after.wait_for("message_added")
            assert before.of("message_added") == []
            assert drafts(after)[-1] == found["text"]["body"]
            await until_delivered(ada.served)
            wires.restore()
            await before.wait_for("message_added")
            assert drafts(before)[-1] == found["text"]["body"]
            assert set(told(before)) == set(told(after))
            assert len(set(told(after))) == 1


async def test_for_an_hour(pg_url: str) -> None:
    """The answer was finished meanwhile: its final waits, its stream is over."""
    async with reading(pg_url) as (ada, run, wires, before):
        wires.cut()
        await wait_until(lambda: not before.client.connected, 30)
        async with asyncio.timeout(60):
            while await finals(ada.served) != [False]:
                await asyncio.sleep(0.05)
        await pass_time(ada.served, "1 hour")
        async with Listener(wires.url, ada.human.token) as after:
            await after.join(run["session_id"])
            # The answer to the join comes after what it brings.
            assert len(told(after)) == 1
            await until_delivered(ada.served)
            assert not after.of("turn_snapshot")
            assert not after.of("turn_delta")
            await after.join(run["session_id"])
            assert len(told(after)) == 1
        assert drafts(before)[-1] in (await ada.read(run))["text"]["body"]


async def test_for_a_night_with_a_look_at_the_execution_first(pg_url: str) -> None:
    """What was read by REST is not told at the join."""
    async with reading(pg_url) as (ada, run, wires, _):
        wires.cut()
        async with asyncio.timeout(60):
            while await finals(ada.served) != [False]:
                await asyncio.sleep(0.05)
        await pass_time(ada.served, "10 hours")
        found = await ada.wait_for(run, "done")
        assert await finals(ada.served) == [True]
        async with Listener(wires.url, ada.human.token) as after:
            await after.join(run["session_id"])
            assert told(after) == []
            assert found["n_versions"] == 1
