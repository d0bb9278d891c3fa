"""`/healthz`, `/readyz` and `/metrics`, as a small ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from mojodex.kit.errors import AppError
from mojodex.platform.telemetry.asgi import Receive, Scope, Send, respond

log = structlog.stdlib.get_logger(__name__)

CHECK_SECONDS = 5.0
#: Whether one thing that serving needs is there.
Check = Callable[[], Awaitable[bool]]


class HealthEndpoints:
    """Answers the three addresses. `checks` by the name that `/readyz` shows."""

    paths = ("/healthz", "/readyz", "/metrics")

    def __init__(
        self, checks: Mapping[str, Check], *, registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._checks = checks
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"Method not allowed", "text/plain; charset=utf-8")
        elif scope["path"] == "/metrics":
            await respond(send, 200, generate_latest(self._registry), CONTENT_TYPE_LATEST)
        elif scope["path"] == "/readyz":
            await self._answer_ready(send)
        else:
            await respond(send, 200, b'{"status":"alive"}', "application/json")

    async def _answer_ready(self, send: Send) -> None:
        names = list(self._checks)
        answers = await asyncio.gather(*(self._ask(name) for name in names))
        is_ready = all(answers)
        body = {
            "status": "ready" if is_ready else "not ready",
            "checks": {
                name: "ok" if answer else "failing"
                for name, answer in zip(names, answers, strict=True)
            },
        }
        await respond(send, 200 if is_ready else 503, orjson.dumps(body), "application/json")

    async def _ask(self, name: str) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._checks[name]()
        except (AppError, OSError, TimeoutError) as error:
            log.warning("a readiness check fails", check=name, error=str(error))
            return False
