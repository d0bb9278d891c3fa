"""Tasks and their forms."""

from collections.abc import Sequence
from datetime import datetime

from mojodex.domains.catalog import Task, TaskInput
from mojodex.faces.v1.wire.tasks import ChoiceOut, InputOut, TaskItem, TaskOut


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
        )
        for item in inputs
    ]
