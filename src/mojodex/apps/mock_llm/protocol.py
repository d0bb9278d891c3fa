"""OpenAI's chat protocol from the side of the server."""

import base64
import re
import time

import orjson

from mojodex.apps.mock_llm.http import BadRequest, JsonObject, http_chunk
from mojodex.kit.ids import new_id
from mojodex.platform.llm import (
    ChatMessage,
    ContractKind,
    DemoAuthor,
    ImagePart,
    OutputContract,
    Role,
)

MODEL = "demo"
_DATA_URL = re.compile(r"data:(image/[a-z+.-]+);base64,([A-Za-z0-9+/=]+)")
_FREE_JSON = {"type": "object", "properties": {"answer": {"type": "string"}}}


class Frames:
    """The bytes of one stream: server-sent events in HTTP chunks, made of few parts."""

    def __init__(self) -> None:
        start = (
            f'data: {{"id":"chatcmpl-{new_id().hex}","object":"chat.completion.chunk",'
            f'"created":{int(time.time())},"model":"{MODEL}","choices":['
        )
        self._start = start.encode()

    def head(self) -> bytes:
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        delta = b'{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
        return head + http_chunk(self._start + delta)

    def token(self, token: str) -> bytes:
        content = orjson.dumps(token)
        delta = b'{"index":0,"delta":{"content":' + content + b'},"finish_reason":null}]}\n\n'
        return http_chunk(self._start + delta)

    def tail(self, usage: JsonObject | None) -> bytes:
        end = self._start + b'{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        if usage is not None:
            end += self._start + b'],"usage":' + orjson.dumps(usage) + b"}\n\n"
        return http_chunk(end + b"data: [DONE]\n\n") + b"0\r\n\r\n"


def contract_of_format(request: JsonObject) -> OutputContract | None:
    """What the protocol itself says about the form; the prompt's words may say more."""
    form = request.get("response_format")
    if not isinstance(form, dict) or form.get("type") == "text":
        return None
    stated = form.get("json_schema")
    if isinstance(stated, dict) and isinstance(schema := stated.get("schema"), dict):
        return OutputContract(kind=ContractKind.JSON, schema=schema)
    if DemoAuthor.has_stated_schema(decode_messages(request.get("messages"))):
        return None
    return OutputContract(kind=ContractKind.JSON, schema=_FREE_JSON)


def decode_messages(given: object) -> tuple[ChatMessage, ...]:
    """The conversation of a request, with its images. Raises `BadRequest`."""
    if not isinstance(given, list) or not given:
        raise BadRequest("messages must be a list that is not empty")
    return tuple(_decode_message(message) for message in given)


def _decode_message(message: object) -> ChatMessage:
    if not isinstance(message, dict):
        raise BadRequest("a message must be an object")
    content = message.get("content")
    images: tuple[ImagePart, ...] = ()
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        content = "\n".join(str(part["text"]) for part in parts if part.get("text"))
        images = tuple(_decode_image(part) for part in parts if part.get("type") == "image_url")
    spoken = str(message.get("role"))
    role = {"assistant": Role.ASSISTANT, "user": Role.USER}.get(spoken, Role.SYSTEM)
    return ChatMessage(role, str(content or ""), images)


def _decode_image(part: JsonObject) -> ImagePart:
    """An image in a data URL; the mock fetches no other."""
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    found = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        raise BadRequest("image_url must hold a data URL with a base64 image")
    try:
        return ImagePart(data=base64.b64decode(found[2], validate=True), media_type=found[1])
    except ValueError as error:
        raise BadRequest("image_url must hold base64") from error
