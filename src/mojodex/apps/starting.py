"""The start of a server, in an order that makes it short.

Settings, log and address first, because they are refused soonest. Then PostgreSQL gets ready in
processes of its own, while this one loads faces and domains: that takes about as long.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from types import FrameType

from mojodex.apps.head_start import HeadStart
from mojodex.apps.listening import listen, say
from mojodex.apps.memory import share_arenas
from mojodex.apps.phases import note_phase
from mojodex.apps.roles import Role
from mojodex.platform.settings import LogFormat, Settings
from mojodex.platform.telemetry import configure_logging


def start(settings: Settings, role: Role) -> None:
    """Serve or work until a signal.

    Raises `AddressUnavailable` and what keeps a part from starting.
    """
    is_json = settings.logging.format is LogFormat.JSON or (
        settings.logging.format is LogFormat.AUTO and not sys.stderr.isatty()
    )
    share_arenas()
    configure_logging(level=settings.logging.level.value, is_json=is_json)
    for variable in settings.unknown_variables:
        say(f"Nothing reads the variable {variable}")
    listener = listen(settings.server.host, settings.server.port)
    settings = settings.with_server(port=listener.getsockname()[1])
    with suppress(KeyboardInterrupt), _terminated_as_interrupted(), ExitStack() as stack:
        early = None
        if settings.is_embedded and role is not Role.WORKER:
            early = stack.enter_context(closing(HeadStart(settings.database.data_dir)))
        note_phase("address taken, database on its way")
        from mojodex.apps import server

        note_phase("program loaded")
        server.serve(settings, role, listener, early)
    say("Stopped.")


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Until the server takes the signals over, SIGTERM ends the start as Ctrl-C does.

    By itself it would end this process at once and leave the database behind.
    """
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
