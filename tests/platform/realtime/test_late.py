"""A stream that has ended stays ended, whatever arrives afterwards and by which way."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    Delta,
    LocalBus,
    StreamClosed,
    Streams,
    StreamSnapshot,
    end_checkpoint,
    find_checkpoint,
    session_room,
)
from mojodex.platform.realtime.checkpoints import StreamKnown, list_checkpoints, list_ends
from tests.platform.realtime.halls import Hall
from tests.platform.realtime.support import client, serving

TURN = UUID(int=9)
ROOM = session_room(UUID(int=101))


def snapshot(seq: int, *, attempt: int = 1) -> StreamSnapshot:
    return StreamSnapshot(
        stream_id=TURN, room=ROOM, attempt=attempt, seq=seq, texts={"message": "x" * seq}
    )


def delta(seq: int, *, attempt: int = 1) -> Delta:
    return Delta(stream_id=TURN, room=ROOM, attempt=attempt, seq=seq, channel="message", text="x")


def closed(*, attempt: int = 1) -> StreamClosed:
    return StreamClosed(stream_id=TURN, room=ROOM, attempt=attempt)


class TestRooms:
    """What a web process knows of the end, and what it is then told."""

    @pytest.mark.parametrize("attempt", [1, 2])
    def test_a_late_answer_to_one_who_joins_is_not_shown(self, attempt: int) -> None:
        hall = Hall()
        hall.sit(ROOM)
        hall.fanout.receive(snapshot(3, attempt=2))
        hall.fanout.receive(closed(attempt=2))
        late = hall.sit(ROOM)
        hall.fanout.receive(snapshot(7, attempt=attempt))
        assert late.events() == []
        assert hall.fanout.snapshots(ROOM) == []

    def test_a_late_delta_is_neither_shown_nor_asked_about(self) -> None:
        asked: list[str] = []
        hall = Hall(asked.append)
        seat = hall.sit(ROOM)
        hall.fanout.receive(snapshot(3))
        hall.fanout.receive(closed())
        n_events, asked[:] = len(seat.events()), []
        hall.fanout.receive(delta(4))
        hall.fanout.receive(delta(5))
        assert (len(seat.events()), asked) == (n_events, [])

    def test_deltas_kept_before_the_end_do_not_follow_it(self) -> None:
        hall = Hall()
        seat = hall.sit(ROOM)
        hall.fanout.receive(delta(5))
        hall.fanout.receive(closed())
        hall.fanout.receive(snapshot(4))
        hall.fanout.receive_checkpoint(snapshot(4))
        assert seat.events() == []

    def test_a_late_checkpoint_is_not_shown(self) -> None:
        hall = Hall()
        seat = hall.sit(ROOM)
        hall.fanout.receive(closed())
        assert not hall.fanout.receive_checkpoint(snapshot(4))
        assert seat.events() == []

    def test_an_end_while_nobody_is_in_the_room_counts(self) -> None:
        hall = Hall()
        hall.fanout.receive(closed(attempt=2))
        seat = hall.sit(ROOM)
        hall.fanout.receive(snapshot(9, attempt=1))
        assert seat.events() == []

    def test_the_end_of_a_lower_attempt_ends_no_higher_one(self) -> None:
        hall = Hall()
        seat = hall.sit(ROOM)
        hall.fanout.receive(snapshot(1, attempt=2))
        hall.fanout.receive(closed(attempt=1))
        hall.fanout.receive(delta(2, attempt=2))
        assert seat.shows(TURN) == {"message": "xx"}

    def test_a_retry_after_the_end_is_shown(self) -> None:
        hall = Hall()
        seat = hall.sit(ROOM)
        hall.fanout.receive(snapshot(3, attempt=1))
        hall.fanout.receive(closed(attempt=1))
        hall.fanout.receive(snapshot(0, attempt=2))
        hall.fanout.receive(delta(1, attempt=2))
        assert seat.shows(TURN) == {"message": "x"}


class TestCheckpoints:
    """What the database remembers of the end, and who may write after it."""

    async def _end(self, db: Database, attempt: int) -> None:
        async with db.begin() as tx:
            await end_checkpoint(tx, stream_id=TURN, room=ROOM, attempt=attempt)

    async def _kept(self, db: Database) -> list[StreamSnapshot | StreamKnown | StreamClosed]:
        async with db.begin() as tx:
            return await list_checkpoints(tx, rooms=[ROOM])

    async def test_a_woken_publisher_writes_no_checkpoint(self, committed_db: Database) -> None:
        """Attempt 1 was asleep when attempt 2 ended; its row had been written or not."""
        sleeper = Streams(committed_db, checkpoint_seconds=0.02)
        stream = sleeper.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "a")
        await self._end(committed_db, attempt=2)
        stream.append("message", "b")
        await asyncio.sleep(0.1)
        assert await self._kept(committed_db) == [closed(attempt=2)]
        await stream.close()
        await sleeper.close_all()
        assert await self._kept(committed_db) == [closed(attempt=2)]
        async with committed_db.begin() as tx:
            assert await find_checkpoint(tx, stream_id=TURN) is None
            assert await list_ends(tx, room=ROOM) == [closed(attempt=2)]

    async def test_a_retry_after_the_end_is_kept(self, committed_db: Database) -> None:
        await self._end(committed_db, attempt=1)
        streams = Streams(committed_db, checkpoint_seconds=0.02)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=2)
        stream.append("message", "a")
        async with asyncio.timeout(10):
            while await self._kept(committed_db) != [stream.snapshot()]:
                await asyncio.sleep(0.02)
        await streams.close_all()
        assert await self._kept(committed_db) == []

    async def test_texts_that_are_known_are_not_read(self, committed_db: Database) -> None:
        streams = Streams(committed_db, checkpoint_seconds=0.02)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=2)
        stream.append("message", "a")
        kept = [stream.snapshot()]
        async with asyncio.timeout(30):
            while await self._kept(committed_db) != kept:
                await asyncio.sleep(0.02)
        nothing_new = [StreamKnown(TURN)]
        for position, expected in (
            ((2, 2), nothing_new), ((3, 0), nothing_new), ((2, 1), kept), ((1, 9), kept),
        ):  # fmt: skip
            async with committed_db.begin() as tx:
                known = {TURN: position, UUID(int=10): (9, 9)}
                assert await list_checkpoints(tx, rooms=[ROOM], known=known) == expected
        await self._end(committed_db, attempt=2)
        async with committed_db.begin() as tx:
            found = await list_checkpoints(tx, rooms=[ROOM], known={TURN: (2, 2)})
            assert found == [closed(attempt=2)]
        await streams.close_all()

    async def test_a_process_that_ends_while_it_deletes_has_deleted(
        self, committed_db: Database
    ) -> None:
        streams = Streams(committed_db, checkpoint_seconds=0.0)
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=1)
        async with asyncio.timeout(10):
            while await self._kept(committed_db) == []:
                await asyncio.sleep(0.01)
        async with committed_db.begin() as tx:
            await tx.execute(text("LOCK TABLE md_stream IN ACCESS EXCLUSIVE MODE"))
            stream.end()
            await asyncio.sleep(0.1)
            closing = asyncio.create_task(streams.close_all())
            await asyncio.sleep(0.05)
        await closing
        assert await self._kept(committed_db) == []


async def test_who_joins_later_hears_nothing_of_a_woken_publisher(
    committed_db: Database,
) -> None:
    """A web process that was started after the end, and a publisher that slept through it."""
    bus = LocalBus()
    async with serving(committed_db, bus=bus) as web:
        sleeper = Streams(committed_db, bus=bus, checkpoint_seconds=60)
        stream = sleeper.open(stream_id=TURN, room=ROOM, attempt=1)
        stream.append("message", "old")
        async with committed_db.begin() as tx:
            await end_checkpoint(tx, stream_id=TURN, room=ROOM, attempt=2)
        async with client(web) as ann:
            await ann.join(101)
            stream.append("message", "older")
            other = web.streams.open(stream_id=UUID(int=10), room=ROOM, attempt=1)
            other.append("message", "new")
            await ann.until(lambda: ann.texts() == {"message": "new"})
            assert {body["stream"] for _, body in ann.events} == {str(UUID(int=10))}
        await sleeper.close_all()


async def test_an_end_that_the_bus_lost_is_read(committed_db: Database) -> None:
    bus = LocalBus()
    async with serving(committed_db, bus=bus) as web, client(web) as ann:
        await ann.join(101)
        bus.publish(snapshot(3, attempt=2))
        async with committed_db.begin() as tx:
            await end_checkpoint(tx, stream_id=TURN, room=ROOM, attempt=2)
        await ann.until(lambda: ann.bodies("snapshot"))
        fanout = web.server._fanout
        await ann.until(lambda: fanout.snapshots(ROOM) == [], 10)
        bus.publish(snapshot(9, attempt=1))
        bus.publish(snapshot(9, attempt=2))
        assert len(ann.bodies("snapshot")) == 1
        assert fanout.snapshots(ROOM) == []
