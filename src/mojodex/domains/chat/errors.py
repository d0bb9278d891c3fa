"""Failures of the chat domain."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class SessionNotFound(AppError):
    """No such session, or it is somebody else's, or it was deleted."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "session_not_found"


class TurnNotFound(AppError):
    """No such turn, or it is somebody else's."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "turn_not_found"


class UploadNotFound(AppError):
    """No such upload in this session."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "upload_not_found"


class UploadInUse(AppError):
    """Work rests on this upload; it goes with its session."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "upload_in_use"


class TooManyUploads(AppError):
    """So many files wait in this session that no more are taken. data: limit."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_MANY
    code: ClassVar[str] = "too_many_uploads"


class TermsNotAccepted(AppError):
    """Nobody works before accepting the terms."""

    kind: ClassVar[ErrorKind] = ErrorKind.TERMS_REQUIRED
    code: ClassVar[str] = "terms_not_accepted"


class EmptyMessage(AppError):
    """A message without a word. data: none."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "empty_message"


class MessageTooLong(AppError):
    """data: limit (characters)."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "message_too_long"


class InvalidClientMessageId(AppError):
    """The client's id of a message is empty or longer than `limit` characters."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_client_message_id"


class TooManyTurns(AppError):
    """So many messages wait for an answer in this session that no more are taken."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_MANY
    code: ClassVar[str] = "too_many_turns"


class TurnNotRetryable(AppError):
    """Only a turn that failed or was stopped can be retried. data: state."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "turn_not_retryable"


class TurnEnded(AppError):
    """The turn ended before it could be stopped. data: state."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "turn_ended"


class EmptyAnswer(AppError):
    """The model answered without a word."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "empty_answer"


class AssistantMissing(AppError):
    """No assistant is registered for the kind of this turn. data: assistant_kind."""

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    code: ClassVar[str] = "assistant_missing"
