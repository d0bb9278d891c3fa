"""What the executions domain tells the domains above, in the transaction in which it is true."""

from uuid import UUID

from mojodex.platform.events import DomainEvent


class ExecutionStarted(DomainEvent):
    """A form or a first message started an execution."""

    execution_id: int
    user_id: UUID
    task_id: int
    session_id: UUID


class ResultProduced(DomainEvent):
    """The assistant delivered a version. Placeholders are results that nobody needs to read."""

    execution_id: int
    user_id: UUID
    version_id: int
    is_first: bool
    is_placeholder: bool


class TextEdited(DomainEvent):
    """A person saved a version, or changed the one of this sitting."""

    produced_text_id: int
    execution_id: int | None
    user_id: UUID
    version_id: int


class ExecutionDeleted(DomainEvent):
    """A person deleted an execution; it can be restored."""

    execution_id: int
    user_id: UUID


class ExecutionRestored(DomainEvent):
    """A person took a deletion back."""

    execution_id: int
    user_id: UUID
