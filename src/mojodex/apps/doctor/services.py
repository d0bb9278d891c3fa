"""Checks of what answers over a connection: database, models, Redis, mail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx

from mojodex.apps.doctor.findings import Finding, fine, trouble, warning
from mojodex.apps.doctor.place import Surroundings
from mojodex.apps.errors import DatabaseNotRunning
from mojodex.apps.migrations import SCRIPTS
from mojodex.apps.storage import find_address
from mojodex.apps.troubles import Trouble
from mojodex.apps.wiring import build_smtp, model_arguments
from mojodex.kit.errors import AppError
from mojodex.platform.db.condition import DatabaseCondition, inspect_database
from mojodex.platform.llm import (
    ChatMessage,
    Engine,
    Finished,
    ModelRequest,
    ModelTimeout,
    Role,
    build_engines,
)
from mojodex.platform.realtime.redis_probe import find_redis_fault
from mojodex.platform.settings import Settings

#: A model on a machine of one's own may have to be loaded first.
MODEL_SECONDS = 60.0
ASK_SECONDS = 5.0
LABEL = "doctor"


async def check_database(
    settings: Settings, around: Surroundings, clocks: dict[str, timedelta]
) -> Finding:
    """The database; notes in `clocks` how far an external one's clock is ahead of ours."""
    check = "database"
    try:
        found = await inspect_database(find_address(settings), SCRIPTS)
    except DatabaseNotRunning:
        return fine(check, "The embedded one starts, and is brought up to date, with the server.")
    except AppError as error:
        return trouble(check, error)
    if not settings.is_embedded:
        clocks["the database"] = found.server_now - around.now()
    return _describe_database(check, found)


def _describe_database(check: str, found: DatabaseCondition) -> Finding:
    name = f"PostgreSQL {found.server_version}"
    if found.revision is None:
        return fine(check, f"{name} answers; its tables are made at the first start.")
    if found.pending:
        return warning(
            check,
            Trouble(
                cause=f"{name} answers; {found.pending} migrations are pending: it is at "
                f"revision {found.revision}, made by an older release.",
                cure="Make a backup (`mojodex backup`); the next start of a server applies them.",
            ),
        )
    return fine(check, f"{name} answers, with pgvector and all migrations.")


async def check_models(
    settings: Settings, around: Surroundings, clocks: dict[str, timedelta]
) -> list[Finding]:
    """Asks each configured model for a word; the smallest question that proves key and name."""
    try:
        engines = build_engines(**model_arguments(settings.models))
    except AppError as error:
        return [trouble("model", error)]
    async with _closing(engines):
        found = await asyncio.gather(*(_check_model(engine) for engine in engines))
    for url in {url for engine in engines if (url := _url_of(engine))}:
        await _read_clock(url, around, clocks)
    return list(found)


def _url_of(engine: Engine) -> str | None:
    endpoint = getattr(getattr(engine, "inner", engine), "endpoint", None)
    return getattr(endpoint, "base_url", None)


@asynccontextmanager
async def _closing(engines: tuple[Engine, ...]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for engine in engines:
            await engine.aclose()


async def _check_model(engine: Engine) -> Finding:
    check = f"model {engine.info.name}"
    if engine.info.is_demo:
        return fine(check, "The built-in demo model answers; set OPENAI_API_KEY for a real one.")
    request = ModelRequest(
        messages=(ChatMessage(Role.USER, "Answer with the word: yes"),),
        label=LABEL,
        temperature=None,
        max_tokens=16,
    )
    try:
        async with asyncio.timeout(MODEL_SECONDS), aclosing(engine.stream(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    break
    except TimeoutError:
        who = {"model": engine.info.name, "provider": engine.info.provider}
        return trouble(check, ModelTimeout(**who, phase="total", seconds=MODEL_SECONDS))
    except AppError as error:
        return trouble(check, error)
    return fine(f"model {engine.info.name}", f"It answers ({engine.info.provider}).")


async def _read_clock(url: str, around: Surroundings, clocks: dict[str, timedelta]) -> None:
    """Endpoints tell the time in every answer, also in refusals."""
    try:
        async with httpx.AsyncClient(timeout=ASK_SECONDS) as client:
            answer = await client.head(url)
            told = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return
    clocks["the model endpoint"] = told.replace(tzinfo=told.tzinfo or UTC) - around.now()


async def check_redis(settings: Settings) -> Finding:
    """Redis, which nothing depends on but liveliness between processes."""
    check, url = "redis", settings.realtime.redis_url
    if url is None:
        return fine(check, "None is configured; one process needs none.")
    fault = await find_redis_fault(url.get_secret_value())
    if fault is None:
        return fine(check, "It answers and carries messages.")
    return trouble(
        check,
        Trouble(
            cause=f"Redis cannot be used: {fault.rstrip('.')}. Until it can, text of other "
            "processes appears once a second.",
            cure="Check MOJODEX_REDIS_URL (host, port, password), and that the server runs; or "
            "unset it when there is one process only.",
        ),
    )


async def check_mail(settings: Settings) -> Finding:
    """The mail server, up to the point where a mail would be handed over."""
    check, transport = "mail", build_smtp(settings.mail)
    if transport is None:
        return fine(check, "No mail server is configured: mails are written to the log.")
    try:
        await transport.probe(settings.mail.sender_email or "")
    except AppError as error:
        return trouble(check, error)
    return fine(check, f"{settings.mail.smtp_address} takes mails of {settings.mail.sender_email}.")
