"""Tasks, their forms and what may follow them."""

from mojodex.domains.catalog import Choice, InputKind, Task
from mojodex.domains.executions import ExecutionInput
from mojodex.domains.purchases import UserTask
from mojodex.faces.mojodex.bodies import (
    ActionBody,
    JsonInputBody,
    PossibleValueBody,
    SingleUserTaskBody,
    UserTaskBody,
)


def encode_user_task(user_task: UserTask, task: Task, language: str) -> UserTaskBody:
    display = task.display(language)
    return UserTaskBody(
        user_task_pk=user_task.user_task_id,
        task_pk=task.task_id,
        task_name=display.name,
        task_description=display.description,
        task_icon=task.icon,
        task_type=task.kind.value,
        steps=[],
        enabled=user_task.is_enabled,
    )


def encode_single_user_task(user_task: UserTask, task: Task, language: str) -> SingleUserTaskBody:
    """The single form repeats three texts under older names."""
    encoded = encode_user_task(user_task, task, language)
    return SingleUserTaskBody.model_validate(
        {
            **dict(encoded),
            "user_task_name": encoded.task_name,
            "user_task_description": encoded.task_description,
            "user_task_icon": encoded.task_icon,
        }
    )


def encode_actions(task: Task, language: str) -> list[ActionBody]:
    """The mobile app wants a text in every key."""
    bodies = []
    for action in task.actions:
        display = action.display(language)
        bodies.append(
            ActionBody(
                task_pk=action.task_id,
                name=display.name,
                button_text=display.button_text or display.name,
                message_prefix=display.message_prefix or "",
            )
        )
    return bodies


def encode_input(item: ExecutionInput, *, is_stored: bool) -> JsonInputBody:
    """A field of a form. Only the stored form has a `value`, only a drop-down list has choices."""
    fields: dict[str, object] = {
        "type": item.kind.value,
        "input_name": item.name,
        "description_for_user": item.label,
        "description_for_system": item.purpose,
        "placeholder": item.placeholder or "",
    }
    if item.kind is InputKind.DROP_DOWN_LIST:
        fields["possible_values"] = [encode_choice(choice) for choice in item.choices]
    if is_stored:
        fields["value"] = list(item.value) if isinstance(item.value, tuple) else item.value
    return JsonInputBody.model_validate(fields)


def encode_choice(choice: Choice) -> PossibleValueBody:
    return PossibleValueBody(value=choice.value, displayed_text=choice.label)
