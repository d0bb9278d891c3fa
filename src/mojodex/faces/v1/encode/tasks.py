"""Tasks and their forms."""

from collections.abc import Sequence
from datetime import datetime

from mojodex.domains.catalog import InputKind, Task, TaskInput
from mojodex.domains.executions import MAX_FILES
from mojodex.faces.edge import KIND_OF_INPUT, RULES
from mojodex.faces.v1.wire.tasks import ChoiceOut, FileRuleOut, InputOut, TaskItem, TaskOut


def encode_task_item(
    task: Task, language: str, *, is_enabled: bool, last_used_at: datetime | None
) -> TaskItem:
    """A task as lists show it."""
    display = task.display(language)
    return TaskItem(
        id=str(task.task_id),
        name=display.name,
        description=display.description,
        icon=task.icon,
        kind=task.kind.value,
        is_enabled=is_enabled,
        last_used_at=last_used_at,
    )


def encode_task(
    task: Task, language: str, *, is_enabled: bool, last_used_at: datetime | None
) -> TaskOut:
    """A task with its form."""
    item = encode_task_item(task, language, is_enabled=is_enabled, last_used_at=last_used_at)
    return TaskOut(**dict(item), inputs=encode_inputs(task.display(language).inputs))


def encode_inputs(inputs: Sequence[TaskInput]) -> list[InputOut]:
    """The fields of a form."""
    return [
        InputOut(
            name=item.name,
            label=item.label,
            placeholder=item.placeholder,
            kind=item.kind.value,
            choices=[ChoiceOut(value=choice.value, label=choice.label) for choice in item.choices],
            is_optional=item.is_optional,
            file_rule=encode_file_rule(item.kind),
        )
        for item in inputs
    ]


def encode_file_rule(kind: InputKind) -> FileRuleOut | None:
    """The limits of a field, so that nobody sends in vain what will be refused."""
    if kind not in KIND_OF_INPUT:
        return None
    rule = RULES[KIND_OF_INPUT[kind]]
    return FileRuleOut(
        media_types=sorted(set(rule.types.values())),
        suffixes=sorted(rule.types),
        max_bytes=rule.max_bytes,
        max_files=MAX_FILES[kind],
    )
