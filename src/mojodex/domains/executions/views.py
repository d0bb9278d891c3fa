"""What leaves the executions domain: executions, their inputs and the versions of their text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from mojodex.domains.catalog import Choice, InputKind, Task, TaskId, TextTypeId
from mojodex.domains.chat import MessageId, SessionId, Subject, Turn, Upload
from mojodex.domains.identity import UserId
from mojodex.domains.purchases import PurchaseId, UserTaskId

ExecutionId = NewType("ExecutionId", int)
ProducedTextId = NewType("ProducedTextId", int)
VersionId = NewType("VersionId", int)

#: The kind of subject under which chat keeps messages and turns of executions.
SUBJECT_KIND = "execution"


def execution_subject(execution_id: ExecutionId) -> Subject:
    """The execution as chat knows it."""
    return Subject(kind=SUBJECT_KIND, subject_id=str(execution_id))


class ExecutionState(StrEnum):
    """Where an execution stands, derived from its latest turn and its versions.

    created: not started · writing: a turn waits or runs · asking: the assistant's question waits
    for an answer · done: a text is there · failed, stopped: so ended the latest turn.
    """

    CREATED = "created"
    WRITING = "writing"
    ASKING = "asking"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Author(StrEnum):
    """Who wrote a version."""

    ASSISTANT = "assistant"
    USER = "user"


class Cause(StrEnum):
    """Why there is a version.

    answer: the assistant wrote the first text · change: it wrote the text anew, asked to in the
    conversation · edit: a person's edit · restore: a person brought an earlier version back.
    """

    ANSWER = "answer"
    CHANGE = "change"
    EDIT = "edit"
    RESTORE = "restore"


class Ending(StrEnum):
    """How a version ends: with all that its author had to say, or where it was stopped by the
    person or cut by the limit of an answer's length.
    """

    WHOLE = "whole"
    STOPPED = "stopped"
    CUT = "cut"


class SaveMode(StrEnum):
    """How an edit is kept.

    append: always a new version (the ancestor's clients count them) · sitting: an edit soon after
    the person's own last one replaces it.
    """

    APPEND = "append"
    SITTING = "sitting"


@dataclass(frozen=True, kw_only=True)
class ExecutionInput:
    """A field of the form and what was filled in.

    `value` is a text, several stored names for `multiple_images`, or None when not filled.
    """

    name: str
    label: str
    purpose: str
    placeholder: str | None
    kind: InputKind
    choices: tuple[Choice, ...]
    is_optional: bool
    value: str | tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class TextVersion:
    """One version of a produced text.

    `index` counts from 1 by date. `revision` counts the edits that replaced this version within
    one sitting, from 1. `message_id` is the assistant's message that delivered it.
    `restored_index` is the version that was brought back.
    """

    version_id: VersionId
    produced_text_id: ProducedTextId
    index: int
    title: str | None
    body: str
    created_at: datetime
    edited_at: datetime
    revision: int
    author: Author
    cause: Cause
    ending: Ending
    restored_index: int | None
    message_id: MessageId | None
    text_type: str | None


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One run of a task by a person. `text` is the latest version; `turn` the current turn.

    `question` is what the assistant asked, while the state is `asking`. `files` are those that the
    form names, by stored name.
    """

    execution_id: ExecutionId
    user_id: UserId
    user_task_id: UserTaskId
    task_id: TaskId
    session_id: SessionId
    title: str | None
    summary: str | None
    inputs: tuple[ExecutionInput, ...]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    deleted_at: datetime | None
    purchase_id: PurchaseId | None
    origin_execution_id: ExecutionId | None
    state: ExecutionState
    turn: Turn | None
    text: TextVersion | None
    n_versions: int
    question: str | None
    task: Task
    files: Mapping[str, Upload] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ListedText:
    """The newest version of a text, as far as lists show it."""

    produced_text_id: ProducedTextId
    version_id: VersionId
    title: str | None
    body: str


@dataclass(frozen=True, kw_only=True)
class ListedExecution:
    """An execution as lists show it. `text` and `turn` are None also where nobody asked for them;
    `n_versions` tells whether there is a text."""

    execution_id: ExecutionId
    user_task_id: UserTaskId
    task_id: TaskId
    session_id: SessionId
    title: str | None
    summary: str | None
    inputs: tuple[ExecutionInput, ...]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    state: ExecutionState
    turn: Turn | None
    text: ListedText | None
    n_versions: int
    task: Task


class HighlightField(StrEnum):
    """Where something was found."""

    TITLE = "title"
    SUMMARY = "summary"
    INPUT = "input"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Highlight:
    """A place where something was found: one line, and the ranges of its characters to mark.

    Titles are whole, the others excerpts. `label` names the field of the form for an input.
    """

    field: HighlightField
    label: str | None
    text: str
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An execution of a list and where in it the search was successful, at most once per field."""

    execution: ListedExecution
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, kw_only=True)
class StoredExecution:
    """An execution as its row says, without what its session and its text add.

    `consumed_at` is the instant at which its run was consumed; `catalog_revision` the revision of
    the catalogue when the row was read, for who goes on to need the task.
    """

    execution_id: ExecutionId
    user_id: UserId
    user_task_id: UserTaskId
    task_id: TaskId
    session_id: SessionId
    state: ExecutionState
    title: str | None
    summary: str | None
    inputs: tuple[ExecutionInput, ...]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    consumed_at: datetime | None
    deleted_at: datetime | None
    purchase_id: PurchaseId | None
    origin_execution_id: ExecutionId | None
    catalog_revision: UUID


@dataclass(frozen=True, kw_only=True)
class NewExecution:
    """An execution to be stored."""

    user_id: UserId
    user_task_id: UserTaskId
    task_id: TaskId
    session_id: SessionId
    inputs: tuple[ExecutionInput, ...]
    created_at: datetime
    client_id: UUID | None
    origin_execution_id: ExecutionId | None


@dataclass(frozen=True, kw_only=True)
class ProducedText:
    """A text that has versions, of an execution or of none."""

    produced_text_id: ProducedTextId
    user_id: UserId
    execution_id: ExecutionId | None


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """A version to be stored as the latest."""

    produced_text_id: ProducedTextId
    index: int
    title: str | None
    body: str
    author: Author
    cause: Cause
    ending: Ending
    restored_index: int | None
    message_id: MessageId | None
    text_type_id: TextTypeId | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class StoredVersion:
    """A version as its row says, with the execution and the task that it belongs to, and the
    revision of the catalogue when it was read."""

    version_id: VersionId
    produced_text_id: ProducedTextId
    execution_id: ExecutionId | None
    task_id: TaskId | None
    index: int
    title: str | None
    body: str
    created_at: datetime
    edited_at: datetime
    revision: int
    author: Author
    cause: Cause
    ending: Ending
    restored_index: int | None
    message_id: MessageId | None
    text_type_id: TextTypeId | None
    catalog_revision: UUID
