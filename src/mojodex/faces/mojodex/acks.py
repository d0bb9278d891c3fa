"""What counts as an acknowledgement of a message.

The ancestor's rule: `message_pk` is looked at first, else `produced_text_version_pk`; numbers may
be text. A draft waits for its version, so an acknowledgement that names a message does not clear
it. Its internal client answered with `backend_event_manager`, which never counted.
"""

from collections.abc import Mapping

from mojodex.faces.mojodex.errors import BadValue
from mojodex.faces.mojodex.values import ABSENT, as_integer
from mojodex.kit.ids import decode_uuid

INTERNAL_CLIENT = "backend_event_manager"


def clears(ids: Mapping[str, str | int | None], ack: object) -> bool:
    """Whether `ack` names what a delivery with these ids told."""
    if not isinstance(ack, dict) or ack.get(INTERNAL_CLIENT) or not _is_same_session(ids, ack):
        return False
    version_pk = ids.get("version_pk")
    if ack.get("message_pk") not in ABSENT:
        return version_pk is None and _is_number(ack["message_pk"], ids.get("message_pk"))
    return version_pk is not None and _is_number(ack.get("produced_text_version_pk"), version_pk)


def _is_same_session(ids: Mapping[str, str | int | None], ack: dict[str, object]) -> bool:
    """An acknowledgement without a session is not held against the client."""
    told = ack.get("session_id")
    if not isinstance(told, str):
        return told is None
    return decode_uuid(told) == decode_uuid(str(ids.get("session_id")))


def _is_number(sent: object, expected: str | int | None) -> bool:
    if not isinstance(sent, str | int | float) or expected is None:
        return False
    try:
        return as_integer("ack", sent) == int(expected)
    except BadValue:
        return False
