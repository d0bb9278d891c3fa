"""Text between processes without Redis: NOTIFY, to those who asked, never needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from mojodex.platform.db import Database, listener
from mojodex.platform.realtime import Delta, NotifyBus, RedisBus, Streams, session_room
from mojodex.platform.realtime import notify_bus as module
from mojodex.platform.realtime import tail as tail_module
from tests.harness.redis import redis_process
from tests.harness.wires import far_away
from tests.platform.realtime.support import (
    Client,
    Web,
    client,
    join_at_any_moment,
    serving,
    shows,
)

ROOM = session_room(UUID(int=101))
TURN = UUID(int=9)


@asynccontextmanager
async def carried(url: str) -> AsyncIterator[tuple[Database, NotifyBus]]:
    """A process: its database connections and its bus."""
    db = Database(url)
    bus = NotifyBus(db)
    # A subscriber makes it listen to text; tests that serve bring another.
    bus.subscribe(lambda item: None)
    async with bus.carrying():
        yield db, bus
    await db.close()


@asynccontextmanager
async def publishing(url: str, *, checkpoint_seconds: float = 60) -> AsyncIterator[Streams]:
    """A worker, whose checkpoints come too late to help."""
    async with carried(url) as (db, bus):
        streams = Streams(db, bus=bus, checkpoint_seconds=checkpoint_seconds)
        yield streams
        await streams.close_all()


@dataclass(frozen=True)
class Pair:
    """A worker that publishes, and a server in another process with one client, not joined yet."""

    streams: Streams
    db: Database
    web: Web
    ann: Client


@asynccontextmanager
async def pair(
    url: str, *, worker_url: str | None = None, checkpoint_seconds: float = 60
) -> AsyncIterator[Pair]:
    async with (
        publishing(worker_url or url, checkpoint_seconds=checkpoint_seconds) as streams,
        carried(url) as (db, bus),
        serving(db, bus=bus) as web,
        client(web) as ann,
    ):
        yield Pair(streams, db, web, ann)


class Tap:
    """All that is rung on the channel of text."""

    def __init__(self) -> None:
        self.payloads: list[str] = []

    async def open(self, db: Database) -> None:
        await db.listen(module.ITEMS_CHANNEL, self.payloads.append)


async def test_text_comes_without_redis_and_without_a_checkpoint(pg_url: str) -> None:
    async with pair(pg_url) as one:
        streams, ann = one.streams, one.ann
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "one ")
        await ann.join(101)
        await ann.until(lambda: ann.texts() == {"message": "one "})
        stream.append("message", "two ")
        await ann.until(lambda: ann.texts() == {"message": "one two "})
        higher = streams.open(stream_id=TURN, room=ROOM, attempt=2)
        higher.append("message", "new")
        await ann.until(lambda: ann.texts() == {"message": "new"})
        await higher.close()
        await ann.until(lambda: one.web.server._fanout.snapshots(ROOM) == [])


async def test_joining_at_any_moment_shows_everything_once(pg_url: str) -> None:
    async with (
        publishing(pg_url, checkpoint_seconds=0.5) as streams,
        carried(pg_url) as (db, bus),
        serving(db, bus=bus) as web,
    ):
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        await join_at_any_moment(web, stream, n_clients=6, seed=3)


async def test_nothing_is_sent_that_nobody_asked_for(pg_url: str) -> None:
    async with publishing(pg_url) as streams, carried(pg_url) as (db, bus):
        tap = Tap()
        await tap.open(db)
        unasked = streams.open(stream_id=UUID(int=1), room=session_room(UUID(int=1)), attempt=1)
        asked = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        bus.ask(ROOM)
        async with asyncio.timeout(10):
            while not tap.payloads:
                unasked.append("message", "unheard of")
                await asyncio.sleep(0.01)
        asked.append("message", "asked for")
        await asked.close()
        async with asyncio.timeout(10):
            while "asked for" not in tap.payloads[-1]:
                await asyncio.sleep(0.01)
        assert str(UUID(int=1))[:8] not in str(tap.payloads)
        assert "unheard of" not in str(tap.payloads)


async def test_readers_are_told_as_long_as_they_stay(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(module, "INTEREST_SECONDS", 0.6)
    monkeypatch.setattr(tail_module, "TAIL_SECONDS", 0.1)
    async with pair(pg_url) as one:
        tap, ann = Tap(), one.ann
        await tap.open(one.db)
        await ann.join(101)
        stream = one.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        whole = ""
        for number in range(15):
            stream.append("message", f"{number} ")
            whole += f"{number} "
            await shows(ann, whole)
            await asyncio.sleep(0.1)
        await ann.sio.call("leave", {"session": 101}, "/toy")
        async with asyncio.timeout(20):
            n_payloads = -1
            while len(tap.payloads) > n_payloads:
                n_payloads = len(tap.payloads)
                stream.append("message", "unheard ")
                await asyncio.sleep(0.3)


async def test_who_begins_to_write_learns_who_reads(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that takes an answer over as it starts was not there when its readers came."""
    monkeypatch.setattr(module, "RENEW_SECONDS", 600)
    async with (
        carried(pg_url) as (db, bus),
        serving(db, bus=bus) as web,
        client(web) as ann,
    ):
        said: list[str] = []
        await db.listen(module.ROOMS_CHANNEL, said.append)
        await ann.join(101)
        async with asyncio.timeout(30):
            # All that they say by themselves within ten minutes.
            while not any("false" in one for one in said):
                await asyncio.sleep(0.01)
        async with publishing(pg_url) as streams:
            stream = streams.open(stream_id=TURN, room=ROOM, attempt=2)
            stream.append("message", "taken over")
            await shows(ann, "taken over")


