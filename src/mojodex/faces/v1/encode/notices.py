"""From saved facts to notices."""

from collections.abc import Callable, Mapping, Sequence

from mojodex.domains.chat import MessageId, TurnId
from mojodex.domains.executions import ExecutionId, VersionId
from mojodex.domains.identity import UserId
from mojodex.faces.edge import find_turn_id, render_text
from mojodex.faces.v1.encode.chat import encode_message
from mojodex.faces.v1.encode.executions import (
    encode_execution_item,
    encode_turn_error,
    encode_version,
)
from mojodex.faces.v1.encode.facts import Facts
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
from mojodex.platform.realtime import Delivery

#: Room for one long text in an event of at most 64 KB.
MAX_TEXT_BYTES = 40 * 1024
#: Says nothing but how an execution is now: of several, the last one tells it for all.
STATE_KIND = "execution.changed"

Encoder = Callable[[Facts, Delivery], Final | None]


def encode_delivery(facts: Facts, delivery: Delivery) -> Final | None:
    """The notice of a saved fact; None when v1 does not tell it or the row is gone."""
    encoder = ENCODERS.get(delivery.kind)
    return None if encoder is None else encoder(facts, delivery)


def drop_overtaken(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that are worth telling, of deliveries that are told together, in their order.

    A notice is encoded from the newest state, so that of an execution's changes the last one brings
    what the others would: fold(shown, notices) stays the same.
    """
    last = {_state_key(one): one.delivery_id for one in deliveries}
    return [
        one
        for one in deliveries
        if one.kind in ENCODERS
        and (_state_key(one) is None or last[_state_key(one)] == one.delivery_id)
    ]


def _state_key(delivery: Delivery) -> tuple[str, str] | None:
    if delivery.kind != STATE_KIND or delivery.needs_ack:
        return None
    return delivery.room, str(delivery.ids["execution_id"])


def _delivery_id(delivery: Delivery) -> str | None:
    return str(delivery.delivery_id) if delivery.needs_ack else None


def _optional(ids: Mapping[str, str | int | None], name: str) -> str | None:
    value = ids.get(name)
    return None if value is None else str(value)


def _turn_notice(
    kind: type[TurnStarted] | type[TurnFinished] | type[TurnStopped],
) -> Encoder:
    def encode(_facts: Facts, delivery: Delivery) -> Final:
        return kind(
            delivery_id=_delivery_id(delivery),
            session_id=str(delivery.ids["session_id"]),
            turn_id=str(delivery.ids["turn_id"]),
            attempt=int(delivery.ids["attempt"] or 0),
            execution_id=_optional(delivery.ids, "execution_id"),
        )

    return encode


def _turn_failed(facts: Facts, delivery: Delivery) -> Final | None:
    turn_id = find_turn_id(delivery)
    turn = None if turn_id is None else facts.turns.get(TurnId(turn_id))
    language = facts.find_language(delivery.user_id)
    if turn is None or language is None:
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
    def encode(facts: Facts, delivery: Delivery) -> Final | None:
        found = facts.messages.get(MessageId(int(delivery.ids["message_pk"] or 0)))
        if found is None:
            return None
        message = encode_message(found, facts.delivered)
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
    def encode(facts: Facts, delivery: Delivery) -> Final | None:
        execution = facts.executions.get(ExecutionId(int(delivery.ids["execution_id"] or 0)))
        language = facts.find_language(delivery.user_id)
        if execution is None or execution.deleted_at is not None or language is None:
            return None
        return kind(
            delivery_id=_delivery_id(delivery),
            execution=encode_execution_item(execution, language),
        )

    return encode


def _execution_deleted(_facts: Facts, delivery: Delivery) -> Final:
    return ExecutionDeleted(
        delivery_id=_delivery_id(delivery), execution_id=str(delivery.ids["execution_id"])
    )


def _text_version_added(facts: Facts, delivery: Delivery) -> Final | None:
    version = facts.versions.get(VersionId(int(delivery.ids["version_pk"] or 0)))
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


def _person_changed(facts: Facts, delivery: Delivery) -> Final | None:
    user = facts.users.get(UserId(delivery.user_id))
    if user is None:
        return None
    return PersonChanged(delivery_id=_delivery_id(delivery), person=encode_user(user))


def _tasks_changed(_facts: Facts, delivery: Delivery) -> Final:
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
