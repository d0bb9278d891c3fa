"""Messages of a session."""

from typing import Literal

from mojodex.faces.v1.wire.base import ClientMadeId, Id, Instant, MessageText, WireIn, WireOut
from mojodex.faces.v1.wire.executions import TurnOut


class MessageIn(WireIn):
    """What the person says. `client_id` makes the request safe to repeat."""

    client_id: ClientMadeId
    text: MessageText
    written_at: Instant | None = None


class VersionRef(WireOut):
    """The version of the text that a message delivered."""

    version_id: Id
    index: int
    title: str


class MessageOut(WireOut):
    """One message. `version` is set on the assistant's messages that delivered a text.

    `is_history_trimmed`: the model that wrote it was not shown older messages, because the
    conversation is longer than it can read.

    `is_cut` is true only in notices: the text was too long for one and its end is left out; read
    the message by REST.
    """

    id: Id
    client_id: str | None
    sender: Literal["user", "assistant", "system"]
    text: str
    is_failed: bool
    is_cut: bool
    is_history_trimmed: bool
    written_at: Instant
    version: VersionRef | None


class PostedOut(WireOut):
    """The stored message and the turn that answers it. `is_new` false: it was here already."""

    message: MessageOut
    turn: TurnOut | None
    is_new: bool
