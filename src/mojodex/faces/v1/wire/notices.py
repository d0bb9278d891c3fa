"""What clients hear over the `/v1` socket: event `notice`, told apart by `type`.

Notices with a `delivery_id` are finals: they were saved before they were told, they want the
acknowledgement `{"delivery_id": …}`, and they are sent again until it comes. No notice is larger
than 64 KB: texts that might be are cut or left out, and REST has the whole.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, RootModel

from mojodex.faces.v1.wire.base import Id, WireIn, WireOut
from mojodex.faces.v1.wire.chat import MessageOut
from mojodex.faces.v1.wire.executions import ExecutionItem, TurnError, VersionOut
from mojodex.faces.v1.wire.people import UserOut

Channel = Literal["message", "draft_title", "draft_body"]
#: Whose sockets hear a notice: those that joined the session, all of the person, or both (a socket
#: that is both hears it twice).
Audience = Literal["session", "person", "both"]


class TurnTexts(WireOut):
    """The texts of a running turn by channel, whole so far."""

    message: str = ""
    draft_title: str = ""
    draft_body: str = ""


class TurnSnapshot(WireOut):
    """Where a running turn stands. Replaces what the client has when its attempt is not lower.

    A long one comes in `n_parts` parts, in order: part 1 replaces, each further part is appended
    to what the parts before it brought. Deltas go on from `seq`.
    """

    audience: ClassVar[Audience] = "session"

    type: Literal["turn_snapshot"] = "turn_snapshot"
    session_id: Id
    turn_id: Id
    attempt: int
    seq: int
    texts: TurnTexts
    part: int = 1
    n_parts: int = 1


class TurnDelta(WireOut):
    """More text on one channel. `seq` counts the deltas of an attempt, from 1."""

    audience: ClassVar[Audience] = "session"

    type: Literal["turn_delta"] = "turn_delta"
    session_id: Id
    turn_id: Id
    attempt: int
    seq: int
    channel: Channel
    text: str


class Final(WireOut):
    """A saved fact. `delivery_id` is null where no acknowledgement is wanted."""

    audience: ClassVar[Audience] = "session"

    delivery_id: Id | None


class TurnStarted(Final):
    """An answer began, or began anew with a higher attempt: by a retry, or by another worker."""

    type: Literal["turn_started"] = "turn_started"
    session_id: Id
    turn_id: Id
    attempt: int
    execution_id: Id | None


class TurnFinished(Final):
    """The answer is complete; messages and versions it made are told on their own."""

    type: Literal["turn_finished"] = "turn_finished"
    session_id: Id
    turn_id: Id
    attempt: int
    execution_id: Id | None


class TurnFailed(Final):
    """The answer will not come by itself; the turn may be retried."""

    type: Literal["turn_failed"] = "turn_failed"
    session_id: Id
    turn_id: Id
    attempt: int
    execution_id: Id | None
    error: TurnError


class TurnStopped(Final):
    """Somebody stopped the answer; what was written is kept."""

    type: Literal["turn_stopped"] = "turn_stopped"
    session_id: Id
    turn_id: Id
    attempt: int
    execution_id: Id | None


class MessageAdded(Final):
    """A message came to a session: the person's when it was stored, the assistant's with its turn's
    end. The assistant's are sent until they are acknowledged or read."""

    type: Literal["message_added"] = "message_added"
    session_id: Id
    execution_id: Id | None
    message: MessageOut


class MessageChanged(Final):
    """A message of the person stays without an answer, or is to be answered after all."""

    type: Literal["message_changed"] = "message_changed"
    session_id: Id
    execution_id: Id | None
    message: MessageOut


class ExecutionStarted(Final):
    """An execution was run for the first time: by its form, or by a first message."""

    audience: ClassVar[Audience] = "both"

    type: Literal["execution_started"] = "execution_started"
    execution: ExecutionItem


class ExecutionTitled(Final):
    """An execution has a title: its first one by the model, or one that the person gave."""

    audience: ClassVar[Audience] = "both"

    type: Literal["execution_titled"] = "execution_titled"
    execution: ExecutionItem


class ExecutionChanged(Final):
    """Something else about an execution is new: its state, its turn (also the next attempt, and why
    it waits for another try), the number of its versions, its summary, or that it was restored."""

    audience: ClassVar[Audience] = "person"

    type: Literal["execution_changed"] = "execution_changed"
    execution: ExecutionItem


class ExecutionDeleted(Final):
    """An execution was deleted, alone or with its session; it can be restored."""

    audience: ClassVar[Audience] = "person"

    type: Literal["execution_deleted"] = "execution_deleted"
    execution_id: Id


class TextVersionAdded(Final):
    """A produced text has a new version, or the last one was edited once more in the same sitting.

    `version` is null when it is too long for a notice."""

    type: Literal["text_version_added"] = "text_version_added"
    execution_id: Id
    version_id: Id
    index: int
    version: VersionOut | None


class PersonChanged(Final):
    """The person changed something about themselves: their name, language or time zone."""

    audience: ClassVar[Audience] = "person"

    type: Literal["person_changed"] = "person_changed"
    person: UserOut


class TasksChanged(Final):
    """Tasks were given to the person, or taken: by a purchase that began or ended, or because their
    product has one more. Which ones, the list of tasks says."""

    audience: ClassVar[Audience] = "person"

    type: Literal["tasks_changed"] = "tasks_changed"


AnyNotice = Annotated[
    TurnSnapshot
    | TurnDelta
    | TurnStarted
    | TurnFinished
    | TurnFailed
    | TurnStopped
    | MessageAdded
    | MessageChanged
    | ExecutionStarted
    | ExecutionTitled
    | ExecutionChanged
    | ExecutionDeleted
    | TextVersionAdded
    | PersonChanged
    | TasksChanged,
    Field(discriminator="type"),
]


class Notice(RootModel[AnyNotice]):
    """The payload of the socket event `notice`."""


class JoinRequest(WireIn):
    """Payload of the client's events `join` and `leave`."""

    session_id: Id


class SocketError(WireOut):
    """What went wrong, as problem documents say it."""

    code: str
    detail: str


class JoinAnswer(WireOut):
    """Acknowledgement of `join` and `leave`: `ok`, or an error.

    After a good `join` the snapshot of a running turn comes as a notice, then its deltas, with no
    hole between.
    """

    ok: bool
    error: SocketError | None


class DeliveryAck(WireIn):
    """Acknowledgement that a client gives to a notice with a `delivery_id`."""

    delivery_id: Id