async def test_a_thousand_tokens_are_a_few_notifications(pg_url: str) -> None:
    async with publishing(pg_url) as streams, carried(pg_url) as (db, bus):
        tap = Tap()
        heard: list[str] = []
        await tap.open(db)
        bus.subscribe(lambda item: heard.append(item.text) if isinstance(item, Delta) else None)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        bus.ask(ROOM)
        async with asyncio.timeout(10):
            while not tap.payloads:
                await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(1_000):
            stream.append("message", "ab ")
            await asyncio.sleep(0)
        await stream.close()
        async with asyncio.timeout(10):
            while "".join(heard) != "ab " * 1_000:
                await asyncio.sleep(0.01)
        n_ticks = (loop.time() - began) / module.TICK_SECONDS
        assert len(tap.payloads) <= n_ticks + 4


async def test_what_is_too_large_comes_from_the_checkpoint(pg_url: str) -> None:
    """A text longer than a notification, and a delta that is: gaps that the checkpoint fills."""
    async with pair(pg_url, checkpoint_seconds=0.2) as one:
        ann = one.ann
        await ann.join(101)
        stream = one.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "é" * 7_000)
        await ann.until(lambda: ann.texts() == {"message": "é" * 7_000}, 30)
        stream.append("message", " and more")
        await ann.until(lambda: ann.texts() == {"message": "é" * 7_000 + " and more"}, 30)
        async with client(one.web) as late:
            await late.join(101)
            stream.append("message", "!")
            await late.until(lambda: late.texts().get("message", "").endswith(" and more!"), 30)


async def test_a_lost_connection_loses_nothing(pg_url: str) -> None:
    """The database hangs up on writer and listeners in mid-stream."""
    async with pair(pg_url, checkpoint_seconds=0.3) as one:
        ann = one.ann
        stream = one.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        await ann.join(101)
        stream.append("message", "one ")
        await shows(ann, "one ")
        with capture_logs():
            async with one.db.begin() as tx:
                await tx.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            for number in range(20):
                stream.append("message", f"{number} ")
                await asyncio.sleep(0.02)
            whole = "one " + "".join(f"{number} " for number in range(20))
            await ann.until(lambda: ann.texts() == {"message": whole}, 30)
        stream.append("message", "after")
        await ann.until(lambda: ann.texts() == {"message": whole + "after"}, 30)


async def test_a_database_that_falls_silent_is_left(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's connections die without a farewell; text goes on over new ones."""
    monkeypatch.setattr(module, "SEND_SECONDS", 0.5)
    monkeypatch.setattr(listener, "PROBE_SECONDS", 0.5)
    async with (
        far_away(pg_url) as (wires, worker_url),
        pair(pg_url, worker_url=worker_url) as one,
    ):
        ann = one.ann
        stream = one.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        await ann.join(101)
        stream.append("message", "one ")
        await shows(ann, "one ")
        with capture_logs() as logs:
            wires.silence()
            whole = "one "
            async with asyncio.timeout(60):
                while whole == "one " or ann.texts() != {"message": whole}:
                    stream.append("message", f"{len(whole)} ")
                    whole = stream.texts["message"]
                    await asyncio.sleep(0.3)
        assert "text could not be sent by the database" in [line["event"] for line in logs]


@pytest.mark.parametrize("is_web_cut_off", [True, False])
async def test_a_redis_that_only_one_side_reaches(
    pg_url: str, tmp_path: Path, *, is_web_cut_off: bool
) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    with redis_process(tmp_path) as redis, capture_logs():
        web_url, worker_url = (nowhere, redis.url) if is_web_cut_off else (redis.url, nowhere)
        web_db, worker_db = Database(pg_url), Database(pg_url)
        web_bus = NotifyBus(web_db, RedisBus(web_url))
        worker_bus = NotifyBus(worker_db, RedisBus(worker_url))
        streams = Streams(worker_db, bus=worker_bus, checkpoint_seconds=0.3)
        async with (
            worker_bus.carrying(),
            serving(web_db, bus=web_bus) as web,
            web_bus.carrying(),
            client(web) as ann,
        ):
            await ann.join(101)
            stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
            whole = ""
            for number in range(8):
                stream.append("message", f"{number} ")
                whole += f"{number} "
                await shows(ann, whole)
            await streams.close_all()
        await web_db.close()
        await worker_db.close()


@pytest.mark.parametrize("payload", ["{}", "[1", '["x",true]', '["x",[[9]]]', '["x",true,7]'])
async def test_a_strange_notification_is_logged_and_nothing_else(pg_url: str, payload: str) -> None:
    async with carried(pg_url) as (db, bus):
        heard: list[Any] = []
        bus.subscribe(heard.append)
        with capture_logs() as logs:
            for channel in (module.ITEMS_CHANNEL, module.ROOMS_CHANNEL):
                async with db.begin() as tx:
                    query = text("SELECT pg_notify(:channel, :payload)")
                    await tx.execute(query, {"channel": channel, "payload": payload})
            async with asyncio.timeout(10):
                while len(logs) < 2:
                    await asyncio.sleep(0.01)
        assert {line["event"] for line in logs} == {"a notification was not understood"}
        assert heard == []
