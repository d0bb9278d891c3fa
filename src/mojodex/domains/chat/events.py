"""What the chat domain tells the domains above, in the transaction in which it became true."""

from typing import Literal
from uuid import UUID

from mojodex.platform.events import DomainEvent


class TurnStateChanged(DomainEvent):
    """A turn came into `state`. The subject is what it is about, if anything.

    `queued` is told when a turn is made (`is_new`; whoever makes one has got ready for it), when it
    is retried and, with the error for which it waits, when a try failed that is worth another one;
    `running` at each claim. `is_last`: no other turn of the session runs or waits now.
    """

    turn_id: UUID
    session_id: UUID
    user_id: UUID
    assistant_kind: str
    subject_kind: str | None
    subject_id: str | None
    state: Literal["queued", "running", "done", "failed", "stopped"]
    error_code: str | None = None
    is_new: bool = False
    is_last: bool = False


class MessagesRead(DomainEvent):
    """The person was given these messages, which they had not read before."""

    session_id: UUID
    user_id: UUID
    message_ids: tuple[int, ...]


class SessionDeleted(DomainEvent):
    """The person deleted a session, with all that happened in it."""

    session_id: UUID
    user_id: UUID
