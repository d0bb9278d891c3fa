"""Calls to models with a list price have a cost; others have none."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from mojodex.platform.db import Database
from mojodex.platform.llm import Attribution, DatabaseMeter, Usage, UsageRecord
from mojodex.platform.llm.prices import find_cost
from mojodex.platform.llm.tables import ModelUsageRow


def usage(model: str, *, cached: int = 0, used: int = 1_000_000) -> Usage:
    return Usage(input_tokens=used, output_tokens=used, cached_tokens=cached, model=model)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("openai", "gpt-4o-2024-08-06"),
        ("azure", "gpt-4o"),
        ("mistral", "mistral-large-latest"),
        ("groq", "llama-3.3-70b-versatile"),
    ],
)
async def test_known_models_have_a_price(provider: str, model: str) -> None:
    cost = await find_cost(provider, usage(model))
    assert cost is not None
    assert Decimal("0.1") < cost < Decimal(1000)
    twice = await find_cost(provider, usage(model, used=2_000_000))
    assert twice == cost * 2


async def test_what_the_endpoint_had_cached_costs_less() -> None:
    whole = await find_cost("openai", usage("gpt-4o"))
    cached = await find_cost("openai", usage("gpt-4o", cached=900_000))
    assert whole is not None
    assert cached is not None
    assert cached < whole


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "llama3.2"), ("ollama", "llama3.2"), ("demo", "demo"), ("azure", "no-such")],
)
async def test_unknown_prices_are_none(provider: str, model: str) -> None:
    assert await find_cost(provider, usage(model)) is None


async def test_a_call_that_used_nothing_has_no_price() -> None:
    assert await find_cost("openai", usage("gpt-4o", used=0)) is None


async def test_the_row_of_usage_has_the_cost(db: Database) -> None:
    record = UsageRecord(
        attribution=Attribution(purpose="test"),
        label="greeting",
        provider="openai",
        outcome="finished",
        error_code=None,
        usage=Usage(input_tokens=1000, output_tokens=100, model="gpt-4o"),
        n_attempts=1,
        first_token_ms=1,
        duration_ms=2,
    )
    await DatabaseMeter(db).record(record)
    async with db.begin() as tx:
        row = await tx.scalar(select(ModelUsageRow))
    assert row is not None
    assert row.cost_usd == await find_cost("openai", record.usage)
