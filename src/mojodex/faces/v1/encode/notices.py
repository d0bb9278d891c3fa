"""From saved facts to notices."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from mojodex.domains.chat import MessageId, TurnNotFound, get_messages, get_turn
from mojodex.domains.executions import (
    ExecutionId,
    VersionId,
    get_executions,
    get_versions,
    get_versions_of_messages,
)
from mojodex.domains.identity import UserId, UserNotFound, get_user
from mojodex.faces.edge import render_text
from mojodex.faces.v1.encode.chat import encode_message
from mojodex.faces.v1.encode.executions import (
    encode_execution_item,
    encode_turn_error,
    encode_version,
)
from mojodex.faces.v1.encode.people import encode_user
from mojodex.faces.v1.encode.sizes import cut_text, wire_size
from mojodex.faces.v1.wire.executions import TurnError
from mojodex.faces.v1.wire.notices import (
    ExecutionChanged,
    ExecutionDeleted,
    ExecutionStarted,
    ExecutionTitled,
    Final,
    MessageAdded,
    MessageChanged,
    PersonChanged,
    TasksChanged,
    TextVersionAdded,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    TurnStopped,
)
from mojodex.kit.errors import AppError
from mojodex.platform.db import Tx
from mojodex.platform.realtime import Delivery

#: Room for one long text in an event of at most 64 KB.
MAX_TEXT_BYTES = 40 * 1024

Encoder = Callable[[Tx, Delivery, str], Awaitable[Final | None]]


async def encode_delivery(tx: Tx, delivery: Delivery, language: str) -> Final | None:
    """The notice of a saved fact; None when v1 does not tell it or the row is gone."""
    encoder = ENCODERS.get(delivery.kind)
    return None if encoder is None else await encoder(tx, delivery, language)


def _delivery_id(delivery: Delivery) -> str | None:
    return str(delivery.delivery_id) if delivery.needs_ack else None


def _optional(ids: Mapping[str, str | int | None], name: str) -> str | None:
    value = ids.get(name)
    return None if value is None else str(value)


def _turn_notice(
    kind: type[TurnStarted] | type[TurnFinished] | type[TurnStopped],
) -> Encoder:
    async def encode(_tx: Tx, delivery: Delivery, _language: str) -> Final:
        return kind(
            delivery_id=_delivery_id(delivery),
            session_id=str(delivery.ids["session_id"]),
            turn_id=str(delivery.ids["turn_id"]),
            attempt=int(delivery.ids["attempt"] or 0),
            execution_id=_optional(delivery.ids, "execution_id"),
        )

    return encode


async def _turn_failed(tx: Tx, delivery: Delivery, language: str) -> Final | None:
    try:
        turn = await get_turn(tx, turn_id=UUID(str(delivery.ids["turn_id"])))
    except TurnNotFound:
        return None
    unknown = TurnError(code=AppError.code, detail=render_text(AppError.code, language))
    return TurnFailed(
        delivery_id=_delivery_id(delivery),
        session_id=str(turn.session_id),
        turn_id=str(turn.turn_id),
        attempt=int(delivery.ids.get("attempt") or turn.attempt),
        execution_id=_optional(delivery.ids, "execution_id"),
        error=encode_turn_error(turn, language) or unknown,
    )


def _message_notice(kind: type[MessageAdded] | type[MessageChanged]) -> Encoder:
    async def encode(tx: Tx, delivery: Delivery, _language: str) -> Final | None:
        key = MessageId(int(delivery.ids["message_pk"] or 0))
        found = (await get_messages(tx, message_ids=[key])).get(key)
        if found is None:
            return None
        message = encode_message(found, await get_versions_of_messages(tx, message_ids=[key]))
        text = cut_text(message.text, MAX_TEXT_BYTES)
        return kind(
            delivery_id=_delivery_id(delivery),
            session_id=str(found.session_id),
            execution_id=_optional(delivery.ids, "execution_id"),
            message=message.model_copy(update={"text": text, "is_cut": text != message.text}),
        )

    return encode


def _execution_notice(
    kind: type[ExecutionStarted] | type[ExecutionTitled] | type[ExecutionChanged],
) -> Encoder:
    async def encode(tx: Tx, delivery: Delivery, language: str) -> Final | None:
        key = ExecutionId(int(delivery.ids["execution_id"] or 0))
        found = await get_executions(tx, execution_ids=[key], is_text_included=False)
        execution = found.get(key)
        if execution is None or execution.deleted_at is not None:
            return None
        return kind(
            delivery_id=_delivery_id(delivery),
            execution=encode_execution_item(execution, language),
        )

    return encode


async def _execution_deleted(_tx: Tx, delivery: Delivery, _language: str) -> Final:
    return ExecutionDeleted(
        delivery_id=_delivery_id(delivery), execution_id=str(delivery.ids["execution_id"])
    )


async def _text_version_added(tx: Tx, delivery: Delivery, _language: str) -> Final | None:
    key = VersionId(int(delivery.ids["version_pk"] or 0))
    version = (await get_versions(tx, version_ids=[key])).get(key)
    if version is None:
        return None
    fits = wire_size(version.body) <= MAX_TEXT_BYTES
    return TextVersionAdded(
        delivery_id=_delivery_id(delivery),
        execution_id=str(delivery.ids["execution_id"]),
        version_id=str(version.version_id),
        index=version.index,
        version=encode_version(version) if fits else None,
    )


async def _person_changed(tx: Tx, delivery: Delivery, _language: str) -> Final | None:
    try:
        user = await get_user(tx, user_id=UserId(delivery.user_id))
    except UserNotFound:
        return None
    return PersonChanged(delivery_id=_delivery_id(delivery), person=encode_user(user))


async def _tasks_changed(_tx: Tx, delivery: Delivery, _language: str) -> Final:
    return TasksChanged(delivery_id=_delivery_id(delivery))


ENCODERS: Mapping[str, Encoder] = {
    "turn.started": _turn_notice(TurnStarted),
    "turn.finished": _turn_notice(TurnFinished),
    "turn.stopped": _turn_notice(TurnStopped),
    "turn.failed": _turn_failed,
    "message.added": _message_notice(MessageAdded),
    "message.changed": _message_notice(MessageChanged),
    "execution.started": _execution_notice(ExecutionStarted),
    "execution.titled": _execution_notice(ExecutionTitled),
    "execution.changed": _execution_notice(ExecutionChanged),
    "execution.deleted": _execution_deleted,
    "text.version_added": _text_version_added,
    "person.changed": _person_changed,
    "tasks.changed": _tasks_changed,
}
