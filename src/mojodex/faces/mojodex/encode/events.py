"""What is told by socket: event names and payloads, from streams and from saved facts."""

from uuid import UUID

from mojodex.domains.chat import Message, Turn
from mojodex.domains.executions import Execution, TextVersion
from mojodex.faces.mojodex.bodies import (
    DraftTokenBody,
    ExecutionStartBody,
    ExecutionTitleBody,
    MessageTokenBody,
    ReceptionBody,
    SocketErrorBody,
)
from mojodex.faces.mojodex.encode.executions import encode_time
from mojodex.faces.mojodex.encode.messages import encode_message
from mojodex.faces.mojodex.wire import Body
from mojodex.kit.ids import encode_hex
from mojodex.platform.realtime import Emission, StreamSnapshot, room_id

MESSAGE_CHANNEL = "message"
DRAFT_TITLE_CHANNEL = "draft_title"
DRAFT_BODY_CHANNEL = "draft_body"


def emission(
    event: str, body: Body, *, needs_ack: bool = False, once: str | None = None
) -> Emission:
    """Keys that were not set are absent: clients tell that from null."""
    return Emission(event, body.model_dump(exclude_unset=True), needs_ack, once)


def encode_message_token(snapshot: StreamSnapshot) -> Emission:
    """The whole text of a message so far."""
    return emission(
        "mojo_token",
        MessageTokenBody(
            text=snapshot.texts.get(MESSAGE_CHANNEL, ""),
            session_id=encode_hex(room_id(snapshot.room)),
        ),
    )


def encode_draft_token(snapshot: StreamSnapshot) -> Emission:
    """The whole draft so far. `text` is the body alone: the web app shows it as the body, and the
    title that the ancestor repeated there was drawn twice."""
    body = snapshot.texts.get(DRAFT_BODY_CHANNEL, "")
    return emission(
        "draft_token",
        DraftTokenBody(
            produced_text_title=snapshot.texts.get(DRAFT_TITLE_CHANNEL, ""),
            produced_text=body,
            text=body,
            session_id=encode_hex(room_id(snapshot.room)),
        ),
    )


def encode_answer(message: Message, version: TextVersion | None) -> Emission:
    """An assistant's message: a draft where it delivered a version."""
    event = "mojo_message" if version is None else "draft_message"
    return emission(event, encode_message(message, version), needs_ack=True)


def encode_reception(session_id: UUID) -> Emission:
    return emission(
        "user_message_reception",
        ReceptionBody(success="Message received", session_id=encode_hex(session_id)),
    )


def encode_start(execution: Execution) -> Emission | None:
    """None while it has not started."""
    if execution.started_at is None:
        return None
    return emission(
        "user_task_execution_start",
        ExecutionStartBody(
            start_date=encode_time(execution.started_at),
            user_task_execution_pk=execution.execution_id,
            session_id=encode_hex(execution.session_id),
        ),
    )


def encode_title(execution: Execution) -> Emission | None:
    """None while it has no title."""
    if execution.title is None:
        return None
    return emission(
        "user_task_execution_title",
        ExecutionTitleBody(title=execution.title, session_id=encode_hex(execution.session_id)),
    )


def encode_turn_failure(turn: Turn, execution_id: int | None, text: str) -> Emission:
    """Names the message that stays without an answer or, after a form, the execution."""
    fields: dict[str, object] = {"error": text, "session_id": encode_hex(turn.session_id)}
    if turn.message_id is not None:
        fields["user_message_pk"] = turn.message_id
    elif execution_id is not None:
        fields["user_task_execution_pk"] = execution_id
    once = f"failed {turn.turn_id} {turn.attempt}"
    return emission("error", SocketErrorBody.model_validate(fields), once=once)


def encode_event_error(text: str, session_id: str | None) -> Emission:
    """Something is wrong with what the client sent."""
    return emission("error", SocketErrorBody(error=text, session_id=session_id))
