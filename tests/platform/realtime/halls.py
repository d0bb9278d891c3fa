"""Web processes without a network: real rooms, streams and outgoing sides of sockets, stepwise."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson

from mojodex.platform.realtime import LocalBus, Peer
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.link import Link
from mojodex.platform.realtime.outbox import Frame
from mojodex.platform.realtime.transport import Line
from tests.platform.realtime.support import ANN, ToyFace


class KeptLine(Line):
    """Keeps what a socket would be sent."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    @property
    def backlog(self) -> int:
        return 0

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)


class Seat:
    """One socket in a hall."""

    def __init__(self, number: int, face: ToyFace) -> None:
        self.line = KeptLine()
        peer = Peer(sid=str(number), namespace=face.namespace, user_id=ANN, login_id=None)
        self.link = Link(peer, face, self.line)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        texts = [str(frame.data) for frame in self.line.frames]
        packets = [orjson.loads(text[text.index("[") :]) for text in texts]
        return [(event, body) for event, body in packets]

    def shows(self, stream_id: UUID) -> dict[str, str]:
        """What a client shows that obeys the protocol; fails on a hole, a repeat or a step back.

        As clients do, it resets at a higher attempt and ignores a lower one.
        """
        texts: dict[str, str] = {}
        attempt = seq = -1
        for event, body in self.events():
            if body["stream"] != str(stream_id) or body["attempt"] < attempt:
                continue
            if event == "snapshot":
                assert (body["attempt"], body["seq"]) >= (attempt, seq), self.events()
                texts, attempt, seq = dict(body["texts"]), body["attempt"], body["seq"]
            else:
                assert (body["attempt"], body["seq"]) == (attempt, seq + 1), self.events()
                seq += 1
                texts[body["channel"]] = texts.get(body["channel"], "") + body["text"]
        return texts


class Hall:
    """The rooms of one web process."""

    def __init__(self, ask: Callable[[str], None] = lambda room: None) -> None:
        self.fanout = Fanout(LocalBus())
        self.fanout.ask = ask
        self.face = ToyFace()
        self.seats: list[Seat] = []
        self._n_seats = 0

    def sit(self, room: str) -> Seat:
        """A new socket enters."""
        self._n_seats += 1
        seat = Seat(self._n_seats, self.face)
        self.seats.append(seat)
        self.fanout.enter(seat.link, room)
        return seat

    def go(self, seat: Seat, room: str) -> None:
        self.seats.remove(seat)
        self.fanout.leave(seat.link, room)
