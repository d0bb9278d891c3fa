"""What a person says to the assistant, whether it comes by REST or by socket: one use case."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mojodex.domains.chat import Message, Option, Platform, get_messages
from mojodex.domains.executions import run_by_message
from mojodex.domains.identity import Caller, User, get_user, local_now
from mojodex.faces.mojodex.bodies import ProcessingBody, StoredMessageBody
from mojodex.faces.mojodex.encode.messages import encode_message
from mojodex.faces.mojodex.errors import BadValue, MissingField, SpeechNotConfigured
from mojodex.faces.mojodex.values import Values
from mojodex.platform.db import Tx

MESSAGE_PLACEHOLDER = "use_message_placeholder"
DRAFT_PLACEHOLDER = "use_draft_placeholder"
ORIGINS = ("task", "home_chat")
RECORDING = "file"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What became of it. `is_new` false: the client had sent it before."""

    session_id: UUID
    body: StoredMessageBody | ProcessingBody
    is_new: bool


async def say(tx: Tx, caller: Caller, values: Values) -> Said:
    """Store what was said and start the answer. Said again, the stored message is the answer.

    Raises `MissingField`, `BadValue`, `SpeechNotConfigured` and what executions raises.
    """
    session_id = values.session_id("session_id")
    values.choice("origin", ORIGINS, ORIGINS[0])
    user = await get_user(tx, user_id=caller.require_user())
    written_at = read_written_at(values.text("message_date"), user, tx.clock.now())
    client_message_id = values.text("message_id")
    earlier = await _find_earlier(tx, values)
    if earlier is not None and earlier.session_id == session_id:
        client_message_id = earlier.client_message_id or client_message_id
    posted = await run_by_message(
        tx,
        caller,
        session_id=session_id,
        execution_id=values.find_integer("user_task_execution_pk"),
        client_message_id=client_message_id,
        text=read_text(values),
        written_at=written_at,
        platform=read_platform(values),
        options=read_options(values),
    )
    body = (
        ProcessingBody(status="processing")
        if posted.is_processing
        else encode_message(posted.message, None)
    )
    return Said(session_id=session_id, body=body, is_new=posted.is_new)


async def _find_earlier(tx: Tx, values: Values) -> Message | None:
    """The message that the mobile app names by its key when it sends one again."""
    pk = values.find_integer("message_pk")
    if pk is None:
        return None
    return next(iter((await get_messages(tx, message_ids=[pk])).values()), None)


def read_text(values: Values) -> str:
    """The text; a recording counts only without one. Raises `SpeechNotConfigured` for it."""
    text = values.find_text("text")
    if text is None and values.has_file(RECORDING):
        raise SpeechNotConfigured()
    if text is None:
        raise MissingField(name="text")
    return text


def read_written_at(text: str, user: User, now: datetime) -> datetime:
    """The time on the author's device: by its own zone if it names one, else by the person's."""
    try:
        written_at = datetime.fromisoformat(text.strip())
        if written_at.tzinfo is None:
            written_at = written_at.replace(tzinfo=local_now(user, now).tzinfo)
        return written_at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValue(name="message_date") from error


def read_platform(values: Values) -> Platform:
    """Where the message was written; a name we do not know counts as the web app."""
    try:
        return Platform(values.find_text("platform") or Platform.WEBAPP)
    except ValueError:
        return Platform.WEBAPP


def read_options(values: Values) -> dict[str, Option]:
    """Placeholders let developers of clients see answers without a model; only "true" asks."""
    return {
        name: True
        for name in (MESSAGE_PLACEHOLDER, DRAFT_PLACEHOLDER)
        if values.find_text(name) == "true"
    }
