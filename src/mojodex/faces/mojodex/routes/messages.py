"""Sessions and messages."""

from mojodex.domains.chat import (
    Direction,
    Platform,
    SessionMode,
    UploadNotFound,
    find_upload_by_name,
    list_messages,
    list_sessions,
    open_session,
)
from mojodex.domains.executions import ExecutionId, execution_subject, get_versions_of_messages
from mojodex.domains.identity import get_user
from mojodex.faces.mojodex.bodies import (
    MessageListBody,
    NewSessionBody,
    ProcessingBody,
    SessionBody,
    SessionListBody,
    StoredMessageBody,
)
from mojodex.faces.mojodex.encode.messages import encode_message_item
from mojodex.faces.mojodex.errors import SpeechNotConfigured
from mojodex.faces.mojodex.routes.fields import (
    DATETIME_BODY,
    DATETIME_QUERY,
    DEFAULT_PLATFORM,
    SESSION_PLATFORMS,
    page,
)
from mojodex.faces.mojodex.talk import (
    DRAFT_PLACEHOLDER,
    MESSAGE_PLACEHOLDER,
    ORIGINS,
    RECORDING,
    say,
)
from mojodex.faces.mojodex.wire import (
    Call,
    FileAnswer,
    Outcome,
    Route,
    ValueKind,
    body,
    file,
    form,
    query,
)
from mojodex.kit.errors import ErrorKind
from mojodex.kit.ids import encode_hex
from mojodex.kit.pagination import Window
from mojodex.platform.db import Tx
from mojodex.platform.media import Media


async def open_chat(tx: Tx, call: Call) -> NewSessionBody:
    platform = call.values.choice("platform", SESSION_PLATFORMS, "")
    user = await get_user(tx, user_id=call.caller.require_user())
    session = await open_session(
        tx, call.caller, mode=SessionMode.CHAT, platform=Platform(platform)
    )
    return NewSessionBody(
        session_id=encode_hex(session.session_id), intro_done=user.company_id is not None
    )


async def read_sessions(tx: Tx, call: Call) -> SessionListBody:
    window = Window(limit=call.values.limit("n_sessions"), offset=call.values.offset())
    found = await list_sessions(tx, call.caller, window=window)
    return SessionListBody(
        sessions=[
            SessionBody(title=session.title, session_id=encode_hex(session.session_id))
            for session in found.items
        ]
    )


async def read_messages(tx: Tx, call: Call) -> MessageListBody:
    """Newest first, in either direction. What was read here is not told by socket any more."""
    values = call.values
    is_newer = values.find_text("offset_direction") == Direction.NEWER
    execution_pk = values.find_integer("user_task_execution_pk")
    found = await list_messages(
        tx,
        call.caller,
        session_id=values.session_id("session_id"),
        window=Window(limit=values.limit("n_messages"), offset=values.offset()),
        direction=Direction.NEWER if is_newer else Direction.OLDER,
        subject=None if execution_pk is None else execution_subject(ExecutionId(execution_pk)),
    )
    pks = [message.message_id for message in found.items]
    versions = await get_versions_of_messages(tx, message_ids=pks)
    return MessageListBody(
        messages=[encode_message_item(item, versions.get(item.message_id)) for item in found.items]
    )


async def send_message(tx: Tx, call: Call) -> StoredMessageBody | ProcessingBody:
    return (await say(tx, call.caller, call.values)).body


async def read_image(tx: Tx, call: Call) -> FileAnswer:
    """A file of the caller's session, by the name that its form holds or by its own.

    The name is looked up; it never becomes a path.
    """
    upload = await find_upload_by_name(
        tx,
        call.caller,
        session_id=call.values.session_id("session_id"),
        name=call.values.text("filename"),
    )
    if upload is None:
        raise UploadNotFound()
    return FileAnswer(upload=upload, media=tx.use(Media))


FAILURE = Outcome(500)

MESSAGE_ROUTES: tuple[Route, ...] = (
    Route(
        method="PUT",
        path="/session",
        purpose="Open a chat session",
        parameters=(
            DATETIME_BODY,
            body(name="platform", is_required=True, choices=SESSION_PLATFORMS, bad=FAILURE),
        ),
        answers=(NewSessionBody,),
        use=open_chat,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400), ErrorKind.TERMS_REQUIRED: Outcome(401)},
    ),
    Route(
        method="GET",
        path="/session",
        purpose="The chat sessions that have a message",
        parameters=(DATETIME_QUERY, *page("n_sessions")),
        answers=(SessionListBody,),
        use=read_sessions,
    ),
    Route(
        method="GET",
        path="/message",
        purpose="Messages of a session, newest first",
        parameters=(
            DATETIME_QUERY,
            query(name="session_id", is_required=True, bad=Outcome(404)),
            query(name="offset_direction", choices=("older", "newer"), default="older"),
            *page("n_messages", bad=FAILURE),
            query(name="user_task_execution_pk", kind=ValueKind.INTEGER, bad=FAILURE),
        ),
        answers=(MessageListBody,),
        use=read_messages,
        outcomes={ErrorKind.NOT_FOUND: Outcome(404)},
    ),
    Route(
        method="PUT",
        path="/user_message",
        purpose="Say something to the assistant; the answer comes by socket",
        parameters=(
            form(name="session_id", is_required=True),
            form(name="message_id", is_required=True),
            form(name="message_pk", kind=ValueKind.INTEGER),
            form(
                name="message_date",
                is_required=True,
                description="The time of the device, in ISO form, usually without a zone.",
            ),
            form(name="platform", default=DEFAULT_PLATFORM),
            form(name=MESSAGE_PLACEHOLDER, choices=("true", "false")),
            form(name=DRAFT_PLACEHOLDER, choices=("true", "false")),
            form(name="origin", choices=ORIGINS, default=ORIGINS[0]),
            form(name="user_task_execution_pk", kind=ValueKind.INTEGER),
            form(name="text"),
            file(name=RECORDING, description="A recording; read only without a text."),
        ),
        answers=(StoredMessageBody, ProcessingBody),
        use=send_message,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
        special={SpeechNotConfigured: Outcome(400)},
    ),
    Route(
        method="GET",
        path="/image",
        purpose="A picture that was given with a form",
        parameters=(
            DATETIME_QUERY,
            query(name="filename", is_required=True),
            query(name="session_id", is_required=True),
        ),
        use=read_image,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
        file_type="image/*",
    ),
)
