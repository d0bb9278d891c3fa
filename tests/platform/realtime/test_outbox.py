"""What goes straight to a connection and what waits: never out of order, whoever else sends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest
from engineio.async_socket import AsyncSocket
from engineio.packet import Packet as EnginePacket
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import EVENT
from socketio.packet import Packet as SocketPacket
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from mojodex.platform.realtime import session_room
from mojodex.platform.realtime.outbox import Frame, Outbox
from mojodex.platform.realtime.transport import encode_frame
from tests.platform.realtime.support import Web, client

PING = 2


@pytest.mark.parametrize("length", [0, 1, 123, 124, 125, 65_533, 65_534, 65_535, 100_000])
def test_a_frame_is_spelt_as_the_library_does(length: int) -> None:
    frame = Frame("é" * (length // 2) + "x" * (length % 2))
    body = f"4{frame.data!s}".encode()
    assert frame.wire == WireFrame(Opcode.TEXT, body).serialize(mask=False)
    assert cast("Any", frame).encode() == body.decode()


@pytest.mark.parametrize("namespace", ["/", "/v1"])
@pytest.mark.parametrize("ack_id", [None, 0, 12])
def test_an_event_is_spelt_as_the_library_does(namespace: str, ack_id: int | None) -> None:
    payload = {"text": "é\u2028", "n": 1}
    frame, size = encode_frame(namespace, "notice", payload, ack_id)
    packet = SocketPacket(EVENT, ["notice", payload], namespace, ack_id, False)
    decoded = cast("Any", SocketPacket)(encoded_packet=str(frame.data))
    assert (decoded.packet_type, decoded.namespace or "/") == (EVENT, namespace)
    assert (decoded.id, decoded.data) == (ack_id, ["notice", payload])
    assert size == len(str(frame.data).encode())
    assert str(packet.encode()).partition("[")[0] == str(frame.data).partition("[")[0]


@dataclass
class Wire:
    """A connection that takes frames while it is open, and Engine.IO's task that sends the rest."""

    outbox: Outbox = field(default_factory=Outbox)
    upgraded: bool = True
    is_open: bool = True
    sent: list[str] = field(default_factory=list)
    in_hand: list[EnginePacket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox.connect(cast("AsyncSocket", self), self._write)

    def _write(self, frame: bytes) -> bool:
        if self.is_open:
            self.sent.append(frame[2:].decode())
        return self.is_open

    def take(self) -> None:
        """The task takes what waits first."""
        if not self.outbox.empty():
            packet = self.outbox.get_nowait()
            assert packet is not None
            self.in_hand.append(packet)

    def send(self) -> None:
        """The task has sent what it took first, as far as the connection takes it."""
        if self.in_hand and self.is_open:
            self.sent.append(cast("Any", self.in_hand.pop(0)).encode())
            self.outbox.note_sent()

    def drain(self) -> None:
        self.is_open = True
        while self.in_hand or not self.outbox.empty():
            self.take()
            self.send()


ACTS: dict[str, Callable[[Wire], None]] = {
    "take": Wire.take,
    "send": Wire.send,
    "open": lambda wire: setattr(wire, "is_open", True),
    "close": lambda wire: setattr(wire, "is_open", False),
}


@given(st.lists(st.sampled_from([*ACTS, "frame", "ping"]), max_size=60))
def test_nothing_overtakes(acts: list[str]) -> None:
    wire = Wire()
    expected = []
    for number, act in enumerate(acts):
        if act in ACTS:
            ACTS[act](wire)
        else:
            packet = Frame(str(number)) if act == "frame" else EnginePacket(PING, str(number))
            expected.append(cast("Any", packet).encode())
            wire.outbox.put_nowait(packet)
    wire.drain()
    assert wire.sent == expected


def test_what_the_connection_takes_wakes_nobody() -> None:
    wire = Wire()
    wire.outbox.put_nowait(Frame("a"))
    assert (wire.sent, wire.outbox.qsize()) == (["4a"], 0)


def test_by_polling_everything_waits() -> None:
    wire = Wire(upgraded=False)
    wire.outbox.put_nowait(Frame("a"))
    assert (wire.sent, wire.outbox.qsize()) == ([], 1)
    wire.take()
    wire.upgraded = True
    wire.outbox.put_nowait(Frame("b"))
    assert wire.sent == ["4b"]


def test_where_the_server_takes_no_frames_everything_waits() -> None:
    wire = Wire()
    wire.outbox.connect(cast("AsyncSocket", wire), None)
    wire.outbox.put_nowait(Frame("a"))
    assert wire.outbox.qsize() == 1


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]])
async def test_words_pass_the_queue_of_a_served_socket(web: Web, transports: list[str]) -> None:
    async with client(web, transports=transports) as ann:
        await ann.join(101)
        [socket] = web.server._sio.eio.sockets.values()
        outbox = socket.queue
        assert isinstance(outbox, Outbox)
        async with asyncio.timeout(30):
            while not (socket.upgraded and outbox._is_clear):
                await asyncio.sleep(0.01)
        passed: list[bytes] = []
        write = outbox._write
        assert write is not None

        def note(frame: bytes) -> bool:
            passed.append(frame)
            return write(frame)

        outbox.connect(socket, note)
        stream = web.streams.open(
            stream_id=UUID(int=9), room=session_room(UUID(int=101)), attempt=1
        )
        stream.append("message", "hello")
        await ann.until(lambda: ann.texts() == {"message": "hello"})
        assert len(passed) == 2
        await stream.close()


async def test_a_client_that_does_not_read_is_written_to_no_more(web: Web) -> None:
    """Its frames wait in the queue, where they are counted."""
    async with client(web) as ann, client(web, "1:2") as slow:
        await ann.join(101)
        await slow.join(101)
        [peer] = [one for one in web.server.peers() if one.login_id == UUID(int=2)]
        link = web.server._links[peer.sid]
        transport = cast("Any", slow.sio).eio.ws._response.connection.transport
        transport.pause_reading()
        async with asyncio.timeout(60):
            while link.line.backlog == 0:
                await web.server.emit(peer, "echo", "x" * 100_000)
                await asyncio.sleep(0)
        assert await ann.sio.call("echo", 1, "/toy") == 1
        transport.resume_reading()
        await web.server.emit(peer, "echo", "the last")
        await slow.until(lambda: slow.bodies("echo")[-1:] == ["the last"], 60)
        assert link.line.backlog == 0
