"""Where an execution stands, and when an edit replaces a version."""

from datetime import datetime, timedelta

from mojodex.domains.chat import TurnState
from mojodex.domains.executions.views import Cause, ExecutionState, StoredVersion

#: An edit within this time after the person's own last one belongs to the same sitting.
SITTING = timedelta(minutes=15)

_OF_ENDED_TURN = {
    TurnState.FAILED: ExecutionState.FAILED,
    TurnState.STOPPED: ExecutionState.STOPPED,
}


def derive_state(*, turn: TurnState | None, has_text: bool) -> ExecutionState:
    """The state of a started execution from that of its current turn and from its versions."""
    if turn is not None and turn.is_open:
        return ExecutionState.WRITING
    answered = ExecutionState.DONE if has_text else ExecutionState.ASKING
    return answered if turn is None else _OF_ENDED_TURN.get(turn, answered)


def is_same_sitting(latest: StoredVersion, now: datetime) -> bool:
    """Whether an edit made now replaces this latest version instead of adding one.

    One that was brought back stays as it was.
    """
    return latest.cause is Cause.EDIT and now - latest.edited_at <= SITTING
