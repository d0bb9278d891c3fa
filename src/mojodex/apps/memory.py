"""What glibc does with memory, as far as a program may say. Under other C libraries: nothing."""

import ctypes

#: Of `mallopt`: how many arenas there are. By itself glibc makes eight for each processor, and what
#: short-lived threads leave in theirs is never used again.
M_ARENA_MAX = -8
N_ARENAS = 2


def share_arenas() -> None:
    """Let threads share arenas. Call it before there are any."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, N_ARENAS)


def give_back() -> None:
    """Return what is free to the system."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
