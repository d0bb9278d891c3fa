"""The released clients, as far as the wire sees them: REST with a bare token, and sockets."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import socketio

from tests.harness.listening import wait_until

EVENTS = (
    "mojo_token",
    "draft_token",
    "mojo_message",
    "draft_message",
    "user_message_reception",
    "user_task_execution_start",
    "user_task_execution_title",
    "error",
)
Ack = Callable[[str, Any], object]


def acknowledge(event: str, payload: Any) -> object:
    """What the released clients answer: the key of a message, or the version of a draft."""
    if event == "mojo_message":
        return {"session_id": payload["session_id"], "message_pk": payload["message_pk"]}
    if event == "draft_message":
        return {
            "session_id": payload["session_id"],
            "produced_text_version_pk": payload["produced_text_version_pk"],
        }
    return None


def acknowledge_as_mobile(event: str, payload: Any) -> object:
    """The mobile app sends its numbers as text."""
    ack = acknowledge(event, payload)
    return {key: str(value) for key, value in ack.items()} if isinstance(ack, dict) else ack


def stay_silent(_event: str, _payload: Any) -> object:
    """What the CLI does with messages of another session: an acknowledgement without data."""
    return None


class OldSocket:
    """One socket on the default namespace, by websocket only. Keeps every event in order."""

    def __init__(self, url: str, auth: object, *, ack: Ack = acknowledge) -> None:
        self._url = url
        self._auth = auth
        self._ack = ack
        self.told: list[tuple[str, Any]] = []
        #: What came with the packet that refuses a connection.
        self.refusal: Any = None
        self.client = socketio.AsyncClient(reconnection=False)
        for event in EVENTS:
            self.client.on(event, self._taker(event))
        self.client.on("connect_error", self._note_refusal)

    def _note_refusal(self, data: Any = None) -> None:
        self.refusal = data

    def _taker(self, event: str) -> Callable[[Any], object]:
        def take(payload: Any) -> object:
            self.told.append((event, payload))
            return self._ack(event, payload)

        return take

    async def connect(self, transport: str = "websocket") -> None:
        """Raises socketio's ConnectionError when refused."""
        await self.client.connect(
            self._url, auth=self._auth, transports=[transport], wait_timeout=5
        )

    async def call(self, event: str, payload: object) -> Any:
        """Emit with an acknowledgement callback and wait for it."""
        return await self.client.call(event, payload, timeout=5)

    async def start_session(self, session_id: object, **more: object) -> Any:
        return await self.call(
            "start_session", {"session_id": session_id, "version": "0.4.11"} | more
        )

    def of(self, event: str) -> list[Any]:
        """The payloads of one event, in order."""
        return [payload for name, payload in self.told if name == event]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    async def wait_for(self, event: str, n: int = 1, seconds: float = 15) -> list[Any]:
        """At least `n` payloads of an event."""
        await wait_until(lambda: len(self.of(event)) >= n, seconds)
        return self.of(event)


@asynccontextmanager
async def listening(url: str, token: str, *, ack: Ack = acknowledge) -> AsyncIterator[OldSocket]:
    """A connected socket."""
    socket = OldSocket(url, {"token": token}, ack=ack)
    await socket.connect()
    try:
        yield socket
    finally:
        await socket.client.disconnect()


class OldClient:
    """REST as the web app's proxy, the mobile app and the CLI speak it."""

    def __init__(self, url: str, token: str, *, platform: str = "webapp") -> None:
        self.token = token
        self._common = {
            "datetime": "2026-11-02T09:30:00.000Z",
            "version": "0.4.11",
            "platform": platform,
        }
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=30,
            headers={"Authorization": token} if token else {},
            verify=False,
        )

    async def __aenter__(self) -> "OldClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._read(await self._client.get(path, params=self._common | query))

    async def delete(self, path: str, **query: Any) -> dict[str, Any]:
        return self._read(await self._client.delete(path, params=self._common | query))

    async def put(self, path: str, **body: Any) -> dict[str, Any]:
        return self._read(await self._client.put(path, json=self._common | body))

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._read(await self._client.post(path, json=self._common | body))

    async def run(self, execution_pk: int, inputs: Mapping[str, str]) -> dict[str, Any]:
        """Start an execution with its form, as multipart."""
        items = [{"input_name": name, "input_value": value} for name, value in inputs.items()]
        return await self.send_form(
            "POST",
            "/user_task_execution_run",
            user_task_execution_pk=execution_pk,
            inputs=json.dumps(items),
            **self._common,
        )

    async def send_form(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        parts = [(name, (None, str(value))) for name, value in fields.items()]
        return self._read(await self._client.request(method, path, files=parts))

    @staticmethod
    def _read(response: httpx.Response) -> dict[str, Any]:
        """Only status 200 is a success for these clients."""
        body: dict[str, Any] = response.json()
        assert response.status_code == 200, (response.status_code, body)
        return body
