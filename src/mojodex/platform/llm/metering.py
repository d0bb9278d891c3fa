"""Counting every call: who, what for, how many tokens, how it ended."""

import time
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy import insert

from mojodex.platform.db import Database, Prepared, given
from mojodex.platform.llm.engines import estimate_input
from mojodex.platform.llm.prices import find_cost
from mojodex.platform.llm.tables import ModelUsageRow
from mojodex.platform.llm.vocabulary import (
    Attribution,
    Finished,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    TextDelta,
    Usage,
)

_COUNT = Prepared(
    insert(ModelUsageRow).values(
        **given(
            "user_id",
            "purpose",
            "label",
            "execution_id",
            "step_id",
            "task",
            "provider",
            "model",
            "outcome",
            "error_code",
            "input_tokens",
            "output_tokens",
            "cached_tokens",
            "is_estimated",
            "n_attempts",
            "first_token_ms",
            "duration_ms",
            "cost_usd",
        )
    )
)

Outcome = Literal["finished", "cancelled", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRecord:
    """One call as it is counted; durations in milliseconds."""

    attribution: Attribution
    label: str
    provider: str
    outcome: Outcome
    error_code: str | None
    usage: Usage
    n_attempts: int
    first_token_ms: int | None
    duration_ms: int


class Meter(Protocol):
    """Where records of usage go."""

    async def record(self, record: UsageRecord) -> None: ...


class DatabaseMeter:
    """Writes `md_model_usage`, each record in a short transaction of its own."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, record: UsageRecord) -> None:
        """Raises `DatabaseUnavailable` and `STATEMENT_ERRORS`; the gateway logs them."""
        who, usage = record.attribution, record.usage
        cost = await find_cost(record.provider, usage)
        async with self._db.begin() as tx:
            await tx.change(
                _COUNT,
                {
                    "user_id": who.user_id,
                    "purpose": who.purpose,
                    "label": record.label,
                    "execution_id": who.execution_id,
                    "step_id": who.step_id,
                    "task": who.task,
                    "provider": record.provider,
                    "model": usage.model,
                    "outcome": record.outcome,
                    "error_code": record.error_code,
                    "input_tokens": usage.input_tokens,
                    "output_tokens": usage.output_tokens,
                    "cached_tokens": usage.cached_tokens,
                    "is_estimated": usage.is_estimated,
                    "n_attempts": record.n_attempts,
                    "first_token_ms": record.first_token_ms,
                    "duration_ms": record.duration_ms,
                    "cost_usd": cost,
                },
            )


class MemoryMeter:
    """Keeps records in a list; the double, and what runs without a database."""

    def __init__(self) -> None:
        self.records: list[UsageRecord] = []

    async def record(self, record: UsageRecord) -> None:
        self.records.append(record)


class CallMeter:
    """Watches one call of the gateway, from its start to its end."""

    def __init__(self, request: ModelRequest, attribution: Attribution, info: ModelInfo) -> None:
        self._request = request
        self._attribution = attribution
        self._info = info
        self._started = time.monotonic()
        self._first_token: float | None = None
        self._n_bytes = 0
        self._finished: Finished | None = None
        self._error_code: str | None = None
        self._n_attempts = 0

    @property
    def has_text(self) -> bool:
        """Whether the consumer has seen any of the answer."""
        return self._first_token is not None

    def start_attempt(self, info: ModelInfo) -> None:
        """Another try, perhaps on another model."""
        self._n_attempts += 1
        self._info = info

    def see(self, event: ModelEvent) -> None:
        """Count what goes to the consumer."""
        if isinstance(event, TextDelta):
            if self._first_token is None:
                self._first_token = time.monotonic()
            self._n_bytes += len(event.text.encode("utf-8", "surrogatepass"))
        elif isinstance(event, Finished):
            self._finished = event

    def fail(self, error_code: str) -> None:
        self._error_code = error_code

    def record(self) -> UsageRecord:
        """The call so far, as a record. Without an end and an error it was given up."""
        outcome: Outcome = "cancelled"
        if self._finished is not None:
            outcome = "finished"
        elif self._error_code is not None:
            outcome = "failed"
        return UsageRecord(
            attribution=self._attribution,
            label=self._request.label,
            provider=self._info.provider,
            outcome=outcome,
            error_code=self._error_code if outcome == "failed" else None,
            usage=self._finished.usage if self._finished else self._estimate(),
            n_attempts=max(1, self._n_attempts),
            first_token_ms=self._milliseconds(self._first_token),
            duration_ms=self._milliseconds(time.monotonic()) or 0,
        )

    def _estimate(self) -> Usage:
        return Usage(
            input_tokens=estimate_input(self._request.messages),
            output_tokens=(self._n_bytes + 3) // 4,
            model=self._info.name,
            is_estimated=True,
        )

    def _milliseconds(self, moment: float | None) -> int | None:
        return None if moment is None else round((moment - self._started) * 1000)
