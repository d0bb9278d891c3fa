"""The one way to call a model: choice, retries, stand-in, metering; streaming or whole."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import structlog
from pydantic import BaseModel

from mojodex.kit.errors import AppError
from mojodex.platform.db import STATEMENT_ERRORS, refuse_open_transaction
from mojodex.platform.llm.engines import Engine
from mojodex.platform.llm.errors import (
    ModelError,
    ModelNotConfigured,
    ModelQuotaSpent,
    ModelRateLimited,
    ModelStreamCut,
    PicturesRefused,
)
from mojodex.platform.llm.metering import CallMeter, Meter
from mojodex.platform.llm.pictures import has_pictures, hide_pictures
from mojodex.platform.llm.structured import StructuredDialogue
from mojodex.platform.llm.vocabulary import (
    DEFAULT_MODEL,
    Attribution,
    Completion,
    Finished,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    PicturesHidden,
    TextDelta,
)

M = TypeVar("M", bound=BaseModel)
#: Tokens of an answer to a person: about 60,000 characters. A longer one is cut, and says so.
USUAL_ANSWER_TOKENS = 16_000
_RANDOM = random.SystemRandom()
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """How often, and after how many seconds, a failed call is tried again.

    Nothing is retried once the consumer has seen text: it would see it twice. `longest_wait`
    bounds what an endpoint may ask for by `Retry-After`: a longer wait fails at once, so that the
    job behind it waits instead, where the person sees why and can stop it.
    """

    delays: tuple[float, ...] = (0.5, 2.0)
    longest_wait: float = 5.0

    def delay(self, attempt: int, error: ModelError) -> float | None:
        """Seconds to wait after try number `attempt` (from 0), or None to give up."""
        if not error.is_retryable or attempt >= len(self.delays):
            return None
        # Spread, so that calls that failed together do not return together.
        usual = self.delays[attempt] * _RANDOM.uniform(0.75, 1.25)
        asked = error.retry_after if isinstance(error, ModelRateLimited) else None
        if asked is None:
            return usual
        return max(asked, usual) if asked <= self.longest_wait else None


class ModelGateway:
    """Calls the configured models. The first engine is the main one, the others stand in for it.

    Provided by the composition root; refuses to run inside a transaction (`TransactionOpen`).
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        meter: Meter,
        *,
        retries: RetryPolicy | None = None,
        max_answer_tokens: int = USUAL_ANSWER_TOKENS,
    ) -> None:
        if not engines:
            raise ValueError("a gateway needs an engine")
        self._engines = tuple(engines)
        self._meter = meter
        self._retries = retries or RetryPolicy()
        self.max_answer_tokens = max_answer_tokens
        self._recording: set[asyncio.Task[None]] = set()

    @property
    def default_model(self) -> ModelInfo:
        """The configured chat model."""
        return self._engines[0].info

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """All configured models, the main one first."""
        return tuple(engine.info for engine in self._engines)

    def choose(self, models: Sequence[str]) -> ModelInfo:
        """The model that a request with these preferences goes to. Raises `ModelNotConfigured`."""
        return self._choose_engine(models).info

    async def warm_up(self) -> None:
        """Load what the first call would wait for. Call it after readiness."""
        for engine in self._engines:
            await engine.warm_up()

    async def aclose(self) -> None:
        """Write what is still being counted, and close the connections of all engines."""
        await asyncio.gather(*self._recording)
        for engine in self._engines:
            await engine.aclose()

    async def stream(
        self, request: ModelRequest, attribution: Attribution
    ) -> AsyncGenerator[ModelEvent, None]:
        """Text deltas, then `Finished`. Raises `ModelError`.

        `PicturesHidden` comes before the text of a model that cannot see the request's pictures,
        or whose endpoint refuses them: it is asked again without, once, within the same call.
        `HistoryTrimmed` comes before the text of one that is not shown all messages.
        Wrap it in `contextlib.aclosing`: leaving early then ends the call at the endpoint, and the
        row of usage is written before the block is left.
        """
        refuse_open_transaction()
        engines = self._engines_for(request.models)
        call = CallMeter(request, attribution, engines[0].info)
        try:
            async with aclosing(self._try_engines(engines, request, call)) as events:
                async for event in events:
                    yield event
        except ModelError as error:
            call.fail(error.code)
            raise
        finally:
            await self._record(call)

    async def complete(self, request: ModelRequest, attribution: Attribution) -> Completion:
        """The whole answer: the stream, folded. Raises `ModelError`."""
        pieces: list[str] = []
        async with aclosing(self.stream(request, attribution)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    pieces.append(event.text)
                elif isinstance(event, Finished):
                    return Completion(text="".join(pieces), reason=event.reason, usage=event.usage)
        info = self.choose(request.models)
        raise ModelStreamCut(model=info.name, provider=info.provider, detail="no end")

    async def structured(
        self,
        request: ModelRequest,
        schema: type[M],
        attribution: Attribution,
        *,
        max_repairs: int = 2,
    ) -> M:
        """An answer that fits `schema`. The model is shown its mistakes and asked to mend them.

        Each try is a metered call. Raises `MalformedAnswer` after `max_repairs`, and `ModelError`.
        """
        dialogue = StructuredDialogue(request, schema, max_repairs)
        while True:
            completion = await self.complete(dialogue.request, attribution)
            value = dialogue.read(completion)
            if value is not None:
                return value

    def _choose_engine(self, models: Sequence[str]) -> Engine:
        for name in models:
            if name == DEFAULT_MODEL:
                return self._engines[0]
            for engine in self._engines:
                if engine.info.name == name:
                    return engine
        configured = ", ".join(info.name for info in self.models)
        raise ModelNotConfigured(accepted=", ".join(models), configured=configured)

    def _engines_for(self, models: Sequence[str]) -> tuple[Engine, ...]:
        chosen = self._choose_engine(models)
        # Whoever accepts the default model accepts its stand-ins.
        if chosen is self._engines[0] and DEFAULT_MODEL in models:
            return self._engines
        return (chosen,)

    async def _try_engines(
        self, engines: Sequence[Engine], request: ModelRequest, call: CallMeter
    ) -> AsyncGenerator[ModelEvent, None]:
        queue = list(engines)
        attempt = 0
        while True:
            call.start_attempt(queue[0].info)
            if has_pictures(request) and not queue[0].info.has_vision:
                request = hide_pictures(request)
                yield PicturesHidden()
            try:
                async with aclosing(queue[0].stream(request)) as events:
                    async for event in events:
                        call.see(event)
                        yield event
                return
            except PicturesRefused as error:
                if call.has_text or not has_pictures(request):
                    raise
                _log.warning("model_pictures_refused", error=error.describe())
                request = hide_pictures(request)
                yield PicturesHidden()
            except ModelError as error:
                attempt = await self._prepare_retry(queue, attempt, call, error)

    async def _prepare_retry(
        self, queue: list[Engine], attempt: int, call: CallMeter, error: ModelError
    ) -> int:
        """Wait, or pass on to the stand-in; raise `error` when neither is left."""
        has_stand_in = len(queue) > 1
        is_over = isinstance(error, ModelQuotaSpent) and has_stand_in
        if call.has_text or not (error.is_retryable or is_over):
            raise error
        # With a stand-in at hand nobody waits out a rate limit (behaviour §3.3).
        hurry = has_stand_in and isinstance(error, ModelRateLimited)
        delay = None if hurry else self._retries.delay(attempt, error)
        _log.warning("model_call_failed", error=error.describe(), attempt=attempt, delay=delay)
        if delay is not None:
            await asyncio.sleep(delay)
            return attempt + 1
        if not has_stand_in:
            raise error
        queue.pop(0)
        return 0

    async def _record(self, call: CallMeter) -> None:
        # A task of its own: whoever cancels the call twice still pays for it.
        task = asyncio.create_task(self._write_record(call))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)
        await asyncio.shield(task)

    async def _write_record(self, call: CallMeter) -> None:
        try:
            await self._meter.record(call.record())
        except (AppError, *STATEMENT_ERRORS) as error:
            # A lost row of usage must not lose the person's answer.
            _log.error("model_usage_lost", error=str(error), record=call.record())
