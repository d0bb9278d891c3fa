"""Tasks, their forms and what may follow them."""

from mojodex.domains.catalog import InputKind, Task
from mojodex.domains.executions import ExecutionInput
from mojodex.domains.purchases import UserTask
from mojodex.faces.mojodex.bodies import SingleUserTaskBody


def user_task_fields(user_task: UserTask, task: Task, language: str) -> dict[str, object]:
    """The fields of a `UserTaskBody`."""
    display = task.display(language)
    return {
        "user_task_pk": user_task.user_task_id,
        "task_pk": task.task_id,
        "task_name": display.name,
        "task_description": display.description,
        "task_icon": task.icon,
        "task_type": task.kind.value,
        "steps": [],
        "enabled": user_task.is_enabled,
    }


def encode_single_user_task(user_task: UserTask, task: Task, language: str) -> SingleUserTaskBody:
    """The single form repeats three texts under older names."""
    fields = user_task_fields(user_task, task, language)
    return SingleUserTaskBody.model_validate(
        {
            **fields,
            "user_task_name": fields["task_name"],
            "user_task_description": fields["task_description"],
            "user_task_icon": fields["task_icon"],
        }
    )


def action_fields(task: Task, language: str) -> list[dict[str, object]]:
    """The fields of an `ActionBody` each; the mobile app wants a text in every key."""
    found: list[dict[str, object]] = []
    for action in task.actions:
        display = action.display(language)
        found.append(
            {
                "task_pk": action.task_id,
                "name": display.name,
                "button_text": display.button_text or display.name,
                "message_prefix": display.message_prefix or "",
            }
        )
    return found


def input_fields(item: ExecutionInput, *, is_stored: bool) -> dict[str, object]:
    """The fields of a `JsonInputBody`. Only the stored form has a `value`, only a drop-down list
    has choices."""
    fields: dict[str, object] = {
        "type": item.kind.value,
        "input_name": item.name,
        "description_for_user": item.label,
        "description_for_system": item.purpose,
        "placeholder": item.placeholder or "",
    }
    if item.kind is InputKind.DROP_DOWN_LIST:
        fields["possible_values"] = [
            {"value": choice.value, "displayed_text": choice.label} for choice in item.choices
        ]
    if is_stored:
        fields["value"] = item.value
    return fields
