"""The one place that knows python-socketio from within.

Events are put straight into a socket's outgoing queue, or past it (`outbox`): no task per recipient
(with the library's manager, p99 is 84 ms instead of 9), no await between a room's state and its
packets, and the length of the queue tells who does not read.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from mojodex.platform.realtime.library import EVENT, AsyncSocket, socketio
from mojodex.platform.realtime.outbox import Channel, Frame, Outbox

#: The handshake that the released Mojodex clients know.
PING_SECONDS = 15
PING_TIMEOUT_SECONDS = 40
MAX_INBOUND_BYTES = 1_000_000
NO_NAMESPACE = "-"


class SocketJson:
    """orjson in the form that python-socketio expects."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: object) -> Any:
        return orjson.loads(text)


class Clients(socketio.AsyncManager):
    """The in-memory registry, which tells us of completed connections and of acknowledgements."""

    def __init__(
        self,
        *,
        on_connected: Callable[[str], Awaitable[None]],
        on_ack: Callable[[str, int, Sequence[object]], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._on_connected = on_connected
        self._on_ack = on_ack

    async def connect(self, sid: str, namespace: str) -> str:
        connected = await super().connect(sid, namespace)
        await self._on_connected(connected)
        return connected

    async def trigger_callback(self, sid: str, ack_id: int, data: Sequence[object], /) -> None:
        await self._on_ack(sid, ack_id, data)


def build_server(
    clients: Clients, *, ping: int = PING_SECONDS, ping_timeout: int = PING_TIMEOUT_SECONDS
) -> socketio.AsyncServer:
    """A Socket.IO server with our limits. Any origin: a token is not sent by a browser unasked."""
    logger = logging.getLogger("mojodex.sockets")
    server = socketio.AsyncServer(
        client_manager=clients,
        logger=logger,
        engineio_logger=logger,
        json=SocketJson,
        # One event of a client after another: its order is kept, and a flood waits in its socket.
        async_handlers=False,
        # Only namespaces with handlers; left empty, the library would accept "/" from anybody.
        namespaces=[NO_NAMESPACE],
        async_mode="asgi",
        ping_interval=ping,
        ping_timeout=ping_timeout,
        max_http_buffer_size=MAX_INBOUND_BYTES,
        cors_allowed_origins="*",
        # Cookies of other origins are not for us; the face checks the origin of those it accepts.
        cors_credentials=False,
        transports=["polling", "websocket"],
    )
    server.eio.create_queue = Outbox
    server.eio._async = {**server.eio._async, "websocket": Channel}
    return server


def encode_frame(
    namespace: str, event: str, payload: object, ack_id: int | None = None
) -> tuple[Frame, int]:
    """An event as it goes over the wire, and its size in bytes."""
    body = orjson.dumps([event, payload])
    place = "" if namespace == "/" else f"{namespace},"
    number = "" if ack_id is None else ack_id
    head = f"{EVENT}{place}{number}"
    return Frame(head + body.decode()), len(head) + len(body)


class Line:
    """The outgoing queue of one socket; what is put there is sent in order."""

    def __init__(self, socket: AsyncSocket) -> None:
        self._socket = socket

    @property
    def backlog(self) -> int:
        """How many frames the client has not taken yet."""
        return self._socket.queue.qsize()

    def send(self, frame: Frame) -> None:
        if not self._socket.closed:
            self._socket.queue.put_nowait(frame)

    async def cut(self) -> None:
        """Close without farewell, for a client that does not read; its backlog is thrown away."""
        await self._socket.close(wait=False, abort=True)
        while not self._socket.queue.empty():
            self._socket.queue.get_nowait()
            self._socket.queue.task_done()
        self._socket.queue.put_nowait(None)


def open_line(server: socketio.AsyncServer, sid: str, namespace: str) -> Line | None:
    """The line of a connected client; None when it has gone already."""
    engine_sid = server.manager.eio_sid_from_sid(sid, namespace)
    socket = server.eio.sockets.get(engine_sid) if engine_sid is not None else None
    return Line(socket) if socket is not None else None
