"""From stored tasks back to definitions."""

from typing import Any

from mojodex.domains.catalog.views import PredefinedAction, Task, TaskDisplay, TaskInput


def export_task(task: Task) -> dict[str, Any]:
    """The definition of a stored task, as JSON values: what `decode_definition` reads back.

    Keys with their default value are left out where the ancestor's export lacks them.
    """
    teasing = {"visible_for_teasing": True} if task.is_visible_for_teasing else {}
    return {
        "task_type": task.kind.value,
        "name_for_system": task.name_for_system,
        "definition_for_system": task.definition_for_system,
        "icon": task.icon,
        "output_type": task.text_type,
        "platforms": list(task.platforms),
        "task_displayed_data": [_export_display(each) for each in task.displays.values()],
        "final_instruction": task.final_instruction,
        "output_format_instruction_title": task.title_format,
        "output_format_instruction_draft": task.draft_format,
        "infos_to_extract": [
            {"info_name": info.name, "description": info.description}
            for info in task.infos_to_extract
        ],
        "predefined_actions": [_export_action(action) for action in task.actions],
        "result_chat_enabled": task.is_result_chat_enabled,
        **teasing,
    }


def _export_display(display: TaskDisplay) -> dict[str, Any]:
    return {
        "language_code": display.language_code,
        "name_for_user": display.name,
        "definition_for_user": display.description,
        "json_input": [export_input(each) for each in display.inputs],
    }


def export_input(each: TaskInput) -> dict[str, Any]:
    """One field of a form in the shape in which it is stored and sent to the ancestor's clients."""
    item: dict[str, Any] = {
        "type": each.kind.value,
        "input_name": each.name,
        "description_for_user": each.label,
        "description_for_system": each.purpose,
    }
    if each.placeholder is not None:
        item["placeholder"] = each.placeholder
    if each.choices:
        item["possible_values"] = [
            {"value": choice.value, "displayed_text": choice.label} for choice in each.choices
        ]
    if each.is_optional:
        item["optional"] = True
    return item


def _export_action(action: PredefinedAction) -> dict[str, Any]:
    return {
        "task_pk": action.task_id,
        "displayed_data": [
            {
                "language_code": display.language_code,
                "data": {
                    key: text
                    for key, text in (
                        ("name", display.name),
                        ("button_text", display.button_text),
                        ("message_prefix", display.message_prefix),
                    )
                    if text is not None
                },
            }
            for display in action.displays.values()
        ],
    }
