"""From settings to engines."""

from pathlib import Path

from mojodex.platform.llm.configuration import Endpoint, read_endpoints
from mojodex.platform.llm.demo.model import USUAL_PACE, DemoModel
from mojodex.platform.llm.engines import Engine
from mojodex.platform.llm.limits import LimitedEngine
from mojodex.platform.llm.openai_protocol.engine import OpenAIEngine

#: Read when no other file is named, if it is there.
USUAL_FILE = Path("models.conf")


def build_engines(
    *,
    openai_api_key: str | None = None,
    openai_base_url: str | None = None,
    chat_model: str | None = None,
    has_vision: bool = True,
    models_conf: Path | None = None,
    demo_pace: float = USUAL_PACE,
) -> tuple[Engine, ...]:
    """The configured models, the main one first; the demo model when nothing is configured.

    `demo_pace` is in tokens per second, 0 is at once. Raises `ModelConfigurationInvalid`.
    """
    if models_conf is None and USUAL_FILE.is_file():
        models_conf = USUAL_FILE
    endpoints = read_endpoints(
        openai_api_key=openai_api_key,
        openai_base_url=openai_base_url,
        chat_model=chat_model,
        has_vision=has_vision,
        models_conf=models_conf,
    )
    if not endpoints:
        return (DemoModel(pace=demo_pace),)
    return tuple(_build(endpoint) for endpoint in endpoints)


def _build(endpoint: Endpoint) -> Engine:
    engine = OpenAIEngine(endpoint)
    return LimitedEngine(engine, endpoint.limits) if endpoint.limits.are_there else engine
