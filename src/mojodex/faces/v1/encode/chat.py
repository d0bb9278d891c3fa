"""Messages."""

from collections.abc import Mapping, Sequence

from mojodex.domains.chat import Message, MessageId, PostedMessage, Sender
from mojodex.domains.executions import TextVersion, get_versions_of_messages
from mojodex.faces.v1.encode.executions import encode_turn
from mojodex.faces.v1.wire.chat import MessageOut, PostedOut, VersionRef
from mojodex.platform.db import Tx

_SENDERS = {Sender.USER: "user", Sender.MOJO: "assistant", Sender.SYSTEM: "system"}


async def encode_messages(tx: Tx, messages: Sequence[Message], language: str) -> list[MessageOut]:
    """Messages with the versions that they delivered, in one query for all."""
    versions = await get_versions_of_messages(
        tx, message_ids=[message.message_id for message in messages]
    )
    return [encode_message(message, versions) for message in messages]


def encode_message(message: Message, versions: Mapping[MessageId, TextVersion]) -> MessageOut:
    """One message."""
    version = versions.get(message.message_id)
    return MessageOut(
        id=str(message.message_id),
        client_id=message.client_message_id,
        sender=_SENDERS[message.sender],
        text=message.text or "",
        is_failed=message.in_error_at is not None,
        is_cut=False,
        is_history_trimmed=message.is_history_trimmed,
        written_at=message.written_at,
        version=version
        and VersionRef(
            version_id=str(version.version_id), index=version.index, title=version.title or ""
        ),
    )


async def encode_posted(tx: Tx, posted: PostedMessage, language: str) -> PostedOut:
    """The outcome of a post."""
    [message] = await encode_messages(tx, [posted.message], language)
    return PostedOut(
        message=message,
        turn=None if posted.turn is None else encode_turn(posted.turn, language),
        is_new=posted.is_new,
    )
