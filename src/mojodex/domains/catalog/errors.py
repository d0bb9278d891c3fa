"""Failures of the catalogue. The edge has the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


@dataclass(frozen=True, kw_only=True)
class FieldProblem:
    """One thing that is wrong with a definition.

    `field` is its path (`task_displayed_data[0].json_input[1].type`), `reason` a phrase that reads
    on from it ("is required"), `allowed` what would be right, where that can be said.
    """

    field: str
    reason: str
    allowed: str | None = None


class InvalidTaskDefinition(AppError):
    """The definition breaks its rules. Data: `field`, `reason`, `allowed` of the first problem and
    `n_problems`; all of them, at most 20, are in `problems`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_task_definition"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(
            field=first.field,
            reason=first.reason,
            allowed=first.allowed,
            n_problems=len(self.problems),
        )


class TaskNotFound(AppError):
    """No task has this id or name."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "task_not_found"


class TaskNameTaken(AppError):
    """Another task has this `name_for_system`."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "task_name_taken"


class PlatformUnknown(AppError):
    """No platform has this name. Data: `platform`, `allowed`."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "platform_unknown"
