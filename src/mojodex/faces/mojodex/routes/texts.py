"""Versions of produced texts: one read, one saved."""

from uuid import UUID

from mojodex.domains.chat import access_session
from mojodex.domains.executions import SaveMode, VersionNotFound, get_version, save_text
from mojodex.faces.mojodex.bodies import NoTextVersionBody, SavedTextBody, TextVersionBody
from mojodex.faces.mojodex.encode.executions import encode_version
from mojodex.faces.mojodex.routes.fields import DATETIME_BODY, DATETIME_QUERY, EXECUTION_QUERY
from mojodex.faces.mojodex.wire import Call, Outcome, Route, ValueKind, body, query
from mojodex.kit.errors import ErrorKind
from mojodex.platform.db import Tx


async def read_version(tx: Tx, call: Call) -> TextVersionBody | NoTextVersionBody:
    """By index, from 1; one beyond the last is told by a null key."""
    index = call.values.integer("produced_text_version_index")
    pk = call.values.integer("user_task_execution_pk")
    if index < 1:
        raise VersionNotFound()
    try:
        version = await get_version(tx, call.caller, execution_id=pk, index=index)
    except VersionNotFound:
        return NoTextVersionBody(produced_text_version_pk=None)
    return encode_version(version)


async def save(tx: Tx, call: Call) -> SavedTextBody:
    """Always a new version: the web app counts them as it saves."""
    values = call.values
    session_id: UUID | None = None
    if values.find_text("session_id") is not None:
        session_id = values.session_id("session_id")
        await access_session(tx, call.caller, session_id=session_id)
    version = await save_text(
        tx,
        call.caller,
        body=values.text("production"),
        title=values.find_text("title"),
        produced_text_id=values.find_integer("produced_text_pk"),
        execution_id=values.find_integer("user_task_execution_pk"),
        mode=SaveMode.APPEND,
    )
    return SavedTextBody(
        produced_text_pk=version.produced_text_id, produced_text_version_pk=version.version_id
    )


FAILURE = Outcome(404)

TEXT_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/user_task_execution_produced_text",
        purpose="One version of an execution's text",
        parameters=(
            DATETIME_QUERY,
            query(
                name="produced_text_version_index",
                kind=ValueKind.INTEGER,
                is_required=True,
                description="From 1, the oldest.",
                bad=Outcome(500, "message"),
            ),
            EXECUTION_QUERY,
        ),
        answers=(TextVersionBody, NoTextVersionBody),
        use=read_version,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
    ),
    Route(
        method="POST",
        path="/produced_text",
        purpose="Save a text, or a new version of one",
        parameters=(
            DATETIME_BODY,
            body(name="produced_text_pk", kind=ValueKind.INTEGER, bad=FAILURE),
            body(name="user_task_execution_pk", kind=ValueKind.INTEGER, bad=FAILURE),
            body(name="session_id"),
            body(name="production", is_required=True, bad=FAILURE),
            body(name="title", bad=FAILURE),
        ),
        answers=(SavedTextBody,),
        use=save,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
    ),
)
