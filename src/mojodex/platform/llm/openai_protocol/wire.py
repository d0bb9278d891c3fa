"""OpenAI's chat protocol as bytes: requests out, a stream of server-sent events in.

No object is built per chunk; `orjson` reads each line and only text, reason and usage are looked
at. What real endpoints do besides the book is borne: CRLF, comments to keep the line alive, chunks
with a role only, null deltas, empty choices, content as a list of parts, usage in odd places or
nowhere, no `[DONE]`, or a plain JSON answer to a call for a stream.
"""

import base64
from collections.abc import Mapping

import orjson

from mojodex.platform.llm.errors import ContentFiltered, ModelStreamMalformed
from mojodex.platform.llm.openai_protocol.failures import Complaint, explain
from mojodex.platform.llm.vocabulary import (
    ChatMessage,
    FinishReason,
    ModelInfo,
    ModelRequest,
    Usage,
)

#: A line longer than this is not a piece of an answer.
MAX_LINE_BYTES = 1_000_000
_LENGTH_REASONS = frozenset({"length", "model_length", "max_tokens", "max_output_tokens"})

JsonObject = dict[str, object]


def encode_messages(messages: tuple[ChatMessage, ...]) -> list[JsonObject]:
    """The conversation as the wire spells it; images as data URLs."""
    encoded: list[JsonObject] = []
    for message in messages:
        content: object = message.text
        if message.images:
            parts: list[JsonObject] = [{"type": "text", "text": message.text}]
            for image in message.images:
                url = f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"
                parts.append({"type": "image_url", "image_url": {"url": url}})
            content = parts
        encoded.append({"role": message.role.value, "content": content})
    return encoded


def encode_options(request: ModelRequest, dropped: frozenset[str]) -> JsonObject:
    """Everything but model and messages. `dropped`: what this endpoint has refused before."""
    options: JsonObject = {"stream_options": {"include_usage": True}}
    if request.temperature is not None:
        options["temperature"] = request.temperature
    if request.max_tokens is not None:
        options["max_tokens"] = request.max_tokens
    if request.stop:
        options["stop"] = list(request.stop)
    if request.is_json:
        options["response_format"] = {"type": "json_object"}
    if "max_tokens" in dropped and "max_tokens" in options:
        # Newer models of OpenAI know the limit by this name only.
        options["max_completion_tokens"] = options["max_tokens"]
    return {name: value for name, value in options.items() if name not in dropped}


class AnswerReader:
    """Folds the bytes of one answer. Raises `ModelError` for what the endpoint complains about."""

    def __init__(self, info: ModelInfo) -> None:
        self._info = info
        self._rest = b""
        self.model = info.name
        self.reason: FinishReason | None = None
        self.usage: Usage | None = None
        #: `[DONE]` was seen: nothing follows.
        self.is_done = False
        #: The endpoint said anything of its protocol at all.
        self.has_spoken = False
        #: Hidden thoughts arrived: no text, but the model is at work.
        self.n_thoughts = 0

    def feed(self, data: bytes) -> str:
        """The text that these bytes complete, "" when none."""
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES:
            raise self._malformed("an endless line")
        return self._read_lines(lines)

    def finish(self) -> str:
        """The end of the bytes: a last line without its newline counts."""
        rest, self._rest = self._rest, b""
        return self._read_lines([rest]) if rest else ""

    def read_whole(self, body: bytes) -> str:
        """An answer that came as one JSON document though a stream was asked for."""
        text = self._read_chunk(body)
        if not self.has_spoken:
            raise self._malformed("a JSON document without an answer")
        self.reason = self.reason or FinishReason.STOP
        self.is_done = True
        return text

    def _read_lines(self, lines: list[bytes]) -> str:
        text = ""
        for line in lines:
            if line.startswith(b"data:") and not self.is_done:
                payload = line[5:].strip()
                if payload == b"[DONE]":
                    self.is_done = self.has_spoken = True
                elif payload:
                    text += self._read_chunk(payload)
        return text

    def _read_chunk(self, payload: bytes) -> str:
        try:
            chunk = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            raise self._malformed(f"not JSON: {payload[:80]!r}") from error
        if not isinstance(chunk, dict):
            raise self._malformed(f"not an object: {payload[:80]!r}")
        if chunk.get("error"):
            raise explain(
                read_complaint(None, chunk), model=self._info.name, provider=self._info.provider
            )
        if isinstance(model := chunk.get("model"), str) and model:
            self.model = model
        self._read_usage(chunk)
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            return ""
        self.has_spoken = True
        return self._read_choice(choices[0]) if choices else ""

    def _read_choice(self, choice: object) -> str:
        if not isinstance(choice, dict):
            raise self._malformed("a choice that is no object")
        delta = choice.get("delta") or choice.get("message")
        text = self._read_delta(delta) if isinstance(delta, dict) else ""
        reason = choice.get("finish_reason")
        if reason == "content_filter":
            raise ContentFiltered(
                model=self.model, provider=self._info.provider, detail="the answer was stopped"
            )
        if isinstance(reason, str) and reason:
            is_cut = reason in _LENGTH_REASONS
            self.reason = FinishReason.LENGTH if is_cut else FinishReason.STOP
        return text

    def _read_delta(self, delta: JsonObject) -> str:
        content = delta.get("content")
        if isinstance(content, str) and content:
            return content
        if isinstance(content, list):
            return self._read_parts(content)
        if delta.get("reasoning_content") or delta.get("reasoning"):
            self.n_thoughts += 1
        return ""

    def _read_parts(self, parts: list[object]) -> str:
        """Content as a list: text parts count, thoughts and the rest do not."""
        text = ""
        for part in parts:
            if isinstance(part, dict) and part.get("type") == "text":
                text += str(part.get("text") or "")
            else:
                self.n_thoughts += 1
        return text

    def _read_usage(self, chunk: JsonObject) -> None:
        usage = chunk.get("usage")
        if not isinstance(usage, dict):
            # Groq's older place.
            extra = chunk.get("x_groq")
            usage = extra.get("usage") if isinstance(extra, dict) else None
        if not isinstance(usage, dict):
            return
        details = usage.get("prompt_tokens_details")
        self.usage = Usage(
            input_tokens=_count(usage, "prompt_tokens"),
            output_tokens=_count(usage, "completion_tokens"),
            cached_tokens=_count(details, "cached_tokens") if isinstance(details, dict) else 0,
            model=self.model,
        )

    def _malformed(self, detail: str) -> ModelStreamMalformed:
        return ModelStreamMalformed(
            model=self._info.name, provider=self._info.provider, detail=detail
        )


def _count(values: Mapping[str, object], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0


def read_complaint(
    status: int | None, body: object, *, retry_after: float | None = None
) -> Complaint:
    """The endpoint's words out of any of the shapes in which errors come."""
    error = body.get("error") if isinstance(body, dict) else None
    source = error if isinstance(error, dict) else body
    if isinstance(error, str):
        source = {"message": error}
    if not isinstance(source, dict):
        source = {"message": str(source or "")}
    words = [source.get("message"), source.get("detail"), source.get("msg")]
    message = next((str(word) for word in words if word), "")
    marks = [source.get("code"), source.get("type")]
    inner = source.get("innererror")
    if isinstance(inner, dict):
        marks.append(inner.get("code"))
    param = source.get("param")
    return Complaint(
        status=status,
        code=" ".join(str(mark) for mark in marks if mark),
        message=message,
        param=str(param) if param else None,
        retry_after=retry_after,
    )
