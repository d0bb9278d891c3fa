"""Whatever happens between text and reader, in any order: the reader has the text, once."""

import random
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import pytest

from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    StreamClosed,
    StreamItem,
    Streams,
    StreamSnapshot,
    session_room,
)
from mojodex.platform.realtime.streams import Stream
from tests.platform.realtime.halls import Hall, Seat
from tests.platform.realtime.support import FrozenTimer

TURN = UUID(int=9)
ROOM = session_room(UUID(int=101))
CHANNELS = ("title", "message")
N_STEPS = 160
N_SEEDS = 150


class WireBus:
    """A publisher's bus: ordered ways to each web process, on which items wait or are lost."""

    is_live = True
    answer_seconds = 0.0

    def __init__(self, n_webs: int) -> None:
        self.ways: list[deque[StreamItem]] = [deque() for _ in range(n_webs)]
        self.questions: deque[str] = deque()
        self._answer: Callable[[str], Iterable[StreamSnapshot]] = lambda room: ()

    def publish(self, item: StreamItem) -> None:
        for way in self.ways:
            way.append(item)

    def answer_with(self, snapshots: Callable[[str], Iterable[StreamSnapshot]]) -> None:
        self._answer = snapshots

    def answer(self) -> None:
        """The oldest question, through the same ordered ways."""
        for snapshot in self._answer(self.questions.popleft()):
            self.publish(snapshot)

    def subscribe(self, receive: Callable[[StreamItem], None]) -> None:
        raise AssertionError("a worker has no readers")

    def ask(self, room: str) -> None:
        raise AssertionError("a worker does not ask")

    def renew(self, rooms: Collection[str]) -> None:
        raise AssertionError("a worker does not ask")

    def on_reset(self, tell: Callable[[], None]) -> None:
        raise AssertionError("a worker does not ask")

    async def flush(self) -> None:
        return

    def carrying(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class Table:
    """`md_stream` as its statements keep it (`TestCheckpoints`, `test_late`)."""

    def __init__(self) -> None:
        self.row: StreamSnapshot | StreamClosed | None = None

    def write(self, snapshot: StreamSnapshot) -> None:
        row = self.row
        if isinstance(row, StreamClosed) and row.attempt >= snapshot.attempt:
            return
        if isinstance(row, StreamSnapshot) and (row.attempt, row.seq) > (
            snapshot.attempt,
            snapshot.seq,
        ):
            return
        self.row = snapshot

    def end(self, attempt: int) -> None:
        self.row = StreamClosed(stream_id=TURN, room=ROOM, attempt=attempt)


@dataclass(eq=False)
class Publisher:
    """A worker with an attempt at the text."""

    bus: WireBus
    stream: Stream
    timer: FrozenTimer

    def speak(self, chance: random.Random) -> None:
        word = f"{chance.randrange(1000)} "
        self.stream.append(chance.choice(CHANNELS), word)
        self.timer.advance(chance.choice((0.0, 0.005, 0.03)))


@dataclass(eq=False)
class Web:
    """A web process and the reading of checkpoints that it has under way."""

    hall: Hall
    number: int
    reading: tuple[float, StreamSnapshot | StreamClosed | None] | None = None

    def begin_reading(self, table: Table) -> None:
        if self.reading is None:
            self.reading = (monotonic(), table.row)

    def finish_reading(self) -> None:
        """As `Tail` does."""
        if self.reading is None:
            return
        (began, row), self.reading = self.reading, None
        fanout = self.hall.fanout
        if isinstance(row, StreamSnapshot):
            fanout.receive_checkpoint(row)
        elif row is not None:
            fanout.receive(row)
        known = {TURN} if isinstance(row, StreamSnapshot) else set()
        fanout.end_silent([ROOM], known=known, began=began)


class World:
    """Publishers, the table and two web processes; a seed decides what happens."""

    def __init__(self, db: Database, seed: int) -> None:
        self.chance = random.Random(seed)
        self.db = db
        self.table = Table()
        self.webs = [Web(Hall(self.ask), number) for number in range(2)]
        self.publishers: list[Publisher] = []
        self.open_attempt()

    @property
    def current(self) -> Publisher:
        return self.publishers[-1]

    def open_attempt(self) -> None:
        """A worker takes the text up; who had it before is dead, or asleep."""
        bus, timer = WireBus(len(self.webs)), FrozenTimer()
        streams = Streams(self.db, bus=bus, timer=timer, checkpoint_seconds=1e6)
        attempt = len(self.publishers) + 1
        stream = streams.open(stream_id=TURN, room=ROOM, attempt=attempt)
        self.publishers.append(Publisher(bus, stream, timer))

    def ask(self, room: str) -> None:
        for publisher in self.publishers:
            publisher.bus.questions.append(room)

    # What may happen

    def speak(self) -> None:
        self.current.speak(self.chance)

    def checkpoint(self) -> None:
        self.table.write(self.current.stream.snapshot())

    def join(self) -> None:
        web = self.chance.choice(self.webs)
        if len(web.hall.seats) < 4:
            self.enter(web)

    def enter(self, web: Web) -> Seat:
        if not web.hall.seats and isinstance(self.table.row, StreamClosed):
            web.hall.fanout.receive(self.table.row)
        return web.hall.sit(ROOM)

    def leave(self) -> None:
        web = self.chance.choice(self.webs)
        if web.hall.seats:
            web.hall.go(self.chance.choice(web.hall.seats), ROOM)

    def answer(self) -> None:
        publisher = self.chance.choice(self.publishers)
        if publisher.bus.questions:
            publisher.bus.answer()

    def arrive(self) -> None:
        web = self.chance.choice(self.webs)
        way = self.chance.choice(self.publishers).bus.ways[web.number]
        for _ in range(min(len(way), self.chance.randint(1, 8))):
            web.hall.fanout.receive(way.popleft())

    def lose(self) -> None:
        """The bus is away for a moment."""
        for publisher in self.publishers:
            for way in publisher.bus.ways:
                for _ in range(self.chance.randint(0, len(way))):
                    way.popleft()
            if self.chance.random() < 0.5:
                publisher.bus.questions.clear()

    def die(self) -> None:
        if len(self.publishers) < 4:
            self.open_attempt()

    def wake(self) -> None:
        """A paused worker goes on as if nothing had happened."""
        sleeper = self.chance.choice(self.publishers)
        sleeper.speak(self.chance)
        self.table.write(sleeper.stream.snapshot())

    def begin_reading(self) -> None:
        self.chance.choice(self.webs).begin_reading(self.table)

    def finish_reading(self) -> None:
        self.chance.choice(self.webs).finish_reading()

    def happen(self, weights: Mapping[str, int]) -> None:
        [name] = self.chance.choices(list(weights), list(weights.values()))
        getattr(self, name)()

    # Then all is well again

    def settle(self) -> None:
        """Everything under way arrives; what is due is read."""
        self.current.timer.advance(1)
        for _ in range(3):
            while any(one.bus.questions or any(one.bus.ways) for one in self.publishers):
                for publisher in self.publishers:
                    while publisher.bus.questions:
                        publisher.bus.answer()
                    for web in self.webs:
                        way = publisher.bus.ways[web.number]
                        while way:
                            web.hall.fanout.receive(way.popleft())
            self.checkpoint()
            for web in self.webs:
                web.finish_reading()
                web.begin_reading(self.table)
                web.finish_reading()

    def end(self) -> None:
        """The answer is saved; the news of its end may be lost."""
        self.current.stream.end()
        if self.chance.random() < 0.5:
            for way in self.current.bus.ways:
                way.clear()
        self.table.end(len(self.publishers))
        for web in self.webs:
            while way := self.current.bus.ways[web.number]:
                web.hall.fanout.receive(way.popleft())
            web.reading = None
            web.begin_reading(self.table)
            web.finish_reading()


ALIVE = {
    "speak": 30,
    "arrive": 25,
    "answer": 12,
    "join": 8,
    "leave": 5,
    "checkpoint": 5,
    "begin_reading": 5,
    "finish_reading": 5,
    "lose": 2,
    "die": 1,
    "wake": 3,
}
ENDED = {"wake": 10, "arrive": 10, "answer": 10, "join": 5, "leave": 5} | {
    "begin_reading": 5,
    "finish_reading": 5,
}


@pytest.mark.parametrize("is_bus_there", [True, False])
async def test_every_reader_has_the_text_once(db: Database, *, is_bus_there: bool) -> None:
    """With a bus that loses things, and with checkpoints alone; then nothing late revives it."""
    weights = dict(ALIVE)
    if not is_bus_there:
        weights["lose"] = 60
    for seed in range(N_SEEDS):
        world = World(db, seed)
        for _ in range(N_STEPS):
            world.happen(weights)
        world.speak()
        world.settle()
        for web in world.webs:
            for seat in web.hall.seats:
                assert seat.shows(TURN) == world.current.stream.texts, seed
        world.end()
        told = {seat: len(seat.events()) for web in world.webs for seat in web.hall.seats}
        for _ in range(40):
            world.happen(ENDED)
        for web in world.webs:
            assert web.hall.fanout.snapshots(ROOM) == [], seed
            for seat in web.hall.seats:
                assert len(seat.events()) == told.get(seat, 0), seed
