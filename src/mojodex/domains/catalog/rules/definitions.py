"""What an administrator may write as a task: the closed model of a definition and of a change.

The fields are the ancestor's. Ours are `optional` of an input and `visible_for_teasing`. Every text
and list is bounded, because definitions end up in prompts and on screens.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from mojodex.domains.catalog.views import FALLBACK_LANGUAGE

#: A name that prompts, files and form parts carry.
NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
#: `-` is taken beside the ancestor's `^[a-z0-9_]+$`: its own example `follow-up_email` needs it.
TASK_NAME_PATTERN = r"^[a-z0-9_][a-z0-9_-]*$"
INFO_NAME_PATTERN = r"^[A-Za-z0-9_]+$"
LANGUAGE_PATTERN = r"^[a-z]{2}(-[A-Z]{2})?$"
#: A problem that a validator of ours found; its context holds `reason`, `allowed` and `at`.
PROBLEM = "definition_problem"

InputType = Literal[
    "text_area", "image", "drop_down_list", "multiple_images", "audio_file", "video"
]
PlatformName = Literal["mobile", "webapp", "chrome", "outlook"]


def problem(reason: str, *, allowed: str | None = None, at: str = "") -> PydanticCustomError:
    """An error at the validated field, or at the place `at` below it."""
    return PydanticCustomError(
        PROBLEM, "{reason}", {"reason": reason, "allowed": allowed, "at": at}
    )


def _storable(text: str) -> str:
    if "\x00" in text:
        raise problem("contains a NUL character", allowed="text without NUL characters")
    return text


def _check_unique(values: Iterable[str | int], at: str) -> None:
    seen: set[str | int] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise problem("is there twice", allowed="one entry each", at=f"[{index}]{at}")
        seen.add(value)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(_storable),
]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    AfterValidator(_storable),
]
LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    AfterValidator(_storable),
]
LooseText = Annotated[str, StringConstraints(max_length=4_000), AfterValidator(_storable)]
Name = Annotated[str, StringConstraints(max_length=64, pattern=NAME_PATTERN)]
TaskName = Annotated[str, StringConstraints(max_length=100, pattern=TASK_NAME_PATTERN)]
InfoName = Annotated[str, StringConstraints(max_length=64, pattern=INFO_NAME_PATTERN)]
Language = Annotated[str, StringConstraints(max_length=5, pattern=LANGUAGE_PATTERN)]
Icon = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=32),
    AfterValidator(_storable),
]
TextTypeName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=100),
    AfterValidator(_storable),
]


class Closed(BaseModel):
    """Unknown keys are refused and nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChoiceDefinition(Closed):
    """An entry of a drop-down."""

    value: Line
    displayed_text: Line


class InputDefinition(Closed):
    """A field of the form."""

    type: InputType
    input_name: Name
    description_for_user: Paragraph
    description_for_system: Paragraph
    placeholder: LooseText | None = None
    possible_values: Annotated[list[ChoiceDefinition], Field(max_length=100)] | None = Field(
        default=None, validate_default=True
    )
    optional: bool = False

    @field_validator("possible_values")
    @classmethod
    def _check_choices(
        cls, choices: list[ChoiceDefinition] | None, info: ValidationInfo
    ) -> list[ChoiceDefinition] | None:
        if info.data.get("type") == "drop_down_list":
            if not choices:
                raise problem("is required", allowed="at least one entry for a drop_down_list")
            _check_unique((choice.value for choice in choices), ".value")
        elif choices and "type" in info.data:
            raise problem("is only for the type drop_down_list", allowed="no entry")
        return choices or None


class TaskDisplayDefinition(Closed):
    """The texts and the form of a task in one language."""

    language_code: Language
    name_for_user: Line
    definition_for_user: Paragraph
    json_input: Annotated[list[InputDefinition], Field(min_length=1, max_length=30)]

    @field_validator("json_input")
    @classmethod
    def _check_names(cls, inputs: list[InputDefinition]) -> list[InputDefinition]:
        _check_unique((each.input_name for each in inputs), ".input_name")
        _check_image_names(inputs)
        return inputs


def _check_image_names(inputs: Sequence[InputDefinition]) -> None:
    """The parts of `multiple_images` are sent as `<name>_<index>`: no other input may look so."""
    families = {each.input_name for each in inputs if each.type == "multiple_images"}
    for index, each in enumerate(inputs):
        family, _, number = each.input_name.rpartition("_")
        if family in families and number.isdecimal():
            raise problem(
                f"looks like an image of {family}",
                allowed="another name",
                at=f"[{index}].input_name",
            )


