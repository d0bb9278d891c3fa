"""Why a program cannot start, for the person at the terminal."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind, OperatorError


class AddressUnavailable(OperatorError):
    """The host and port to listen on cannot be had."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "address_unavailable"

    @property
    def cause(self) -> str:
        return (
            f"Cannot listen on {self.data['host']} port {self.data['port']}: {self.data['reason']}."
        )

    @property
    def cure(self) -> str:
        return "Set MOJODEX_PORT (or MOJODEX_HOST) to another one."


class FileUnreadable(AppError):
    """A file named on the command line cannot be read."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "file_unreadable"

    def describe(self) -> str:
        return f"{self.data['path']} cannot be read: {self.data['reason']}."


class DatabaseNotRunning(OperatorError):
    """The embedded database runs only while a server runs on its data directory."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    code: ClassVar[str] = "database_not_running"

    @property
    def cause(self) -> str:
        return f"No server runs on {self.data['directory']}, so its database does not answer."

    @property
    def cure(self) -> str:
        return "Start one with `mojodex serve`, or set MOJODEX_DATA_DIR."
