"""Failures of the database room."""

from typing import ClassVar

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from mojodex.kit.errors import AppError, ErrorKind, OperatorError

#: What a statement raises that the server refuses, whichever way it went there.
STATEMENT_ERRORS = (SQLAlchemyError, psycopg.Error)


class DatabaseUnavailable(AppError):
    """The database does not answer, or every connection stayed busy for too long."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_unavailable"


class TransactionOpen(RuntimeError):
    """A programming error: something slow was called while a transaction was open."""


class DatabaseUnreachable(OperatorError):
    """The external server cannot be used: no answer, or it refuses us. For the operator."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_unreachable"

    @property
    def cause(self) -> str:
        return f"The database cannot be reached: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return "Check MOJODEX_DATABASE_URL, and that the server runs and lets this role in."


class DatabaseTooOld(OperatorError):
    """The external server is of a release that we do not work with."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_too_old"

    @property
    def cause(self) -> str:
        return (
            f"The database server is PostgreSQL {self.data['found']}; Mojodex needs "
            f"{self.data['wanted']} or newer."
        )

    @property
    def cure(self) -> str:
        return (
            "Upgrade the server, set MOJODEX_DATABASE_URL to a newer one, or unset it to use the "
            "embedded database."
        )


class VectorExtensionMissing(OperatorError):
    """pgvector is not installed in the server, or we may not activate it in the database."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "vector_extension_missing"

    @property
    def cause(self) -> str:
        if self.data["is_installed"]:
            return "This role may not activate the extension pgvector."
        return "The database server lacks the extension pgvector."

    @property
    def cure(self) -> str:
        if self.data["is_installed"]:
            return (
                "Have a superuser run CREATE EXTENSION vector; in the database "
                f'"{self.data["database"]}".'
            )
        return (
            "Install its package (postgresql-NN-pgvector on Debian), or use an image that has it "
            "(pgvector/pgvector)."
        )


class DatabaseFromTheFuture(OperatorError):
    """The database was migrated by a release that knows more revisions than this one."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_from_the_future"

    @property
    def cause(self) -> str:
        return (
            f"The database is at revision {self.data['revision']}, which this release does not "
            "know: a newer Mojodex has migrated it."
        )

    @property
    def cure(self) -> str:
        return "Start that release again, or restore a backup from before it."
