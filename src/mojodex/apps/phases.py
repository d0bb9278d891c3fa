"""How long a start takes, phase by phase, in the log at level debug."""

import logging
import time

import psutil
import structlog

log = structlog.stdlib.get_logger(__name__)


def note_phase(phase: str) -> None:
    """This phase of the start is done, so many seconds after the process began."""
    seconds = time.time() - psutil.Process().create_time()
    # Before an app has set up its log, and in commands that never do, nothing is to be printed.
    if not logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        return
    log.debug("start", phase=phase, seconds=round(seconds, 2))
