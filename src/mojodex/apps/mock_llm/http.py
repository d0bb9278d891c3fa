"""As much HTTP/1.1 as the mock needs: requests with a length, answers whole or in chunks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
}

JsonObject = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request, read whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class BadRequest(Exception):
    """The client sent what is no HTTP or no chat; answered with 400."""


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request of a connection, None at its end. Raises `BadRequest`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest("the head is too long") from error
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise BadRequest("not an HTTP request")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise BadRequest("the body needs a Content-Length of at most 32 MB")
    body = await reader.readexactly(int(length))
    path = words[1].partition("?")[0]
    return HttpRequest(method=words[0], path=path, headers=headers, body=body)


async def send_json(
    writer: asyncio.StreamWriter,
    status: int,
    body: JsonObject,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a JSON document."""
    data = orjson.dumps(body)
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n{more}\r\n"
    )
    writer.write(head.encode() + data)
    await writer.drain()


async def send_error(
    writer: asyncio.StreamWriter,
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with an error in OpenAI's shape."""
    error = {"message": message, "type": code, "code": code, "param": None}
    await send_json(writer, status, {"error": error}, headers)


def http_chunk(data: bytes) -> bytes:
    """One chunk of an answer whose length is not known."""
    return b"%x\r\n%b\r\n" % (len(data), data)
