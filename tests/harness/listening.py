"""A v1 client on a socket, as a program would write it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import socketio
from pydantic import TypeAdapter

from mojodex.faces.v1.wire.notices import AnyNotice

Notices: TypeAdapter[Any] = TypeAdapter(AnyNotice)
Ack = Callable[[dict[str, Any]], object]


def acknowledge(notice: dict[str, Any]) -> object:
    """What a good client answers to a final."""
    key = notice.get("delivery_id")
    return None if key is None else {"delivery_id": key}


class Listener:
    """One `/v1` socket. Keeps every notice, each checked against its model."""

    def __init__(self, url: str, token: str | None, *, ack: Ack = acknowledge) -> None:
        self._url = url
        self._token = token
        self._ack = ack
        self.notices: list[dict[str, Any]] = []
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("notice", self._take, namespace="/v1")

    async def _take(self, payload: dict[str, Any]) -> object:
        Notices.validate_python(payload)
        self.notices.append(payload)
        return self._ack(payload)

    async def connect(self, *, headers: Mapping[str, str] | None = None) -> None:
        """Raises socketio's ConnectionError when refused."""
        await self.client.connect(
            self._url,
            headers=dict(headers or {}),
            auth=None if self._token is None else {"token": self._token},
            transports=["websocket"],
            namespaces=["/v1"],
            wait_timeout=5,
        )

    async def call(self, event: str, payload: object) -> dict[str, Any]:
        """Emit and wait for the acknowledgement."""
        answer: dict[str, Any] = await self.client.call(event, payload, namespace="/v1", timeout=5)
        return answer

    async def join(self, session_id: object) -> dict[str, Any]:
        return await self.call("join", {"session_id": str(session_id)})

    async def close(self) -> None:
        await self.client.disconnect()

    async def __aenter__(self) -> "Listener":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The notices of one type, in order."""
        return [notice for notice in self.notices if notice["type"] == kind]

    async def wait_for(self, kind: str, n: int = 1, seconds: float = 10) -> list[dict[str, Any]]:
        """At least `n` notices of a type."""
        await wait_until(lambda: len(self.of(kind)) >= n, seconds)
        return self.of(kind)


async def wait_until(
    condition: Callable[[], object], seconds: float = 10, pause: float = 0.01
) -> None:
    """Until the condition holds. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(pause)


async def wait_until_async(
    condition: Callable[[], Awaitable[object]], seconds: float = 10, pause: float = 0.05
) -> None:
    """As `wait_until`, for conditions that have to ask somebody."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(pause)
