"""Posting and reading messages."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mojodex.domains.catalog import Platform
from mojodex.domains.chat import policy
from mojodex.domains.chat.errors import (
    EmptyMessage,
    InvalidClientMessageId,
    MessageTooLong,
)
from mojodex.domains.chat.events import MessagesRead
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.turns import requeue, set_failed, start_turn
from mojodex.domains.chat.store import messages, turns
from mojodex.domains.chat.views import (
    Conversation,
    Direction,
    Message,
    MessageId,
    NewMessage,
    Option,
    PostedMessage,
    Sender,
    Session,
    SessionId,
    Subject,
    Turn,
    TurnState,
)
from mojodex.domains.identity import Caller, UserId
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Page, Window
from mojodex.kit.text import clean
from mojodex.platform.db import Reading, Tx
from mojodex.platform.events import publish
from mojodex.platform.realtime import announce, mark_delivered, session_room

MAX_MESSAGE_LENGTH = 100_000
MAX_CLIENT_ID_LENGTH = 255
#: Messages of a conversation that are read for a prompt.
MAX_CONVERSATION = 200
USER_EVENT = "user_message"
ANSWER_EVENT = "mojo_message"
ERROR_EVENT = "error"
NOTE_EVENT = "note"


async def post_message(
    tx: Tx,
    caller: Caller,
    *,
    session_id: UUID,
    client_message_id: str,
    text: str,
    written_at: datetime,
    assistant_kind: str,
    subject: Subject | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
    get_ready: Callable[[], Awaitable[None]] | None = None,
) -> PostedMessage:
    """Store what the person says and queue the turn that answers it.

    Idempotent by the client's id: a repetition answers what is stored, and after a failure queues
    the failed turn again. `written_at` is the author's time; one in the future becomes now.
    `get_ready` is what the domain of the subject does first with a message that is new; what it
    raises refuses the message. Takes the session's lock. Raises `SessionNotFound`, `EmptyMessage`,
    `MessageTooLong`, `InvalidClientMessageId`, `TooManyTurns`.
    """
    client_message_id = _decode_client_id(client_message_id)
    session = await policy.access_session(tx, caller, session_id=session_id)
    await lock_session(tx, session_id=session.session_id)
    known = await messages.find_client_message(
        tx, session_id=session.session_id, client_message_id=client_message_id
    )
    if known is not None:
        return await _repeat(tx, known)
    if get_ready is not None:
        await get_ready()
    message = await _add_user_message(
        tx, session, client_message_id, _decode_text(text), written_at, subject
    )
    turn = await start_turn(
        tx,
        session_id=session.session_id,
        user_id=session.user_id,
        assistant_kind=assistant_kind,
        subject=subject,
        message_id=message.message_id,
        platform=platform,
        options=options,
    )
    return PostedMessage(message=message, is_new=True, is_processing=False, turn=turn)


async def _add_user_message(
    tx: Tx,
    session: Session,
    client_message_id: str,
    text: str,
    written_at: datetime,
    subject: Subject | None,
) -> Message:
    now = tx.clock.now()
    message = await messages.add_message(
        tx,
        NewMessage(
            message_uuid=new_id(),
            session_id=session.session_id,
            sender=Sender.USER,
            body={"text": text, "message_id": client_message_id},
            written_at=min(written_at, now),
            created_at=now,
            event_name=USER_EVENT,
            subject=subject,
            client_message_id=client_message_id,
        ),
    )
    await announce_message(tx, message, user_id=session.user_id)
    return message


async def _repeat(tx: Tx, known: Message) -> PostedMessage:
    turn = await turns.find_turn_of_message(tx, message_id=known.message_id)
    if known.in_error_at is not None and turn is not None and turn.state is TurnState.FAILED:
        turn = await requeue(tx, turn)
        known = (await messages.get_messages(tx, message_ids=[known.message_id]))[known.message_id]
    return PostedMessage(message=known, is_new=False, is_processing=known.text is None, turn=turn)


def _decode_client_id(value: str) -> str:
    client_id = clean(value).strip()
    if not client_id or len(client_id) > MAX_CLIENT_ID_LENGTH:
        raise InvalidClientMessageId(limit=MAX_CLIENT_ID_LENGTH)
    return client_id


def _decode_text(value: str) -> str:
    if len(value) > MAX_MESSAGE_LENGTH:
        raise MessageTooLong(limit=MAX_MESSAGE_LENGTH)
    text = clean(value).strip()
    if not text:
        raise EmptyMessage()
    return text


async def add_assistant_message(
    tx: Tx,
    *,
    turn: Turn,
    text: str,
    text_with_tags: str,
    body: Mapping[str, object] | None = None,
    event_name: str = ANSWER_EVENT,
    is_stopped: bool = False,
    is_history_trimmed: bool = False,
) -> Message:
    """Store an answer, for an assistant that finishes a turn; the engine announces it.

    `body` adds to the stored JSON, in the ancestor's keys.
    """
    now = tx.clock.now()
    marks = {"stopped": is_stopped, "history_trimmed": is_history_trimmed}
    return await messages.add_message(
        tx,
        NewMessage(
            message_uuid=new_id(),
            session_id=turn.session_id,
            sender=Sender.MOJO,
            body={
                **(body or {}),
                **{key: True for key, is_so in marks.items() if is_so},
                "text": clean(text),
                "text_with_tags": clean(text_with_tags),
                "audio": False,
            },
            written_at=now,
            created_at=now,
            event_name=event_name,
            subject=turn.subject,
        ),
    )


async def add_note(tx: Tx, *, turn: Turn, text: str) -> None:
    """Tell the person something about an answer that the assistant did not say, and announce it."""
    now = tx.clock.now()
    message = await messages.add_message(
        tx,
        NewMessage(
            message_uuid=new_id(),
            session_id=turn.session_id,
            sender=Sender.SYSTEM,
            body={"text": clean(text)},
            written_at=now,
            created_at=now,
            event_name=NOTE_EVENT,
            subject=turn.subject,
        ),
    )
    await announce_message(tx, message, user_id=turn.user_id)


async def add_error_message(tx: Tx, *, turn: Turn, code: str) -> None:
    """Note a failure in the session, as the ancestor does; it is never listed nor prompted."""
    now = tx.clock.now()
    about = {} if turn.message_id is None else {"user_message_pk": turn.message_id}
    await messages.add_message(
        tx,
        NewMessage(
            message_uuid=new_id(),
            session_id=turn.session_id,
            sender=Sender.MOJO,
            body={"error": code, "session_id": turn.session_id.hex, **about},
            written_at=now,
            created_at=now,
            event_name=ERROR_EVENT,
            subject=turn.subject,
        ),
    )
    await set_failed(tx, turn, at=now)


async def announce_message(
    tx: Tx, message: Message, *, user_id: UserId, ids: Mapping[str, int | str] | None = None
) -> None:
    """Tell the session's clients of a message; the assistant's want an acknowledgement."""
    await announce(
        tx,
        room=session_room(message.session_id),
        user_id=user_id,
        kind="message.added",
        ids={
            "message_pk": message.message_id,
            "session_id": str(message.session_id),
            **(message.subject.ids if message.subject else {}),
            **(ids or {}),
        },
        needs_ack=message.sender is Sender.MOJO,
    )


async def list_messages(
    tx: Tx,
    caller: Caller,
    *,
    session_id: UUID,
    window: Window,
    direction: Direction = Direction.OLDER,
    subject: Subject | None = None,
) -> Page[Message]:
    """Messages of a session by their authors' time, newest first in either direction.

    `older` begins at the end of the conversation and `newer` at its beginning; a cursor goes on
    from there. Error notes are left out. What is listed counts as read and delivered.
    Raises `SessionNotFound`, `InvalidCursor`.
    """
    session = await policy.access_session(tx, caller, session_id=session_id)
    page = await messages.list_messages(
        tx, session_id=session.session_id, window=window, direction=direction, subject=subject
    )
    answers = [item.message_id for item in page.items if item.sender is Sender.MOJO]
    if answers:
        await _mark_read(tx, answers, session_id=session.session_id, user_id=session.user_id)
    return page


async def _mark_read(
    tx: Tx, message_ids: Collection[int], *, session_id: SessionId, user_id: UserId
) -> None:
    # Deliveries before messages before versions, as an acknowledgement takes their locks.
    await mark_delivered(
        tx,
        user_id=user_id,
        kind="message.added",
        id_name="message_pk",
        ids=list(message_ids),
    )
    read = await messages.mark_read(tx, message_ids=message_ids, at=tx.clock.now())
    if read:
        await publish(
            tx, MessagesRead(session_id=session_id, user_id=user_id, message_ids=tuple(read))
        )


async def mark_messages_read(
    tx: Tx, caller: Caller, *, session_id: UUID, message_ids: Collection[int]
) -> None:
    """Note that the person has these messages of their session, for acknowledgements.

    Ids of other sessions are ignored. Raises `SessionNotFound`.
    """
    session = await policy.access_session(tx, caller, session_id=session_id)
    found = await messages.get_messages(tx, message_ids=message_ids)
    ours = [number for number, item in found.items() if item.session_id == session.session_id]
    await _mark_read(tx, ours, session_id=session.session_id, user_id=session.user_id)


async def get_messages(tx: Reading, *, message_ids: Collection[int]) -> dict[MessageId, Message]:
    """Messages by id; unknown ones are absent. For code that has checked who asks."""
    return await messages.get_messages(tx, message_ids=message_ids)


async def get_last_answers(
    tx: Reading, *, session_ids: Collection[UUID]
) -> dict[SessionId, Message]:
    """The assistant's latest message of each session, in one statement.

    For code that has checked who asks.
    """
    return await messages.get_last_answers(tx, session_ids=session_ids)


async def get_conversation(
    tx: Reading, *, session_id: UUID, answering: int | None = None
) -> Conversation:
    """What was said in a session, in order: the first message and the latest ones with a text.

    With `answering`, messages whose own turn still waits are left out, and the message that is
    answered comes last, whatever was said after it. For code that has checked who asks.
    """
    said = await messages.list_conversation(tx, session_id=session_id, limit=MAX_CONVERSATION)
    if answering is None:
        return said
    open_turns = await turns.find_open_turns(tx, session_id=session_id)
    waiting = {turn.message_id for turn in open_turns} | {answering}
    before = [item for item in said.messages if item.message_id not in waiting]
    answered = [item for item in said.messages if item.message_id == answering]
    if not answered:
        answered = [*(await messages.get_messages(tx, message_ids=[answering])).values()]
    return replace(said, messages=(*before, *answered))
