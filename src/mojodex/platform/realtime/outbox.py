"""The outgoing side of one socket: a queue, which frames pass by while nothing waits in it.

Engine.IO sends from a queue, by a task that waits with a time-out: that wakes two tasks and sets a
timer for each frame. Where the server lets us (`FRAMES`), a frame goes straight to the connection
instead, as bytes that were spelt once for all sockets. Whatever must wait, waits in the queue.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mojodex.platform.realtime.library import MESSAGE, AsyncSocket, Packet, WebSocket

#: Name of an extension in the scope of a websocket. Its `write` puts a whole frame on the wire at
#: once, or answers False and does nothing (`apps.server`).
FRAMES = "mojodex.frames"
Write = Callable[[bytes], bool]

_TEXT = 0x81
_SHORT, _MEDIUM = 125, 0xFFFF


class Frame(Packet):
    """A message that any number of sockets can be sent; spelt for the wire once."""

    def __init__(self, text: str) -> None:
        super().__init__(MESSAGE, text)
        self._text = text
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """As a server's websocket frame: whole, text, not masked (RFC 6455, section 5.2)."""
        if self._wire is None:
            body = f"{MESSAGE}{self._text}".encode()
            self._wire = _head(len(body)) + body
        return self._wire


def _head(n_bytes: int) -> bytes:
    if n_bytes <= _SHORT:
        return bytes((_TEXT, n_bytes))
    if n_bytes <= _MEDIUM:
        return bytes((_TEXT, 126)) + n_bytes.to_bytes(2, "big")
    return bytes((_TEXT, 127)) + n_bytes.to_bytes(8, "big")


class Outbox(asyncio.Queue[Packet | None]):
    """Sends at once what need not wait. Everything else is sent in order by Engine.IO's own task;
    while that has anything left, or in its hands, nothing passes it by."""

    def __init__(self) -> None:
        super().__init__()
        self._write: Write | None = None
        self._socket: AsyncSocket | None = None
        self._n_in_hand = 0

    def connect(self, socket: AsyncSocket, write: Write | None) -> None:
        """The socket's websocket is there; `write` where its server can take frames."""
        self._socket, self._write = socket, write

    def put_nowait(self, item: Packet | None) -> None:
        if not (isinstance(item, Frame) and self._is_clear and self._passes(item)):
            super().put_nowait(item)

    @property
    def _is_clear(self) -> bool:
        return self._n_in_hand == 0 and self.empty()

    def _passes(self, frame: Frame) -> bool:
        return self._write is not None and self._is_connected and self._write(frame.wire)

    @property
    def _is_connected(self) -> bool:
        """Before, what is taken goes out by polling."""
        return self._socket is not None and self._socket.upgraded

    def get_nowait(self) -> Packet | None:
        item = super().get_nowait()
        if item is not None and self._is_connected:
            self._n_in_hand += 1
        return item

    def note_sent(self) -> None:
        """What was taken is on the wire."""
        if self._is_connected:
            self._n_in_hand -= 1


class Channel(WebSocket):
    """A websocket of Engine.IO that makes its server's extension known to the outbox."""

    def __init__(self, handler: Any, server: object) -> None:
        super().__init__(handler, server)
        #: `handler` is a method of the socket; there is no other way to it.
        self._socket: AsyncSocket = handler.__self__

    async def __call__(self, environ: Mapping[str, Any]) -> str:
        extensions = environ["asgi.scope"].get("extensions") or {}
        self._outbox.connect(self._socket, extensions.get(FRAMES, {}).get("write"))
        return await super().__call__(environ)

    async def send(self, message: str | bytes) -> None:
        await super().send(message)
        self._outbox.note_sent()

    @property
    def _outbox(self) -> Outbox:
        if not isinstance(self._socket.queue, Outbox):
            raise TypeError("a socket whose queue is not ours")
        return self._socket.queue
