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


class FileRuleOut(WireOut):
    """What a field takes: media types, also as endings of names, and how much of it."""

    media_types: list[str]
    suffixes: list[str]
    max_bytes: int
    max_files: int


class InputOut(WireOut):
    """One field of a form, in the person's language. `file_rule` only for a field of files."""

    name: str
    label: str
    placeholder: str | None
    kind: InputKind
    choices: list[ChoiceOut]
    is_optional: bool
    file_rule: FileRuleOut | None


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
