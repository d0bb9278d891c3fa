"""What OpenAI, Azure, Mistral, Groq and Ollama send is understood: streams, usage, errors."""

import json
from pathlib import Path
from typing import Any

import pytest

from mojodex.platform.llm import ModelError, ModelRateLimited
from tests.platform.llm.test_openai_protocol import ask
from tests.platform.llm.wire import Reply, chunk, engine_at, plain, sse_head, wire_server

SAMPLES = Path(__file__).parent / "samples"
#: Model, tokens in and out, and how many of those in were cached.
STREAMS = {
    "openai": ("gpt-4o-2024-08-06", 1117, 2, 1024),
    "azure": ("gpt-4o-2024-08-06", 24, 2, 0),
    "mistral": ("mistral-large-latest", 16, 2, 0),
    "mistral-thinking": ("magistral-medium-latest", 20, 11, 0),
    "groq": ("llama-3.3-70b-versatile", 18, 2, 0),
    "ollama": ("llama3.2", 29, 2, 0),
}
ERRORS: list[dict[str, Any]] = json.loads((SAMPLES / "errors.json").read_text())


def in_pieces(body: bytes, size: int) -> Reply:
    """As a network cuts it, anywhere."""
    cut = (body[start : start + size] for start in range(0, len(body), size))
    return [sse_head(), *(chunk(piece) for piece in cut), b"0\r\n\r\n"]


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [37, 100_000])
async def test_a_stream_is_read_with_its_usage(name: str, size: int) -> None:
    body = (SAMPLES / f"{name}.sse").read_bytes()
    provider = name.partition("-")[0]
    reply = in_pieces(body, size)
    async with wire_server(reply) as wire, engine_at(wire.url, provider=provider) as engine:
        text, finished = await ask(engine)
    assert text == "Good morning"
    usage = finished.usage
    found = (usage.model, usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    assert found == STREAMS[name]
    assert not usage.is_estimated


def test_every_sample_is_played() -> None:
    assert {path.stem for path in SAMPLES.glob("*.sse")} == set(STREAMS)
    assert {error["of"] for error in ERRORS} == {"openai", "azure", "mistral", "groq", "ollama"}


@pytest.mark.parametrize("sample", ERRORS, ids=lambda error: f"{error['of']} {error['what']}")
async def test_an_error_is_understood(sample: dict[str, Any]) -> None:
    reply = plain(sample["status"], sample["body"], *sample.get("headers", ()))
    async with wire_server(reply) as wire, engine_at(wire.url, provider=sample["of"]) as engine:
        with pytest.raises(ModelError) as caught:
            await ask(engine)
    assert caught.value.code == sample["code"]
    assert caught.value.data["detail"]
    if isinstance(caught.value, ModelRateLimited):
        assert caught.value.retry_after == sample.get("wait")
