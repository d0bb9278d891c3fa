"""People running tasks: executions, produced texts and their versions."""

from typing import Annotated, Literal

from pydantic import Field

from mojodex.faces.v1.wire.base import (
    ClientMadeId,
    Id,
    Instant,
    LongText,
    Page,
    Title,
    Uploads,
    Values,
    WireIn,
    WireOut,
)
from mojodex.faces.v1.wire.tasks import InputOut
from mojodex.faces.v1.wire.uploads import UploadOut

ExecutionState = Literal["created", "writing", "asking", "done", "failed", "stopped"]
TurnState = Literal["queued", "running", "done", "failed", "stopped"]


class ExecutionIn(WireIn):
    """A new execution; started at once when `inputs` are given.

    `client_id` makes the request safe to repeat: the same id answers the same execution. So an
    execution made without inputs may be given files, and started by the same request with them:
    `uploads` are ids of its files by input name.
    """

    task_id: Id
    client_id: ClientMadeId | None = None
    inputs: Values | None = None
    uploads: Uploads = Field(default_factory=dict)


class RunIn(WireIn):
    """The filled form, by input name: texts, and ids of files that were sent for it."""

    inputs: Values
    uploads: Uploads = Field(default_factory=dict)


class ExecutionPatch(WireIn):
    """A title of the person's own."""

    title: Title


class VersionIn(WireIn):
    """An edited text, and what was edited: 409 when it is no longer the latest.

    `base_revision` guards against another edit within the same sitting. `is_new_version` keeps
    the version before even when it is the person's own of a moment ago. `is_renaming` makes the
    title the name of the execution, too, in the same step.
    """

    title: Title
    body: LongText
    base_version_id: Id | None
    base_revision: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    is_new_version: bool = False
    is_renaming: bool = False


class TaskRef(WireOut):
    """The task of an execution."""

    id: Id
    name: str
    icon: str


class TurnError(WireOut):
    """Why a turn failed or, while it is queued, why it waits for another try; in words."""

    code: str
    detail: str


class TurnOut(WireOut):
    """One answer of the assistant, in the making or made."""

    id: Id
    state: TurnState
    attempt: int
    error: TurnError | None


class VersionItem(WireOut):
    """One version of a produced text, without its body.

    `index` counts from 1. A person's edits within one sitting replace each other: `revision`
    counts them, from 1, and `edited_at` is the time of the last.

    `cause`: the assistant's first text, a change that it wrote, a person's edit, or an earlier
    version (`restored_index`) brought back. `ending`: whole, stopped by the person, or cut by the
    limit of an answer's length.
    """

    version_id: Id
    index: int
    revision: int
    title: str
    author: Literal["assistant", "user"]
    cause: Literal["answer", "change", "edit", "restore"]
    ending: Literal["whole", "stopped", "cut"]
    restored_index: int | None
    created_at: Instant
    edited_at: Instant


class VersionOut(VersionItem):
    """One version of a produced text."""

    body: str


class InputValueOut(InputOut):
    """A field of the form with what was filled in."""

    value: Annotated[str | list[str] | None, Field(description="A list for `multiple_images`.")]
    files: Annotated[list[UploadOut], Field(description="What the value names, in its order.")]


class ExecutionItem(WireOut):
    """An execution as lists and notices show it."""

    id: Id
    task: TaskRef
    session_id: Id
    title: str | None
    summary: str | None
    state: ExecutionState
    turn: TurnOut | None
    n_versions: int
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None


class RangeOut(WireOut):
    """Some characters of a text, from `start` to before `end`, counted in Unicode code points."""

    start: int
    end: int


class HighlightOut(WireOut):
    """A place where a search was successful.

    `text` is one line: the whole title, or an excerpt of what `field` says; `ranges` are what to
    mark in it, in their order.
    """

    field: Literal["title", "summary", "input", "text"]
    label: Annotated[str | None, Field(description="The name of the form's field, for `input`.")]
    text: str
    ranges: list[RangeOut]


class ExecutionPage(Page[ExecutionItem]):
    """Some executions of a list, and for a search where in them it was successful.

    `highlights` holds by the id of an execution at most one place per field. Words that stand far
    down in a long text have none.
    """

    highlights: dict[Id, list[HighlightOut]]


class ExecutionOut(ExecutionItem):
    """An execution with all that its page shows."""

    inputs: list[InputValueOut]
    question: Annotated[
        str | None, Field(description="What the assistant waits for, when it asks.")
    ]
    text: VersionOut | None
    is_result_chat_enabled: bool
