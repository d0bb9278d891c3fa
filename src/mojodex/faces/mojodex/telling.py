"""From saved facts to the events of this wire; a fact that it does not know is no event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mojodex.domains.chat import (
    Message,
    MessageId,
    Sender,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    current_turn,
    get_messages,
    get_turns,
)
from mojodex.domains.executions import (
    SUBJECT_KIND,
    Execution,
    ExecutionId,
    TextVersion,
    VersionId,
    find_execution_by_session,
    get_executions,
    get_versions,
)
from mojodex.domains.identity import User, UserId, get_users
from mojodex.faces.edge import find_numbers, find_turn_id, render_text
from mojodex.faces.mojodex.encode.events import (
    encode_answer,
    encode_reception,
    encode_start,
    encode_title,
    encode_turn_failure,
)
from mojodex.kit.ids import decode_uuid
from mojodex.platform.db import Reading
from mojodex.platform.realtime import Delivery, Emission, session_room

UNKNOWN_FAILURE = "internal"
ABOUT_EXECUTIONS = frozenset({"execution.started", "execution.titled"})
ABOUT_MESSAGES = frozenset({"message.added"})
ABOUT_TURNS = frozenset({"turn.failed"})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is told together refers to these rows, by their ids; what is gone is absent."""

    executions: Mapping[ExecutionId, Execution] = field(default_factory=dict)
    messages: Mapping[MessageId, Message] = field(default_factory=dict)
    versions: Mapping[VersionId, TextVersion] = field(default_factory=dict)
    turns: Mapping[TurnId, Turn] = field(default_factory=dict)
    users: Mapping[UserId, User] = field(default_factory=dict)


def choose_told(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that this wire tells. It speaks in sessions; a person's own room is silent."""
    return [one for one in deliveries if one.kind in TELLERS and one.room == _room_of(one)]


def _room_of(delivery: Delivery) -> str | None:
    session_id = decode_uuid(str(delivery.ids.get("session_id")))
    return None if session_id is None else session_room(session_id)


async def read_facts(tx: Reading, told: Sequence[Delivery]) -> Facts:
    """What these deliveries refer to: a constant number of statements."""
    turn_ids = (find_turn_id(one) for one in told if one.kind in ABOUT_TURNS)
    turns = await get_turns(tx, turn_ids=[one for one in turn_ids if one is not None])
    return Facts(
        executions=await get_executions(
            tx,
            execution_ids=find_numbers(told, ABOUT_EXECUTIONS, "execution_id"),
            is_text_included=False,
        ),
        messages=await get_messages(
            tx, message_ids=find_numbers(told, ABOUT_MESSAGES, "message_pk")
        ),
        versions=await get_versions(
            tx, version_ids=find_numbers(told, ABOUT_MESSAGES, "version_pk")
        ),
        turns=turns,
        users=await get_users(tx, user_ids={UserId(turn.user_id) for turn in turns.values()}),
    )


def tell_delivery(facts: Facts, delivery: Delivery) -> Emission | None:
    """The event of a saved fact that this wire tells; None when there is nothing left to tell."""
    return TELLERS[delivery.kind](facts, delivery)


async def tell_session(tx: Reading, session_id: UUID) -> Sequence[Emission]:
    """What a socket that enters a session may have missed and nobody sends again: the title, if
    there is one by now, and that the latest answer failed."""
    execution = await _find_execution_of(tx, SessionId(session_id))
    turn = execution.turn if execution is not None else await _find_turn(tx, SessionId(session_id))
    told = [] if execution is None else [encode_title(execution)]
    if turn is not None and turn.state is TurnState.FAILED:
        users = await get_users(tx, user_ids=[UserId(turn.user_id)])
        told.append(_encode_failure(turn, users))
    return [emission for emission in told if emission is not None]


async def _find_execution_of(tx: Reading, session_id: SessionId) -> Execution | None:
    newest = await find_execution_by_session(tx, session_ids=[session_id])
    found = await get_executions(tx, execution_ids=newest.values(), is_text_included=False)
    return next(iter(found.values()), None)


async def _find_turn(tx: Reading, session_id: SessionId) -> Turn | None:
    return (await current_turn(tx, session_ids=[session_id])).get(session_id)


def _tell_message(facts: Facts, delivery: Delivery) -> Emission | None:
    message = facts.messages.get(MessageId(int(delivery.ids.get("message_pk") or 0)))
    if message is None or message.sender is Sender.SYSTEM:
        return None
    if message.sender is Sender.USER:
        return encode_reception(message.session_id)
    version_pk = delivery.ids.get("version_pk")
    if version_pk is None:
        return encode_answer(message, None)
    return encode_answer(message, facts.versions.get(VersionId(int(version_pk))))


def _tell_start(facts: Facts, delivery: Delivery) -> Emission | None:
    execution = _find_execution(facts, delivery)
    return encode_start(execution) if execution is not None else None


def _tell_title(facts: Facts, delivery: Delivery) -> Emission | None:
    execution = _find_execution(facts, delivery)
    return encode_title(execution) if execution is not None else None


def _find_execution(facts: Facts, delivery: Delivery) -> Execution | None:
    return facts.executions.get(ExecutionId(int(delivery.ids.get("execution_id") or 0)))


def _tell_failure(facts: Facts, delivery: Delivery) -> Emission | None:
    turn_id = find_turn_id(delivery)
    turn = None if turn_id is None else facts.turns.get(TurnId(turn_id))
    return None if turn is None else _encode_failure(turn, facts.users)


def _encode_failure(turn: Turn, users: Mapping[UserId, User]) -> Emission | None:
    user = users.get(UserId(turn.user_id))
    if user is None:
        return None
    execution_pk: int | None = None
    if turn.subject is not None and turn.subject.kind == SUBJECT_KIND:
        execution_pk = int(turn.subject.subject_id)
    words = render_text(turn.error_code or UNKNOWN_FAILURE, user.language)
    return encode_turn_failure(turn, execution_pk, words)


TELLERS: Mapping[str, Callable[[Facts, Delivery], Emission | None]] = {
    "message.added": _tell_message,
    "execution.started": _tell_start,
    "execution.titled": _tell_title,
    "turn.failed": _tell_failure,
}
