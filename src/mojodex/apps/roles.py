"""What a process does."""

from enum import StrEnum


class Role(StrEnum):
    """What a process does: all of it, only what clients talk to, or only jobs."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"
