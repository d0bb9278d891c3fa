"""Where an execution stands, and when an edit replaces a version."""

from datetime import datetime, timedelta

from mojodex.domains.chat import Turn, TurnState
from mojodex.domains.executions.views import Cause, ExecutionState, StoredVersion

#: An edit within this time after the person's own last one belongs to the same sitting.
SITTING = timedelta(minutes=15)

_OF_ENDED_TURN = {
    TurnState.FAILED: ExecutionState.FAILED,
    TurnState.STOPPED: ExecutionState.STOPPED,
}


def derive_state(*, is_started: bool, turn: Turn | None, has_text: bool) -> ExecutionState:
    """The state of an execution from its current turn and its versions."""
    if not is_started:
        return ExecutionState.CREATED
    if turn is not None and turn.state.is_open:
        return ExecutionState.WRITING
    if turn is not None and turn.state in _OF_ENDED_TURN:
        return _OF_ENDED_TURN[turn.state]
    return ExecutionState.DONE if has_text else ExecutionState.ASKING


def is_same_sitting(latest: StoredVersion, now: datetime) -> bool:
    """Whether an edit made now replaces this latest version instead of adding one.

    One that was brought back stays as it was.
    """
    return latest.cause is Cause.EDIT and now - latest.edited_at <= SITTING
