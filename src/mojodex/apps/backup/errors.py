"""Why a backup cannot be written, read or restored. For the person at the terminal."""

from typing import ClassVar

from mojodex.kit.errors import ErrorKind, OperatorError


class BackupUnwritable(OperatorError):
    """The file cannot be written, or is there already."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "backup_unwritable"

    @property
    def cause(self) -> str:
        return f"The backup {self.data['path']} cannot be written: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return "Name a file that does not exist, in a directory with room that you may write to."


class NothingToBackUp(OperatorError):
    """There is no installation where the settings point."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "nothing_to_back_up"

    @property
    def cause(self) -> str:
        return f"There is no data of Mojodex in {self.data['place']}."

    @property
    def cure(self) -> str:
        return "Set MOJODEX_DATA_DIR or MOJODEX_DATABASE_URL to those of the installation."


class BackupUnreadable(OperatorError):
    """The file is no backup, or damaged."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "backup_unreadable"

    @property
    def cause(self) -> str:
        return f"The backup {self.data['path']} cannot be used: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return "Nothing was changed. Take another copy of it, or an older backup."


class BackupFromTheFuture(OperatorError):
    """The backup was made by a release that knows more than this one."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "backup_from_the_future"

    @property
    def cause(self) -> str:
        return (
            f"The backup was made by Mojodex {self.data['version']} ({self.data['what']}), which "
            "is newer than this release."
        )

    @property
    def cure(self) -> str:
        return "Nothing was changed. Install that release, or a newer one, and restore with it."


class PlaceNotEmpty(OperatorError):
    """A backup is restored into an empty place only."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "place_not_empty"

    @property
    def cause(self) -> str:
        return f"{self.data['place']} is not empty."

    @property
    def cure(self) -> str:
        return (
            "Nothing was changed. Restore into a new MOJODEX_DATA_DIR, or into a new database "
            "(createdb) with an empty MOJODEX_MEDIA_DIR, and start the server after that."
        )
