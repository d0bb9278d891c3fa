"""What is told by socket: event names and payloads, from streams and from saved facts."""

from functools import lru_cache
from uuid import UUID

from mojodex.domains.chat import Message, Turn
from mojodex.domains.executions import Execution, TextVersion
from mojodex.faces.mojodex.bodies import (
    ExecutionStartBody,
    ExecutionTitleBody,
    ReceptionBody,
    SocketErrorBody,
)
from mojodex.faces.mojodex.encode.executions import encode_time
from mojodex.faces.mojodex.encode.messages import encode_message
from mojodex.faces.mojodex.wire import Body
from mojodex.kit.ids import encode_hex
from mojodex.platform.realtime import Emission, Growing, room_id

MESSAGE_CHANNEL = "message"
DRAFT_TITLE_CHANNEL = "draft_title"
DRAFT_BODY_CHANNEL = "draft_body"


def emission(
    event: str, body: Body, *, needs_ack: bool = False, once: str | None = None
) -> Emission:
    """Keys that were not set are absent: clients tell that from null."""
    return Emission(event, body.model_dump(exclude_unset=True), needs_ack, once)


def encode_message_token(stream: Growing) -> Emission:
    """The whole text of a message so far, as a `MessageTokenBody` is spelt.

    This and `encode_draft_token` are made by hand: there is one for each word.
    """
    return Emission(
        "mojo_token",
        {"text": stream.texts.get(MESSAGE_CHANNEL, ""), "session_id": _session_of(stream.room)},
    )


def encode_draft_token(stream: Growing) -> Emission:
    """The whole draft so far, as a `DraftTokenBody` is spelt. `text` is the body alone: the web app
    shows it as the body, and the title that the ancestor repeated there was drawn twice."""
    body = stream.texts.get(DRAFT_BODY_CHANNEL, "")
    return Emission(
        "draft_token",
        {
            "produced_text_title": stream.texts.get(DRAFT_TITLE_CHANNEL, ""),
            "produced_text": body,
            "text": body,
            "session_id": _session_of(stream.room),
        },
    )


@lru_cache(maxsize=2_000)
def _session_of(room: str) -> str:
    return encode_hex(room_id(room))


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
