"""Tasks a person may run, and their forms."""

from typing import Literal

from mojodex.faces.v1.wire.base import Id, Instant, WireOut

InputKind = Literal[
    "text_area", "drop_down_list", "image", "multiple_images", "audio_file", "video"
]


class ChoiceOut(WireOut):
    """One entry of a drop-down list."""

    value: str
    label: str


class InputOut(WireOut):
    """One field of a form, in the person's language."""

    name: str
    label: str
    placeholder: str | None
    kind: InputKind
    choices: list[ChoiceOut]
    is_optional: bool


class TaskItem(WireOut):
    """A task as a list shows it. `is_enabled` false: shown, but not to be run at present."""

    id: Id
    name: str
    description: str
    icon: str
    kind: Literal["instruct", "workflow"]
    is_enabled: bool
    last_used_at: Instant | None


class TaskOut(TaskItem):
    """A task with its form."""

    inputs: list[InputOut]
