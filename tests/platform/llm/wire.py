"""An endpoint on loopback that plays scripted bytes, and sees when its client leaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

import orjson

from mojodex.apps.mock_llm.http import HttpRequest, read_request
from mojodex.platform.llm.configuration import Endpoint, ModelTimeouts
from mojodex.platform.llm.openai_protocol import OpenAIEngine


class End(Enum):
    """Ways for an answer to stop."""

    #: The connection is torn down in the middle.
    CUT = "cut"
    #: Nothing more is sent, nothing is closed.
    HANG = "hang"


#: Bytes are sent, a number is a pause in seconds.
Reply = Sequence[bytes | float | End]


@dataclass
class WireServer:
    """Plays one reply per request, the last one for ever."""

    replies: list[Reply]
    requests: list[HttpRequest] = field(default_factory=list)
    client_left: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    @property
    def bodies(self) -> list[dict[str, object]]:
        return [orjson.loads(request.body) for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                self.requests.append(request)
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                left = asyncio.create_task(self._watch(reader, writer))
                try:
                    await self._play(reply, writer)
                finally:
                    left.cancel()
                    await asyncio.wait([left])
        except ConnectionError:
            self.client_left.set()
        finally:
            writer.close()

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that leaves with bytes unread resets the connection instead of ending it.
        while not (reader.at_eof() or writer.is_closing()):
            await asyncio.sleep(0.005)
        self.client_left.set()

    async def _play(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        for step in reply:
            match step:
                case bytes():
                    writer.write(step)
                    await writer.drain()
                    await asyncio.sleep(0)
                case End.CUT:
                    writer.transport.abort()
                    raise ConnectionResetError
                case End.HANG:
                    await self.client_left.wait()
                    raise ConnectionResetError
                case float():
                    await asyncio.sleep(step)


@asynccontextmanager
async def wire_server(*replies: Reply) -> AsyncIterator[WireServer]:
    """The endpoint, listening on a free port."""
    wire = WireServer(list(replies))
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(wire.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield wire
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def engine_at(
    url: str,
    *,
    model: str | None = "model-x",
    provider: str = "openai",
    timeouts: ModelTimeouts | None = None,
    api_version: str | None = None,
) -> AsyncIterator[OpenAIEngine]:
    """An engine for an address, closed at the end."""
    engine = OpenAIEngine(
        Endpoint(
            provider=provider,
            model=model,
            base_url=url,
            api_key="secret-key",
            timeouts=timeouts or ModelTimeouts(),
            api_version=api_version,
            deployment="deployment-x" if api_version else None,
        )
    )
    try:
        yield engine
    finally:
        await engine.aclose()


def sse_head(media_type: str = "text/event-stream") -> bytes:
    """Head of a stream whose end is the end of its chunks."""
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST = b"0\r\n\r\n"


def event(delta: object, reason: str | None = None, **more: object) -> bytes:
    """One server-sent event with a delta."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return b"data: " + orjson.dumps({"model": "model-x", "choices": [choice], **more}) + b"\n\n"


def says(text: str) -> bytes:
    return event({"content": text})


DONE = b"data: [DONE]\n\n"
STOP = event({}, "stop")


def stream(*events: bytes) -> Reply:
    """A whole stream, one HTTP chunk per event."""
    return [sse_head(), *(chunk(piece) for piece in events), LAST]


def plain(status: int, body: object, *headers: str) -> Reply:
    """A whole answer that is no stream."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", *headers]
    if not any(line.startswith("Content-Type") for line in headers):
        lines.append("Content-Type: application/json")
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + data]