class ActionTexts(Closed):
    """What the person reads on a predefined action."""

    name: Line
    button_text: Line | None = None
    message_prefix: Paragraph | None = None


class ActionDisplayDefinition(Closed):
    """A predefined action in one language."""

    language_code: Language
    data: ActionTexts


class ActionDefinition(Closed):
    """After this task, offer the task `task_pk`."""

    task_pk: Annotated[int, Field(ge=1, lt=2**63)]
    displayed_data: Annotated[list[ActionDisplayDefinition], Field(min_length=1, max_length=20)]

    @field_validator("displayed_data")
    @classmethod
    def _check_languages(
        cls, displays: list[ActionDisplayDefinition]
    ) -> list[ActionDisplayDefinition]:
        _check_unique((each.language_code for each in displays), ".language_code")
        return displays


class InfoDefinition(Closed):
    """Something to know before delivering."""

    info_name: InfoName
    description: Paragraph


Platforms = Annotated[list[PlatformName], Field(min_length=1, max_length=4)]
Displays = Annotated[list[TaskDisplayDefinition], Field(min_length=1, max_length=20)]
Actions = Annotated[list[ActionDefinition], Field(max_length=20)]
Infos = Annotated[list[InfoDefinition], Field(max_length=30)]


class _CheckedLists(Closed):
    """The rules that a definition and a change share."""

    @field_validator("platforms", check_fields=False)
    @classmethod
    def _check_platforms(cls, platforms: list[PlatformName]) -> list[PlatformName]:
        _check_unique(platforms, "")
        return platforms

    @field_validator("task_displayed_data", check_fields=False)
    @classmethod
    def _check_displays(cls, displays: list[TaskDisplayDefinition]) -> list[TaskDisplayDefinition]:
        _check_unique((each.language_code for each in displays), ".language_code")
        return displays

    @field_validator("predefined_actions", check_fields=False)
    @classmethod
    def _check_actions(cls, actions: list[ActionDefinition]) -> list[ActionDefinition]:
        _check_unique((each.task_pk for each in actions), ".task_pk")
        return actions

    @field_validator("infos_to_extract", check_fields=False)
    @classmethod
    def _check_infos(cls, infos: list[InfoDefinition]) -> list[InfoDefinition]:
        _check_unique((each.info_name for each in infos), ".info_name")
        return infos


class TaskDefinition(_CheckedLists):
    """A whole task. Workflows have no place here until they can run."""

    task_type: Literal["instruct"]
    name_for_system: TaskName
    definition_for_system: Paragraph
    icon: Icon
    output_type: TextTypeName
    platforms: Platforms
    task_displayed_data: Displays
    final_instruction: LongText
    output_format_instruction_title: Paragraph
    output_format_instruction_draft: Paragraph
    infos_to_extract: Infos
    predefined_actions: Actions = []
    result_chat_enabled: bool = True
    visible_for_teasing: bool = False

    @field_validator("task_displayed_data")
    @classmethod
    def _check_english(cls, displays: list[TaskDisplayDefinition]) -> list[TaskDisplayDefinition]:
        require_english([each.language_code for each in displays])
        return displays

    @field_validator("predefined_actions")
    @classmethod
    def _check_english_actions(cls, actions: list[ActionDefinition]) -> list[ActionDefinition]:
        for index, action in enumerate(actions):
            require_english(
                [each.language_code for each in action.displayed_data],
                at=f"[{index}].displayed_data",
            )
        return actions


def require_english(languages: Sequence[str], *, at: str = "") -> None:
    """English is what everybody falls back to, so it must be there."""
    if FALLBACK_LANGUAGE not in languages:
        raise problem(
            "lacks English", allowed=f"an entry with language_code {FALLBACK_LANGUAGE}", at=at
        )


class TaskChanges(_CheckedLists):
    """A part of a definition. Only the keys that are present change anything, and none is null."""

    task_type: Literal["instruct"] | None = None
    name_for_system: TaskName | None = None
    definition_for_system: Paragraph | None = None
    icon: Icon | None = None
    output_type: TextTypeName | None = None
    platforms: Platforms | None = None
    task_displayed_data: Displays | None = None
    final_instruction: LongText | None = None
    output_format_instruction_title: Paragraph | None = None
    output_format_instruction_draft: Paragraph | None = None
    infos_to_extract: Infos | None = None
    predefined_actions: Actions | None = None
    result_chat_enabled: bool | None = None
    visible_for_teasing: bool | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise problem("must not be null", allowed="a value, or no key at all")
        return value

    @classmethod
    def of(cls, definition: TaskDefinition) -> Self:
        """The change that makes a task what a whole definition says."""
        return cls.model_validate(definition.model_dump(exclude_none=True))
