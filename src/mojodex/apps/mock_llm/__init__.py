"""`mojodex mock-llm`: the demo model behind OpenAI's protocol, with knobs.

For tests and benchmarks. A small HTTP server on asyncio streams: a web framework would cost more
per token than the model reader that is measured against it. The header `X-Mojodex-Prompt` names the
prompt, whose contract is looked up among the installed prompts; without it the answer is plain.
"""

from mojodex.apps.mock_llm.server import (
    MockCall,
    MockKnobs,
    MockLlm,
    RunningMock,
    run_mock_llm,
    serve_mock_llm,
)
from mojodex.apps.mock_llm.stamps import STAMP_LENGTH, Stamp, now_us, read_stamps

__all__ = [
    "STAMP_LENGTH",
    "MockCall",
    "MockKnobs",
    "MockLlm",
    "RunningMock",
    "Stamp",
    "now_us",
    "read_stamps",
    "run_mock_llm",
    "serve_mock_llm",
]
