"""What a call cost, in US dollars, by the list prices that `genai-prices` carries.

The list is loaded at the first call to a real model: it takes most of a second, and the demo model
needs none.
"""

import asyncio
import sys
from decimal import Decimal

from mojodex.platform.llm.vocabulary import Usage

#: Providers by our names whose prices are known; models on machines of one's own have none.
PRICED = frozenset({"openai", "azure", "mistral", "groq"})
_MODULE = "genai_prices"


async def find_cost(provider: str, usage: Usage) -> Decimal | None:
    """None when the price is not known: another provider, a model that the list lacks."""
    if provider not in PRICED or usage.input_tokens + usage.output_tokens == 0:
        return None
    if _MODULE in sys.modules:
        return _calculate(provider, usage)
    return await asyncio.to_thread(_calculate, provider, usage)


def _calculate(provider: str, usage: Usage) -> Decimal | None:
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
    )
    try:
        price = genai_prices.calc_price(counted, model_ref=usage.model, provider_id=provider)
    except LookupError:
        return None
    return price.total_price
