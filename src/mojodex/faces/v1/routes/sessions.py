"""Messages of a session."""

from typing import Annotated, Literal

from fastapi import Query

from mojodex.domains.chat import Direction, SessionId, list_messages
from mojodex.domains.executions import run_by_message
from mojodex.faces.edge import RequestTx
from mojodex.faces.v1.encode.chat import encode_messages, encode_posted
from mojodex.faces.v1.parts import PLATFORM, PageWindow, PathId, ReaderOf, build_router, uuid_id
from mojodex.faces.v1.wire.base import Page
from mojodex.faces.v1.wire.chat import MessageIn, MessageOut, PostedOut

router = build_router("sessions")

DirectionChoice = Annotated[Literal["older", "newer"], Query()]


@router.get("/sessions/{session_id}/messages")
async def read_messages(
    tx: RequestTx,
    reader: ReaderOf,
    session_id: PathId,
    window: PageWindow,
    direction: DirectionChoice = "older",
) -> Page[MessageOut]:
    """Messages, the newest first. What is read here counts as delivered."""
    page = await list_messages(
        tx,
        reader.caller,
        session_id=SessionId(uuid_id(session_id)),
        window=window,
        direction=Direction(direction),
    )
    items = await encode_messages(tx, page.items, reader.language)
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("/sessions/{session_id}/messages", status_code=202)
async def add_message(
    tx: RequestTx, reader: ReaderOf, session_id: PathId, body: MessageIn
) -> PostedOut:
    """Say something; the answer comes over the socket. The same `client_id` is said once."""
    posted = await run_by_message(
        tx,
        reader.caller,
        session_id=SessionId(uuid_id(session_id)),
        client_message_id=str(body.client_id),
        text=body.text,
        written_at=body.written_at or tx.clock.now(),
        platform=PLATFORM,
    )
    return await encode_posted(tx, posted, reader.language)
