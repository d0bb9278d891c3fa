"""Text in the making: numbers, coalescing, joining without a hole, checkpoints."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    Bus,
    Delta,
    StreamClosed,
    StreamItem,
    Streams,
    StreamSnapshot,
    find_checkpoint,
    session_room,
)
from mojodex.platform.realtime import link as link_module
from mojodex.platform.realtime.streams import MAX_DELTA_CHARS, Stream
from tests.platform.realtime.support import Client, FrozenTimer, Web, client

TURN = UUID(int=9)
ROOM = session_room(UUID(int=101))


class Ear:
    """A subscriber that keeps what it hears, with the time."""

    def __init__(self, streams: Streams, timer: FrozenTimer | None = None) -> None:
        self.items: list[StreamItem] = []
        self.times: list[float] = []
        self._timer = timer
        streams.bus.subscribe(self._hear)

    def _hear(self, item: StreamItem) -> None:
        self.items.append(item)
        if self._timer is not None and isinstance(item, Delta):
            self.times.append(round(self._timer.now, 3))

    def deltas(self) -> list[tuple[int, str, str]]:
        return [(one.seq, one.channel, one.text) for one in self.items if isinstance(one, Delta)]


async def test_the_first_delta_goes_at_once_and_the_next_take_along(db: Database) -> None:
    timer = FrozenTimer()
    streams = Streams(db, timer=timer)
    ear = Ear(streams, timer)
    stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
    for token in ("a", "b", "c"):
        stream.append("message", token)
        timer.advance(0.004)
    assert ear.deltas() == [(1, "message", "a")]
    assert stream.texts == {"message": "abc"}
    timer.advance(0.008)
    assert ear.deltas()[1:] == [(2, "message", "bc")]
    timer.advance(0.010)
    stream.append("message", "d")
    timer.advance(0.100)
    assert ear.deltas()[2:] == [(3, "message", "d")]
    stream.append("message", "e")
    assert ear.times == [0.0, 0.02, 0.04, 0.13]
    await stream.close()
    await streams.close_all()


async def test_deltas_keep_the_order_of_channels(db: Database) -> None:
    streams = Streams(db, timer=FrozenTimer())
    ear = Ear(streams)
    stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
    for channel, part in (("t", "1"), ("t", "2"), ("b", "3"), ("b", "4"), ("t", "5"), ("t", "")):
        stream.append(channel, part)
    await stream.close()
    assert ear.deltas() == [(1, "t", "1"), (2, "t", "2"), (3, "b", "34"), (4, "t", "5")]
    assert isinstance(ear.items[-1], StreamClosed)
    stream.append("t", "too late")
    await stream.close()
    assert len(ear.items) == 6
    assert not stream.is_open
    await streams.close_all()


async def test_long_text_comes_in_several_deltas(db: Database) -> None:
    streams = Streams(db, timer=FrozenTimer())
    ear = Ear(streams)
    stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
    stream.append("message", "x" * (MAX_DELTA_CHARS + 1) + "\x00\ud800y")
    assert [(seq, len(part)) for seq, _, part in ear.deltas()] == [(1, MAX_DELTA_CHARS), (2, 2)]
    assert stream.seq == 2
    await streams.close_all()


async def test_a_higher_attempt_replaces_a_lower_one(db: Database) -> None:
    streams = Streams(db, timer=FrozenTimer())
    ear = Ear(streams)
    first = streams.open(stream_id=TURN, room=ROOM, attempt=1, meta={"kind": "x"})
    first.append("message", "a")
    second = streams.open(stream_id=TURN, room=ROOM, attempt=2)
    first.append("message", "b")
    second.append("message", "c")
    kinds = [(type(item).__name__, item.attempt) for item in ear.items]
    assert kinds == [
        ("StreamSnapshot", 1),
        ("Delta", 1),
        ("StreamClosed", 1),
        ("StreamSnapshot", 2),
        ("Delta", 2),
    ]
    assert [one.texts for one in streams.live(ROOM)] == [{"message": "c"}]
    await streams.close_all()
    assert streams.live(ROOM) == []


async def test_a_subscriber_that_fails_stops_nobody(db: Database) -> None:
    streams = Streams(db, timer=FrozenTimer())

    def broken(_: StreamItem) -> None:
        raise RuntimeError("a bug")

    streams.bus.subscribe(broken)
    ear = Ear(streams)
    streams.open(stream_id=TURN, room=ROOM, attempt=1).append("message", "a")
    assert ear.deltas() == [(1, "message", "a")]
    await streams.close_all()


async def _produce(stream: Stream, words: int, seed: int) -> str:
    chance = random.Random(seed)
    produced = []
    for number in range(words):
        token = f"{number} "
        stream.append("message", token)
        produced.append(token)
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.004)
    return "".join(produced)


@pytest.mark.parametrize("seed", range(4))
async def test_no_hole_and_no_repeat_whenever_one_joins(web: Web, seed: int) -> None:
    """Clients join at random moments under a fast producer, some twice, some leave and return."""
    chance = random.Random(seed)
    stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)

    async def visit(ann: Client) -> None:
        await asyncio.sleep(chance.random() * 0.25)
        await ann.join(101)
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() * 0.1)
            await ann.sio.emit("leave", {"session": 101}, "/toy")
            await ann.join(101)

    async with client(web, "1:1") as a, client(web, "1:2") as b, client(web, "1:3") as c:
        expected, *_ = await asyncio.gather(
            _produce(stream, 400, seed), *(visit(one) for one in (a, b, c))
        )
        await stream.close()
        for one in (a, b, c):
            await one.sio.call("echo", 1, "/toy")
            assert one.texts() == {"message": expected}


async def test_a_new_attempt_starts_afresh_for_who_is_there(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        first = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        first.append("message", "lost")
        second = web.streams.open(stream_id=TURN, room=ROOM, attempt=2)
        second.append("message", "found")
        first.append("message", "ghost")
        # A publisher that was paused elsewhere and woke up.
        web.streams.bus.publish(_delta(attempt=1, seq=2, part="ghost"))
        web.streams.bus.publish(_snapshot(attempt=1, seq=5, part="ghost"))
        web.streams.bus.publish(StreamClosed(stream_id=TURN, room=ROOM, attempt=1))
        second.append("message", "!")
        await ann.until(lambda: ann.texts() == {"message": "found!"})
        assert "ghost" not in str(ann.events)


def _delta(*, attempt: int, seq: int, part: str) -> Delta:
    return Delta(stream_id=TURN, room=ROOM, attempt=attempt, seq=seq, channel="message", text=part)


def _snapshot(*, attempt: int, seq: int, part: str) -> StreamSnapshot:
    return StreamSnapshot(
        stream_id=TURN, room=ROOM, attempt=attempt, seq=seq, texts={"message": part}
    )


async def test_a_gap_is_filled_by_a_snapshot(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async with client(web) as ann:
        await ann.join(101)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "a")
        bus: Bus = web.streams.bus
        lost: list[StreamItem] = []
        monkeypatch.setattr(bus, "publish", lost.append)
        stream.append("message", "b")
        await asyncio.sleep(0.05)
        monkeypatch.undo()
        assert [item.seq for item in lost if isinstance(item, Delta)] == [2]
        stream.append("message", "c")
        await ann.until(lambda: ann.texts() == {"message": "abc"})
        assert [body["seq"] for body in ann.bodies("snapshot")] == [0, 3]


async def test_an_opening_that_was_missed_is_asked_for(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(web) as ann:
        await ann.join(101)
        monkeypatch.setattr(web.streams.bus, "publish", lambda item: None)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        monkeypatch.undo()
        stream.append("message", "a")
        await ann.until(lambda: ann.texts() == {"message": "a"})


async def test_two_faces_hear_one_stream(web: Web) -> None:
    async with client(web) as ann, client(web, namespace="/") as old:
        await ann.join(101)
        await old.join(101)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        expected = await _produce(stream, 200, seed=7)
        await stream.close()
        await ann.until(lambda: ann.texts() == {"message": expected})
        await old.until(lambda: old.bodies("whole")[-1]["text"] == expected)


async def test_whole_texts_are_spaced_and_the_last_one_comes(web: Web) -> None:
    """20 kB/s: of some 25 texts of 1 to 5 kB, only a few go, and the last before what follows."""
    async with client(web, namespace="/") as old:
        await old.join(101)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        for _ in range(50):
            stream.append("message", "x" * 100)
            await asyncio.sleep(0.01)
        count = len(old.bodies("whole"))
        assert 2 <= count <= 10
        await stream.close()
        peer = web.server.peers()[0]
        await web.server.emit(peer, "echo", "afterwards")
        await old.until(lambda: old.bodies("echo"))
        assert len(old.events[-2][1]["text"]) == 5_000
        assert len(old.bodies("whole")) == count + 1


async def test_spaced_texts_go_out_in_time_and_not_after_leaving(web: Web) -> None:
    async with client(web, namespace="/") as old:
        await old.join(101)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "x" * 2_000)
        await asyncio.sleep(0.03)
        stream.append("message", "y")
        stream.append("title", "t")
        await old.until(lambda: len(old.bodies("whole")) == 3)
        assert old.bodies("whole")[1]["text"].endswith("xy")
        assert old.bodies("whole")[2] == {"channel": "title", "text": "t"}
        stream.append("message", "z" * 2_000)
        await asyncio.sleep(0.03)
        stream.append("message", "never")
        await old.sio.emit("leave", {"session": 101})
        await asyncio.sleep(0.4)
        assert "never" not in str(old.events)


async def test_one_that_does_not_read_gets_a_snapshot_when_it_does(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(web, "1:1") as slow, client(web, "1:2") as quick:
        await slow.join(101)
        await quick.join(101)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        backlogs = {1: 0, 2: 0}
        monkeypatch.setattr(
            link_module.Link,
            "is_lagging",
            property(lambda link: backlogs[link.peer.login_id.int] > 200),
        )
        monkeypatch.setattr(
            link_module.Link,
            "has_caught_up",
            property(lambda link: backlogs[link.peer.login_id.int] <= 20),
        )
        stream.append("message", "a")
        await slow.until(lambda: slow.texts() == {"message": "a"})
        backlogs[1] = 300
        for part in "bcd":
            stream.append("message", part)
            await asyncio.sleep(0.03)
        backlogs[1] = 100
        stream.append("message", "e")
        await quick.until(lambda: quick.texts() == {"message": "abcde"})
        assert slow.texts() == {"message": "a"}
        backlogs[1] = 0
        stream.append("message", "f")
        await slow.until(lambda: slow.texts() == {"message": "abcdef"})
        assert [body["seq"] for body in slow.bodies("snapshot")] == [0, 6]


async def test_one_that_never_reads_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async with client(web, "1:1"), client(web, "1:2") as quick:
        monkeypatch.setattr(
            link_module.Link, "is_stuck", property(lambda link: link.peer.login_id.int == 1)
        )
        async with asyncio.timeout(3):
            while len(web.server.peers()) > 1:
                await asyncio.sleep(0.02)
        assert await quick.sio.call("echo", 1, "/toy") == 1


async def test_an_encoder_that_fails_silences_only_its_face(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(web) as ann, client(web, namespace="/") as old:
        await ann.join(101)
        await old.join(101)
        monkeypatch.setattr(web.whole, "encode_delta", lambda delta, snapshot: 1 / 0)
        stream = web.streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "a")
        await ann.until(lambda: ann.texts() == {"message": "a"})
        assert old.bodies("whole") == []


async def test_an_event_too_large_for_a_face_is_not_sent(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(web.toy), "max_event_bytes", 500)
    async with client(web) as ann:
        await ann.join(101)
        peer = web.server.peers()[0]
        await web.server.emit(peer, "echo", "é" * 400)
        await web.server.emit(peer, "echo", "é" * 100)
        await ann.until(lambda: ann.bodies("echo"))
        assert ann.bodies("echo") == ["é" * 100]


class TestCheckpoints:
    async def _rows(self, db: Database) -> list[tuple[int, int, dict[str, str]]]:
        async with db.begin() as tx:
            rows = await tx.execute(text("SELECT attempt, seq, texts FROM md_stream ORDER BY 1"))
            return [(row.attempt, row.seq, row.texts) for row in rows]

    async def test_running_streams_are_kept_once_a_period(self, committed_db: Database) -> None:
        streams = Streams(committed_db, checkpoint_seconds=0.1)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1, meta={"kind": "turn"})
        other = streams.open(stream_id=UUID(int=10), room=ROOM, attempt=3)
        stream.append("message", "a\x00 “b”\\u0000")
        other.append("message", "c")
        await asyncio.sleep(0.25)
        assert await self._rows(committed_db) == [
            (1, 1, {"message": "a “b”\\u0000"}),
            (3, 1, {"message": "c"}),
        ]
        async with committed_db.begin() as tx:
            found = await find_checkpoint(tx, stream_id=TURN)
            assert found == stream.snapshot()
            assert await find_checkpoint(tx, stream_id=UUID(int=77)) is None
        await stream.close()
        await asyncio.sleep(0.25)
        assert await self._rows(committed_db) == [(3, 1, {"message": "c"})]
        await streams.close_all()
        assert await self._rows(committed_db) == []

    async def test_a_short_stream_never_touches_the_database(self, committed_db: Database) -> None:
        streams = Streams(committed_db, checkpoint_seconds=0.05)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "a")
        await stream.close()
        await asyncio.sleep(0.15)
        assert await self._rows(committed_db) == []
        await streams.close_all()

    async def test_a_lower_attempt_overwrites_nothing(self, committed_db: Database) -> None:
        woken = Streams(committed_db, checkpoint_seconds=0.05)
        other = Streams(committed_db, checkpoint_seconds=0.05)
        late = woken.open(stream_id=TURN, room=ROOM, attempt=1)
        current = other.open(stream_id=TURN, room=ROOM, attempt=2)
        current.append("message", "new")
        await asyncio.sleep(0.15)
        late.append("message", "old")
        await asyncio.sleep(0.15)
        await woken.close_all()
        assert await self._rows(committed_db) == [(2, 1, {"message": "new"})]
        await other.close_all()

    async def test_an_outage_loses_nothing(self, committed_db: Database) -> None:
        streams = Streams(committed_db, checkpoint_seconds=0.05)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        gone = streams.open(stream_id=UUID(int=10), room=ROOM, attempt=1)
        await asyncio.sleep(0.15)
        async with committed_db.begin() as tx:
            await tx.execute(text("ALTER TABLE md_stream RENAME TO md_hidden"))
        stream.append("message", "a")
        await gone.close()
        await asyncio.sleep(0.15)
        async with committed_db.begin() as tx:
            await tx.execute(text("ALTER TABLE md_hidden RENAME TO md_stream"))
        await asyncio.sleep(0.2)
        assert await self._rows(committed_db) == [(1, 1, {"message": "a"})]
        await streams.close_all()
