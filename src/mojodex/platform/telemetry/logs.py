"""One format for all log lines, ours and the libraries'."""

import logging
import sys
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from mojodex.platform.telemetry.redaction import hide_secrets

#: Libraries that say too much below this level.
QUIET = {
    "aiohttp": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "engineio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "mojodex.sockets": logging.WARNING,
    "openai": logging.WARNING,
    "procrastinate": logging.WARNING,
    "psycopg.pool": logging.WARNING,
    "socketio": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


def _dump(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _drop_color_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Uvicorn says everything twice, once in colour."""
    event.pop("color_message", None)
    return event


def configure_logging(*, level: str, is_json: bool, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging; called once, by an app.

    `level`: debug, info, warning or error. Lines go to `stream`, or standard error.
    """
    output = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _drop_color_message,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[:3],
            *shared[5:],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _configure_standard_library(level, output, shared, _renderer(output, is_json=is_json))


def _renderer(output: TextIO, *, is_json: bool) -> Processor:
    if is_json:
        return structlog.processors.JSONRenderer(serializer=_dump)
    return structlog.dev.ConsoleRenderer(
        colors=output.isatty(),
        pad_event_to=40,
        exception_formatter=structlog.dev.plain_traceback,
    )


def _configure_standard_library(
    level: str, output: TextIO, shared: list[Processor], renderer: Processor
) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name, quiet_level in QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(quiet_level, root.level))
