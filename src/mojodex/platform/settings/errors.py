"""Failures of the settings room. Their text is for the person who runs the server."""

from typing import ClassVar

from mojodex.kit.errors import ErrorKind, OperatorError


class InvalidSettings(OperatorError):
    """One or more variables have a value that is not allowed; `problems` has a line for each."""

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    code: ClassVar[str] = "invalid_settings"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(problems="\n".join(problems))

    @property
    def cause(self) -> str:
        return "\n".join(self.problems)

    @property
    def cure(self) -> str:
        return "Correct this in the environment or in .env; `.env.example` explains each setting."

    def describe(self) -> str:
        return f"{self.cause}\n{self.cure}"


class SecretsUnreadable(OperatorError):
    """The file with the generated secrets exists and cannot be read."""

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    code: ClassVar[str] = "secrets_unreadable"

    @property
    def cause(self) -> str:
        return f"The secrets in {self.data['path']} cannot be read: {self.data['reason']}."

    @property
    def cure(self) -> str:
        return "Restore the file from a backup, or delete it to have new secrets made."
