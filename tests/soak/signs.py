"""By what it shows that an answer goes on after a trouble."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.soak.database import LiveTurn, Observer
from tests.soak.plan import Injection
from tests.soak.recovery import Shows
from tests.soak.windows import Seen, Window


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An answer that was being written when a trouble began; in this window, where one is meant."""

    injection: Injection
    turn: LiveTurn
    window: Window | None = None
    #: On the loop's clock, and on the database's.
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def is_saved(_hit: Hit) -> Shows:
    """The answer, or that it ended."""
    return lambda seen: seen.is_final


def goes_on(_hit: Hit) -> Shows:
    """Words, or the answer."""
    return _is_progress


def is_taken_over(hit: Hit) -> Shows:
    """A higher attempt, or the answer."""
    turn = hit.turn
    return lambda seen: (
        seen.is_final or (seen.turn_id == turn.turn_id and seen.attempt > turn.attempt)
    )


def goes_on_after(hit: Hit) -> Shows:
    """Taken over, or anything after the pause."""
    ends_at = hit.began + hit.injection.lasts
    taken_over = is_taken_over(hit)
    return lambda seen: (seen.at > ends_at and _is_progress(seen)) or taken_over(seen)


def comes_back(hit: Hit) -> Shows:
    """Anything over a later connection of the window."""
    name, before = _place_of(hit)
    return lambda seen: seen.window == name and seen.connection > before and _is_progress(seen)


def wakes_up(hit: Hit) -> Shows:
    """Anything in the window after the pause, or over a later connection."""
    ends_at = hit.began + hit.injection.lasts
    name, before = _place_of(hit)
    return lambda seen: (
        seen.window == name
        and (seen.at > ends_at or seen.connection > before)
        and _is_progress(seen)
    )


def _is_progress(seen: Seen) -> bool:
    return seen.is_final or seen.has_text


def _place_of(hit: Hit) -> tuple[str, int]:
    if hit.window is None:
        raise LookupError("this sign is one of a window")
    return hit.window.view.name, hit.window.n_connections


def is_of_another(hit: Hit, observer: Observer) -> Shows:
    """Whether what is seen cannot be of the turn that was hit, because that had ended.

    Who hit it knew what ran by the last look, which may have been late; windows of released clients
    are not told whose words they show, nor that an answer failed.
    """
    turn = hit.turn

    def is_past(seen: Seen) -> bool:
        now = observer.turns.get(turn.turn_id)
        if now is not None and now.ended_at is not None and now.ended_at <= hit.began_at:
            return True
        if seen.turn_id is not None:
            return seen.turn_id != turn.turn_id
        if now is not None and now.state in ("failed", "stopped"):
            return True
        others = (one for one in observer.of_session(turn.session_id) if one.state == "running")
        return not seen.is_final and any(one.turn_id != turn.turn_id for one in others)

    return is_past
