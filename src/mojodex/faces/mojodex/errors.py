"""Failures that belong to this wire alone; those of the domains come through as they are."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class MissingField(AppError):
    """A key that the route needs was not sent. Data: `name`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "missing_field"


class BadValue(AppError):
    """A value was sent that is not what it should be. Data: `name`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "bad_value"


class NotJson(AppError):
    """The route reads a JSON object and something else was sent."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "not_json"


class UnreadableJson(AppError):
    """The body calls itself JSON and does not parse."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "unreadable_json"


class LogInFailed(AppError):
    """A log-in that could not even be tried: fields lack, or its method is not offered."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "log_in_failed"


class InputsMalformed(AppError):
    """`inputs` is JSON, but not a list of `{input_name, input_value}`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "inputs_malformed"


class SpeechNotConfigured(AppError):
    """A recording was sent and no engine is configured that could understand it."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "speech_not_configured"


class InputsUnreadable(AppError):
    """`inputs` is not JSON."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "inputs_unreadable"
