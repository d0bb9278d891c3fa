"""The engine over one endpoint: time-outs, what the endpoint refuses, one try per call."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from mojodex.kit.text import shorten
from mojodex.platform.llm.configuration import Endpoint
from mojodex.platform.llm.engines import estimate_usage
from mojodex.platform.llm.errors import (
    ModelError,
    ModelStreamCut,
    ModelStreamMalformed,
    ModelUnknown,
    PicturesRefused,
)
from mojodex.platform.llm.openai_protocol.deadlines import Deadlines, Read
from mojodex.platform.llm.openai_protocol.failures import (
    Complaint,
    StatusError,
    explain,
    is_blind,
    refuses_pictures,
)
from mojodex.platform.llm.openai_protocol.wire import (
    AnswerReader,
    JsonObject,
    encode_messages,
    encode_options,
)
from mojodex.platform.llm.pictures import has_pictures
from mojodex.platform.llm.vocabulary import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    TextDelta,
)

if TYPE_CHECKING:
    from mojodex.platform.llm.openai_protocol.sdk import Connection

#: Carries the prompt's label, by which `mojodex mock-llm` finds the contract.
LABEL_HEADER = "X-Mojodex-Prompt"
#: A whole answer in one document may be so long.
_MAX_BODY_BYTES = 16_000_000
_REFUSES_OPTION = re.compile(
    r"unsupported|not support|unknown|unrecognized|not permitted|not allowed|unexpected|extra",
    re.IGNORECASE,
)
#: What a provider is known to refuse, so that the first call need not find out.
_KNOWN_REFUSALS = {"mistral": frozenset({"stream_options"})}
_log = structlog.get_logger(__name__)

_Opened = tuple[str, Read]


class OpenAIEngine:
    """A model behind an endpoint that speaks OpenAI's protocol."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._model = endpoint.model
        self._has_vision = endpoint.has_vision
        self._dropped: frozenset[str] = _KNOWN_REFUSALS.get(endpoint.provider, frozenset())
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    @property
    def info(self) -> ModelInfo:
        """The name is "auto" until the endpoint was asked which models it has."""
        return ModelInfo(
            name=self._model or "auto",
            provider=self.endpoint.provider,
            has_vision=self._has_vision,
        )

    async def warm_up(self) -> None:
        """Import the SDK and load certificates, beside the loop; find the model's name."""
        connection = await self._connect()
        if self._model is None:
            deadlines = Deadlines(self.endpoint.timeouts, self.info)
            try:
                await self._find_model(connection, deadlines)
            except ModelError as error:
                # The first call asks again, and tells the person.
                _log.warning("model_not_found", error=error.describe())

    async def aclose(self) -> None:
        """Close pooled connections."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """One call, repeated only without an option that the endpoint refuses."""
        # Before the deadlines: to load the SDK takes its time, which is not the endpoint's.
        connection = await self._connect()
        deadlines = Deadlines(self.endpoint.timeouts, self.info)
        pieces: list[str] = []
        async with self._open(connection, request, deadlines) as (media_type, read):
            reader = AnswerReader(self.info)
            if media_type == "application/json":
                if whole := reader.read_whole(await _read_all(read, deadlines)):
                    yield TextDelta(whole)
                pieces.append(whole)
            while not reader.is_done:
                data = await deadlines.next_bytes(read)
                n_thoughts = reader.n_thoughts
                text = reader.finish() if data is None else reader.feed(data)
                if text or reader.n_thoughts > n_thoughts:
                    deadlines.saw_progress()
                if text:
                    pieces.append(text)
                    yield TextDelta(text)
                if data is None:
                    break
                if reader.reason is not None:
                    deadlines.saw_reason()
        self._check_end(reader, media_type)
        usage = reader.usage or estimate_usage(request, "".join(pieces), reader.model)
        yield Finished(reader.reason or FinishReason.STOP, usage)

    def _check_end(self, reader: AnswerReader, media_type: str) -> None:
        if reader.reason is not None or reader.is_done:
            return
        who = {"model": self.info.name, "provider": self.info.provider}
        if not reader.has_spoken:
            raise ModelStreamMalformed(**who, detail=f"no answer in {media_type or 'the reply'}")
        raise ModelStreamCut(**who, detail="the stream ended before the answer did")

    @asynccontextmanager
    async def _open(
        self, connection: "Connection", request: ModelRequest, deadlines: Deadlines
    ) -> AsyncIterator[_Opened]:
        model = self._model or await self._find_model(connection, deadlines)
        messages = encode_messages(request.messages)
        headers = {LABEL_HEADER: re.sub(r"[^A-Za-z0-9_.-]", "_", request.label)[:100]}
        async with AsyncExitStack() as stack:
            stack.callback(deadlines.close)
            while True:
                options = encode_options(request, self._dropped)
                stream = connection.open_stream(model, messages, options, headers)
                try:
                    opened = await deadlines.wait_for(stack.enter_async_context(stream))
                    break
                except StatusError as error:
                    self._check_pictures(request, error.complaint)
                    self._drop_refused(error.complaint, options, error)
            yield opened

    def _check_pictures(self, request: ModelRequest, complaint: Complaint) -> None:
        """Raises `PicturesRefused`; a model without eyes is shown none from then on."""
        if not has_pictures(request) or not refuses_pictures(complaint):
            return
        if is_blind(complaint):
            self._has_vision = False
        raise PicturesRefused(
            model=self.info.name,
            provider=self.info.provider,
            detail=shorten(complaint.message, 300),
        )

    def _drop_refused(self, complaint: Complaint, options: JsonObject, error: StatusError) -> None:
        """Remember the option that the endpoint refuses; raise if that is not what it said."""
        refused: set[str] = set()
        if complaint.status in (400, 422) and _REFUSES_OPTION.search(
            f"{complaint.code} {complaint.message}"
        ):
            refused = {
                name for name in options if name == complaint.param or name in complaint.message
            }
        if not refused:
            raise self._explain(error)
        _log.info("model_option_dropped", options=sorted(refused), source=self.endpoint.source)
        self._dropped |= refused

    async def _find_model(self, connection: "Connection", deadlines: Deadlines) -> str:
        try:
            model = await deadlines.wait_for(connection.first_model())
        except StatusError as error:
            raise self._explain(error) from error
        if model is None:
            raise ModelUnknown(
                model="", provider=self.endpoint.provider, detail="the endpoint lists no chat model"
            )
        self._model = model
        return model

    def _explain(self, error: StatusError) -> ModelError:
        return explain(error.complaint, model=self.info.name, provider=self.info.provider)

    async def _connect(self) -> "Connection":
        async with self._connecting:
            if self._connection is None:
                self._connection = await asyncio.to_thread(_make_connection, self.endpoint)
            return self._connection


def _make_connection(endpoint: Endpoint) -> "Connection":
    # In a thread: the import takes most of a second, reading the certificates some 30 ms.
    from mojodex.platform.llm.openai_protocol.sdk import Connection

    return Connection(endpoint)


async def _read_all(read: Read, deadlines: Deadlines) -> bytes:
    body = bytearray()
    while len(body) <= _MAX_BODY_BYTES:
        data = await deadlines.next_bytes(read)
        if data is None:
            break
        body += data
    return bytes(body)
