"""Rooms: what a socket can be in, and whose it is. A room is named `kind:uuid`."""

from uuid import UUID

from mojodex.kit.ids import decode_uuid
from mojodex.platform.realtime.errors import RoomRefused

USER = "user"
SESSION = "session"


def user_room(user_id: UUID) -> str:
    """The room of one person's own sockets; entered when they connect."""
    return f"{USER}:{user_id}"


def session_room(session_id: UUID) -> str:
    """The room of one chat session."""
    return f"{SESSION}:{session_id}"


def find_session_id(room: str) -> UUID | None:
    """The session whose room this is; None for any other room."""
    return room_id(room) if room.startswith(f"{SESSION}:") else None


def room_id(room: str) -> UUID:
    """The id of what the room belongs to. Raises `RoomRefused`."""
    kind, _, text = room.partition(":")
    owner = decode_uuid(text)
    if not kind.isidentifier() or owner is None or str(owner) != text:
        raise RoomRefused(room=room[:100])
    return owner


def check_room(room: str, user_id: UUID) -> None:
    """The rule that needs no database: a user's room is only theirs. Raises `RoomRefused`."""
    owner = room_id(room)
    if room.startswith(f"{USER}:") and owner != user_id:
        raise RoomRefused(room=room)
