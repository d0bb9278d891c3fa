"""The only module that imports the SDK, which takes most of a second: import it at first use.

The stream is read below the SDK's raw response, from its aiohttp transport: see `_reader_of`.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import httpx2
import openai

from mojodex.kit.clock import SystemClock
from mojodex.kit.text import shorten
from mojodex.platform.llm.configuration import Endpoint
from mojodex.platform.llm.errors import (
    ModelRefused,
    ModelStreamCut,
    ModelTimeout,
    ModelUnreachable,
)
from mojodex.platform.llm.openai_protocol.deadlines import Read
from mojodex.platform.llm.openai_protocol.failures import Complaint, StatusError, parse_retry_after
from mojodex.platform.llm.openai_protocol.wire import JsonObject, read_complaint

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

#: aiohttp's own limit of 100 would queue the streams of a busy worker.
_MAX_CONNECTIONS = 4000
#: Listed models that do not chat.
_OTHER_TRADES = re.compile(r"embed|whisper|tts|dall-e|image|moderation|rerank|transcribe", re.I)


class Connection:
    """The SDK's client for one endpoint, without its own retries and time-outs."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        limits = httpx2.Limits(
            max_connections=_MAX_CONNECTIONS, max_keepalive_connections=100, keepalive_expiry=60
        )
        timeout = httpx2.Timeout(None, connect=endpoint.timeouts.connect)
        http = openai.DefaultAioHttpClient(limits=limits, timeout=timeout)
        if endpoint.api_version is not None:
            self._client: openai.AsyncOpenAI = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.base_url,
                azure_deployment=endpoint.deployment,
                api_version=endpoint.api_version,
                api_key=endpoint.api_key,
                max_retries=0,
                timeout=timeout,
                http_client=http,
            )
        else:
            self._client = openai.AsyncOpenAI(
                base_url=endpoint.base_url,
                api_key=endpoint.api_key,
                max_retries=0,
                timeout=timeout,
                http_client=http,
            )

    @asynccontextmanager
    async def open_stream(
        self, model: str, messages: list[JsonObject], options: JsonObject, headers: dict[str, str]
    ) -> AsyncIterator[tuple[str, Read]]:
        """Media type of the answer, and how to read it. Leaving the block closes the HTTP stream.

        Raises `StatusError` for an error status, `ModelError` when the connection fails.
        """
        with self._mapped_errors():
            async with self._client.chat.completions.with_streaming_response.create(
                model=model,
                messages=cast("list[ChatCompletionMessageParam]", messages),
                stream=True,
                extra_headers=headers,
                extra_body=options,
            ) as response:
                media_type = response.headers.get("content-type", "").partition(";")[0].strip()
                yield media_type.lower(), _reader_of(response)

    async def first_model(self) -> str | None:
        """The first chat model that the endpoint lists. Raises like `open_stream`."""
        with self._mapped_errors():
            page = await self._client.models.list(timeout=self._endpoint.timeouts.connect)
        names = [model.id for model in page.data]
        return next((name for name in names if not _OTHER_TRADES.search(name)), None)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.close()

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        who = {"model": self._endpoint.model or "", "provider": self._endpoint.provider}
        try:
            yield
        except openai.APIStatusError as error:
            raise StatusError(_read_status_error(error)) from error
        except openai.APIConnectionError as error:
            # The SDK's aiohttp transport calls a refused connection a time-out: ask the root.
            if isinstance(cause := _root_cause(error), TimeoutError):
                seconds = self._endpoint.timeouts.connect
                raise ModelTimeout(**who, phase="connect", seconds=seconds) from error
            # On OpenSSL the cause is an SSLCertVerificationError, wrapped by aiohttp or not.
            is_certificate = "certificate" in f"{type(cause).__name__} {cause}".lower()
            raise ModelUnreachable(
                **who, detail=_describe(cause), is_certificate=is_certificate
            ) from error
        except (httpx2.HTTPError, aiohttp.ClientError) as error:
            raise ModelStreamCut(**who, detail=_describe(_root_cause(error))) from error
        except openai.OpenAIError as error:
            # Settings that the SDK itself refuses, such as a key with a line break.
            raise ModelRefused(**who, detail=shorten(str(error), 300)) from error


def _reader_of(response: openai.AsyncAPIResponse[Any]) -> Read:
    """Reads aiohttp's own stream, which lies below five generators of SDK and client: without them
    a token costs half. Where it cannot be found, or has to be unpacked first, the SDK reads."""
    body = response.http_response
    stream = getattr(getattr(body.stream, "_stream", None), "_aiohttp_response", None)
    encoding = body.headers.get("content-encoding", "identity")
    if isinstance(stream, aiohttp.ClientResponse) and encoding == "identity":
        return stream.content.readany
    chunks = response.iter_bytes()

    async def read() -> bytes:
        return await anext(chunks, b"")

    return read


def _read_status_error(error: openai.APIStatusError) -> Complaint:
    headers = error.response.headers
    retry_after = parse_retry_after(
        headers.get("retry-after-ms"), headers.get("retry-after"), SystemClock().now()
    )
    return read_complaint(error.status_code, error.body, retry_after=retry_after)


def _root_cause(error: BaseException) -> BaseException:
    """The innermost cause; a time-out ends the search, for it is itself caused by cancelling."""
    while error.__cause__ is not None and not isinstance(error, TimeoutError):
        error = error.__cause__
    return error


def _describe(error: BaseException) -> str:
    return shorten(f"{type(error).__name__}: {error}".rstrip(": "), 300)
