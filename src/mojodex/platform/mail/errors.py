"""Failures of the mail room."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class MailUnavailable(AppError):
    """The mail server cannot be reached or is busy; trying again later may help. data: reason."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "mail_unavailable"


class MailRefused(AppError):
    """The mail server refuses the account, the sender or the message. data: reason."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "mail_refused"


class InvalidRecipient(AppError):
    """An address that no mail can be sent to."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_recipient"
