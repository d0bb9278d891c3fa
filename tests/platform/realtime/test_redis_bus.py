"""Text over a real Redis: order, joining without a hole, and Redis going and coming."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    Bus,
    Delta,
    LocalBus,
    RedisBus,
    StreamItem,
    Streams,
    StreamSnapshot,
    session_room,
)
from tests.harness.redis import RedisProcess, redis_process
from tests.platform.realtime.support import (
    Client,
    Web,
    client,
    join_at_any_moment,
    serving,
)

ROOM = session_room(UUID(int=101))
TURN = UUID(int=9)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with redis_process(tmp_path) as running:
        yield running


async def until_live(bus: Bus, *, is_live: bool = True) -> None:
    async with asyncio.timeout(10):
        while bus.is_live is not is_live:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def carried(redis: RedisProcess) -> AsyncIterator[RedisBus]:
    bus = RedisBus(redis.url)
    async with bus.carrying():
        await until_live(bus)
        yield bus


@asynccontextmanager
async def publishing(db: Database, bus: Bus) -> AsyncIterator[Streams]:
    """A worker's side."""
    streams = Streams(db, bus=bus, checkpoint_seconds=0.1)
    try:
        yield streams
    finally:
        await streams.close_all()


class Pair:
    """A worker and a web process with a socket in the room."""

    def __init__(self, streams: Streams, web: Web, hearer: Client) -> None:
        self.streams = streams
        self.web = web
        self.hearer = hearer

    async def hears(self, text: str, seconds: float = 10) -> None:
        await self.hearer.until(lambda: spoken(self.hearer).get("message") == text, seconds)


def spoken(hearer: Client) -> dict[str, str]:
    """What a client shows that resets at snapshots and waits for one after a gap."""
    texts: dict[str, str] = {}
    attempt = seq = -1
    for event, body in hearer.events:
        if event == "snapshot" and (body["attempt"], body["seq"]) >= (attempt, seq):
            texts, attempt, seq = dict(body["texts"]), body["attempt"], body["seq"]
        elif event == "delta":
            assert (body["attempt"], body["seq"]) == (attempt, seq + 1), hearer.events
            seq += 1
            texts[body["channel"]] = texts.get(body["channel"], "") + body["text"]
    return texts


@asynccontextmanager
async def pair(db: Database, worker_bus: Bus, web_bus: Bus) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        streams = await stack.enter_async_context(publishing(db, worker_bus))
        web = await stack.enter_async_context(serving(db, bus=web_bus))
        hearer = await stack.enter_async_context(client(web))
        await hearer.join(101)
        yield Pair(streams, web, hearer)


async def test_a_hundred_streams_keep_their_order(
    redis: RedisProcess, committed_db: Database
) -> None:
    heard: dict[UUID, list[StreamItem]] = {}
    async with carried(redis) as out, carried(redis) as into:
        into.subscribe(lambda item: heard.setdefault(item.stream_id, []).append(item))
        async with publishing(committed_db, out) as streams:
            await asyncio.gather(*(speak(streams, number) for number in range(100)))
        async with asyncio.timeout(10):
            while sum(isinstance(items[-1], StreamSnapshot | Delta) for items in heard.values()):
                await asyncio.sleep(0.01)
    assert len(heard) == 100
    for stream_id, items in heard.items():
        deltas = [item for item in items if isinstance(item, Delta)]
        assert [delta.seq for delta in deltas] == list(range(1, len(deltas) + 1))
        expected = "".join(f"{stream_id.int}.{index} " for index in range(40))
        assert "".join(delta.text for delta in deltas) == expected


async def speak(streams: Streams, number: int) -> None:
    stream_id = UUID(int=1000 + number)
    stream = streams.open(stream_id=stream_id, room=session_room(uuid4()), attempt=1)
    for index in range(40):
        stream.append("message", f"{stream_id.int}.{index} ")
        await asyncio.sleep(random.Random(number * 100 + index).uniform(0, 0.03))
    await stream.close()


async def test_joining_at_any_moment_shows_everything_once(
    redis: RedisProcess, committed_db: Database
) -> None:
    async with (
        carried(redis) as out,
        carried(redis) as into,
        publishing(committed_db, out) as streams,
        serving(committed_db, bus=into) as web,
    ):
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        await join_at_any_moment(web, stream, n_clients=8, seed=4)


async def test_redis_killed_and_started_again_loses_nothing(
    redis: RedisProcess, committed_db: Database
) -> None:
    async with carried(redis) as out, carried(redis) as into, pair(committed_db, out, into) as both:
        stream = both.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "before ")
        await both.hears("before ")
        with capture_logs() as logs:
            await asyncio.to_thread(redis.kill)
            await until_live(into, is_live=False)
            stream.append("message", "without ")
            await both.hears("before without ", 5)
            stream.append("message", "at all ")
            await both.hears("before without at all ", 5)
            await asyncio.to_thread(redis.start)
            await asyncio.gather(until_live(into), until_live(out))
            stream.append("message", "after")
            await both.hears("before without at all after", 2)
        events = [line["event"] for line in logs]
        assert events.count("Redis is away, text comes by way of the database") == 2
        assert events.count("text travels over Redis") == 2
        assert not [line for line in logs if line["log_level"] == "error"]


async def test_without_an_answer_the_checkpoint_tells(
    redis: RedisProcess, committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        carried(redis) as out,
        carried(redis) as into,
        publishing(committed_db, out) as streams,
    ):
        monkeypatch.setattr(out, "_publishers", [])
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "one ")
        await asyncio.sleep(0.3)
        async with serving(committed_db, bus=into) as web, client(web) as hearer:
            await hearer.join(101)
            await hearer.until(lambda: spoken(hearer).get("message") == "one ", 2)
            stream.append("message", "two")
            await hearer.until(lambda: spoken(hearer).get("message") == "one two", 2)
            assert len(hearer.bodies("snapshot")) == 1


async def test_a_question_is_not_repeated_while_an_answer_is_pending(
    redis: RedisProcess, committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with carried(redis) as out, carried(redis) as into:
        asked: list[str] = []

        def say_nothing(room: str) -> list[StreamSnapshot]:
            asked.append(room)
            return []

        monkeypatch.setattr(out, "_publishers", [say_nothing])
        async with serving(committed_db, bus=into) as web, client(web) as hearer:
            await hearer.join(101)
            for seq in range(5, 105):
                out.publish(
                    Delta(
                        stream_id=TURN, room=ROOM, attempt=1, seq=seq, channel="message", text="x"
                    )
                )
                await asyncio.sleep(0.005)
            assert 1 <= len(asked) <= 8


async def test_without_redis_text_grows_from_checkpoints(committed_db: Database) -> None:
    async with pair(committed_db, LocalBus(), LocalBus()) as both:
        stream = both.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "one ")
        await both.hears("one ", 3)
        stream.append("message", "two ")
        await both.hears("one two ", 3)
        higher = both.streams.open(stream_id=TURN, room=ROOM, attempt=2)
        higher.append("message", "new")
        await both.hears("new", 3)
        await higher.close()
        before = len(both.hearer.events)
        await both.hearer.join(101)
        await asyncio.sleep(1.5)
        assert both.hearer.bodies("snapshot")[-1]["texts"] == {"message": "new"}
        assert len(both.hearer.events) == before
