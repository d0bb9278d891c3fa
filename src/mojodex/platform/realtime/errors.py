"""Failures of the realtime room."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class RoomRefused(AppError):
    """The peer may not enter this room, or it is no room."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "room_refused"


class TooManyRooms(AppError):
    """The peer is in as many rooms as one socket may be."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_MANY
    code: ClassVar[str] = "too_many_rooms"


class ConnectionRefused(Exception):
    """Raised by `SocketFace.connect`: the client gets `message`, and `data` beside it."""

    def __init__(self, message: str, data: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
