"""Failures of the database room."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class DatabaseUnavailable(AppError):
    """The database does not answer, or every connection stayed busy for too long."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_unavailable"


class TransactionOpen(RuntimeError):
    """A programming error: something slow was called while a transaction was open."""
