"""How long a start takes, phase by phase, in the log at level debug."""

import time

import psutil
import structlog

log = structlog.stdlib.get_logger(__name__)


def note_phase(phase: str) -> None:
    """This phase of the start is done, so many seconds after the process began."""
    seconds = time.time() - psutil.Process().create_time()
    log.debug("start", phase=phase, seconds=round(seconds, 2))
