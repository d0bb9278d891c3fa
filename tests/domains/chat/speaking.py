"""What the tests of messages and turns say and look up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from mojodex.domains.chat import (
    Message,
    PostedMessage,
    Turn,
    get_conversation,
    get_turn,
    list_messages,
    post_message,
)
from mojodex.kit.pagination import Window
from tests.domains.chat.conftest import KIND, Stage


async def say(
    stage: Stage, words: str, *, client_id: str | None = None, written_at: datetime | None = None
) -> PostedMessage:
    """Post a message in a transaction of its own."""
    async with stage.db.begin() as tx:
        return await post_message(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            client_message_id=client_id or words,
            text=words,
            written_at=written_at or stage.db.clock.now(),
            assistant_kind=KIND,
        )


async def turn_of(posted: PostedMessage) -> UUID:
    assert posted.turn is not None
    return posted.turn.turn_id


async def read_turn(stage: Stage, turn_id: UUID) -> Turn:
    async with stage.db.begin() as tx:
        return await get_turn(tx, turn_id=turn_id)


async def conversation(stage: Stage) -> list[tuple[str, str | None]]:
    async with stage.db.begin() as tx:
        said = await get_conversation(tx, session_id=stage.session.session_id)
    return [(message.sender.value, message.text) for message in said.messages]


async def listed(stage: Stage) -> list[Message]:
    async with stage.db.begin() as tx:
        page = await list_messages(
            tx, stage.caller, session_id=stage.session.session_id, window=Window()
        )
    return list(page.items)


async def deliveries(stage: Stage) -> list[tuple[str, dict[str, Any], bool]]:
    """Kind, ids and need of an acknowledgement of all that was announced, in order."""
    async with stage.db.begin() as tx:
        rows = await tx.execute(
            text("SELECT kind, ids, needs_ack FROM md_delivery ORDER BY delivery_id")
        )
        return [(kind, ids, needs_ack) for kind, ids, needs_ack in rows]


async def count(stage: Stage, query: str) -> int:
    async with stage.db.begin() as tx:
        return int(await tx.scalar(text(query)) or 0)
