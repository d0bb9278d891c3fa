"""Failures of the executions domain."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class ExecutionNotFound(AppError):
    """No such execution, or it is somebody else's, or it was deleted."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "execution_not_found"


class AlreadyStarted(AppError):
    """The form of an execution is run once."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "already_started"


class NotStarted(AppError):
    """This needs an execution that was started."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "not_started"


class MissingInput(AppError):
    """A mandatory field is empty. data: name, label."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "missing_input"


class UnknownInput(AppError):
    """The form has no field of this name. data: name."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "unknown_input"


class InvalidChoice(AppError):
    """The value is not among the choices of the field. data: name, label."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_choice"


class InputTooLong(AppError):
    """data: name, label, limit (characters)."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "input_too_long"


class WrongInputKind(AppError):
    """A text was given where the form wants a file, or a file where it wants a text. data: name."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "wrong_input_kind"


class TooManyFiles(AppError):
    """data: name, label, limit."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "too_many_files"


class ResultChatDisabled(AppError):
    """The task does not let people chat about its result."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "result_chat_disabled"


class TaskNotEnabled(AppError):
    """The person may no longer run this task."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "task_not_enabled"


class EmptyTitle(AppError):
    """A title needs a word."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "empty_title"


class ProducedTextNotFound(AppError):
    """No such text, or it is somebody else's, or it was deleted."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "produced_text_not_found"


class VersionNotFound(AppError):
    """The text has no version of this index."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "version_not_found"


class StaleVersion(AppError):
    """Another version came after the edited one. data: latest_version_id, latest_revision."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "stale_version"


class TextTooLong(AppError):
    """data: limit (characters)."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "text_too_long"
