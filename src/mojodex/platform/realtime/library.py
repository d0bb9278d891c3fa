"""The only module that imports the Socket.IO library: without the clients that it brings along.

Its package loads managers over Redis and a synchronous client, and with them redis and requests:
a tenth of a start and many megabytes, for parts that nobody here uses. It does without them when
they are not installed, so that is what it is told. Our own bus loads `redis` when there is one.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Absent(MetaPathFinder):
    """Finds some packages nowhere."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
        return None


@contextmanager
def _without(*names: str) -> Iterator[None]:
    absent = _Absent(frozenset(names))
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)


with _without("redis", "requests"):
    import socketio
    from engineio.async_drivers.asgi import WebSocket
    from engineio.async_socket import AsyncSocket
    from engineio.packet import MESSAGE, Packet
    from socketio.exceptions import ConnectionRefusedError as SocketRefused
    from socketio.packet import EVENT

__all__ = ["EVENT", "MESSAGE", "AsyncSocket", "Packet", "SocketRefused", "WebSocket", "socketio"]
