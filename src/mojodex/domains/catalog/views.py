"""What leaves the catalogue: tasks as people and prompts see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

TaskId = NewType("TaskId", int)
TextTypeId = NewType("TextTypeId", int)

FALLBACK_LANGUAGE = "en"


class TaskKind(StrEnum):
    """Instruct: one assistant writes one text. Workflow: steps with human validation."""

    INSTRUCT = "instruct"
    WORKFLOW = "workflow"


class InputKind(StrEnum):
    """The fields a form may have."""

    TEXT_AREA = "text_area"
    IMAGE = "image"
    DROP_DOWN_LIST = "drop_down_list"
    MULTIPLE_IMAGES = "multiple_images"
    AUDIO_FILE = "audio_file"
    VIDEO = "video"


class Platform(StrEnum):
    """Where a task may show."""

    MOBILE = "mobile"
    WEBAPP = "webapp"
    CHROME = "chrome"
    OUTLOOK = "outlook"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One entry of a drop-down: what is stored and what is shown."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class TaskInput:
    """One field of the form. `label` is for the person, `purpose` for the prompt."""

    name: str
    label: str
    purpose: str
    kind: InputKind
    placeholder: str | None = None
    choices: tuple[Choice, ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskDisplay:
    """A task in one language."""

    language_code: str
    name: str
    description: str
    inputs: tuple[TaskInput, ...]


@dataclass(frozen=True, kw_only=True)
class Info:
    """Something the assistant must know before it delivers."""

    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class ActionDisplay:
    """A predefined action in one language."""

    language_code: str
    name: str
    button_text: str | None = None
    message_prefix: str | None = None


@dataclass(frozen=True, kw_only=True)
class PredefinedAction:
    """After the task that holds it, offer the task `task_id`."""

    task_id: TaskId
    displays: Mapping[str, ActionDisplay]

    def display(self, language: str) -> ActionDisplay:
        return self.displays[choose_language(self.displays, language)]


@dataclass(frozen=True, kw_only=True)
class TextType:
    """A sort of result: meeting_minutes, email, …"""

    text_type_id: TextTypeId
    name: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task definition as stored. Texts for people are in `displays`, by language."""

    task_id: TaskId
    kind: TaskKind
    name_for_system: str
    definition_for_system: str
    icon: str
    final_instruction: str | None
    title_format: str | None
    draft_format: str | None
    infos_to_extract: tuple[Info, ...]
    text_type: str | None
    text_type_id: TextTypeId | None
    is_result_chat_enabled: bool
    is_visible_for_teasing: bool
    platforms: tuple[str, ...]
    displays: Mapping[str, TaskDisplay]
    actions: tuple[PredefinedAction, ...]

    def display(self, language: str) -> TaskDisplay:
        """The texts in this language, else in its first two letters, else in English."""
        return self.displays[choose_language(self.displays, language)]


@dataclass(frozen=True, kw_only=True)
class AppliedTask:
    """What applying a definition did. `is_new` tells an addition from a change."""

    task: Task
    is_new: bool


def choose_language(available: Mapping[str, object], language: str) -> str:
    """Pick a key: exact (whatever the case), then first two letters, then English, then any.

    Raises `LookupError` when nothing is available.
    """
    folded = {code.casefold(): code for code in available}
    for wanted in (language.casefold(), language[:2].casefold(), FALLBACK_LANGUAGE):
        if wanted in folded:
            return folded[wanted]
    if not folded:
        raise LookupError("no language is available")
    return folded[min(folded)]
