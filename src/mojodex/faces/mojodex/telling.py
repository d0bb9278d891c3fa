"""From saved facts to the events of this wire; a fact that it does not know is no event."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from mojodex.domains.chat import (
    Sender,
    SessionId,
    Turn,
    TurnState,
    current_turn,
    get_messages,
    get_turn,
)
from mojodex.domains.executions import (
    SUBJECT_KIND,
    Execution,
    find_execution_by_session,
    get_executions,
    get_versions,
)
from mojodex.domains.identity import UserId, get_user
from mojodex.faces.edge import render_text
from mojodex.faces.mojodex.encode.events import (
    encode_answer,
    encode_reception,
    encode_start,
    encode_title,
    encode_turn_failure,
)
from mojodex.kit.ids import decode_uuid
from mojodex.platform.db import Tx
from mojodex.platform.realtime import Delivery, Emission, session_room

UNKNOWN_FAILURE = "internal"


async def tell_delivery(tx: Tx, delivery: Delivery) -> Sequence[Emission]:
    """The events of a saved fact. This wire speaks in sessions; a person's own room is silent."""
    session_id = decode_uuid(str(delivery.ids.get("session_id")))
    if session_id is None or delivery.room != session_room(session_id):
        return ()
    teller = TELLERS.get(delivery.kind)
    emission = await teller(tx, delivery) if teller is not None else None
    return () if emission is None else (emission,)


async def tell_session(tx: Tx, session_id: UUID) -> Sequence[Emission]:
    """What a socket that enters a session may have missed and nobody sends again: the title, if
    there is one by now, and that the latest answer failed."""
    told: list[Emission | None] = []
    key = SessionId(session_id)
    execution_id = (await find_execution_by_session(tx, session_ids=[key])).get(key)
    if execution_id is not None:
        execution = await _find_execution(tx, execution_id)
        told.append(encode_title(execution) if execution is not None else None)
    turn = (await current_turn(tx, session_ids=[key])).get(key)
    if turn is not None and turn.state is TurnState.FAILED:
        told.append(await _encode_failure(tx, turn))
    return [emission for emission in told if emission is not None]


async def _tell_message(tx: Tx, delivery: Delivery) -> Emission | None:
    pk, version_pk = delivery.ids.get("message_pk"), delivery.ids.get("version_pk")
    found = await get_messages(tx, message_ids=[int(pk or 0)])
    message = next(iter(found.values()), None)
    if message is None or message.sender is Sender.SYSTEM:
        return None
    if message.sender is Sender.USER:
        return encode_reception(message.session_id)
    if version_pk is None:
        return encode_answer(message, None)
    versions = await get_versions(tx, version_ids=[int(version_pk)])
    return encode_answer(message, next(iter(versions.values()), None))


async def _tell_start(tx: Tx, delivery: Delivery) -> Emission | None:
    execution = await _find_execution(tx, delivery.ids.get("execution_id"))
    return encode_start(execution) if execution is not None else None


async def _tell_title(tx: Tx, delivery: Delivery) -> Emission | None:
    execution = await _find_execution(tx, delivery.ids.get("execution_id"))
    return encode_title(execution) if execution is not None else None


async def _tell_failure(tx: Tx, delivery: Delivery) -> Emission | None:
    turn_id = decode_uuid(str(delivery.ids.get("turn_id")))
    if turn_id is None:
        return None
    return await _encode_failure(tx, await get_turn(tx, turn_id=turn_id))


async def _encode_failure(tx: Tx, turn: Turn) -> Emission:
    user = await get_user(tx, user_id=UserId(turn.user_id))
    execution_pk: int | None = None
    if turn.subject is not None and turn.subject.kind == SUBJECT_KIND:
        execution_pk = int(turn.subject.subject_id)
    words = render_text(turn.error_code or UNKNOWN_FAILURE, user.language)
    return encode_turn_failure(turn, execution_pk, words)


async def _find_execution(tx: Tx, execution_id: str | int | None) -> Execution | None:
    if execution_id is None:
        return None
    found = await get_executions(tx, execution_ids=[int(execution_id)])
    return next(iter(found.values()), None)


TELLERS: Mapping[str, Callable[[Tx, Delivery], Awaitable[Emission | None]]] = {
    "message.added": _tell_message,
    "execution.started": _tell_start,
    "execution.titled": _tell_title,
    "turn.failed": _tell_failure,
}
