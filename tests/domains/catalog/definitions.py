"""Definitions for the tests of the catalogue and of what stands on it."""

from typing import Any


def make_input(**changes: Any) -> dict[str, Any]:
    return {
        "type": "text_area",
        "input_name": "notes",
        "description_for_user": "Your notes",
        "description_for_system": "Notes of the user",
        **changes,
    }


def make_display(language: str = "en", *inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "language_code": language,
        "name_for_user": f"Letter ({language})",
        "definition_for_user": f"Writes a letter ({language})",
        "json_input": list(inputs) or [make_input()],
        **changes,
    }


def make_action(task_pk: int, *languages: str) -> dict[str, Any]:
    return {
        "task_pk": task_pk,
        "displayed_data": [
            {"language_code": language, "data": {"name": f"Go on ({language})"}}
            for language in languages or ("en",)
        ],
    }


def make_definition(**changes: Any) -> dict[str, Any]:
    return {
        "task_type": "instruct",
        "name_for_system": "write_letter",
        "definition_for_system": "The user needs a letter",
        "icon": "✉️",
        "output_type": "document",
        "platforms": ["webapp"],
        "task_displayed_data": [make_display("en"), make_display("fr")],
        "final_instruction": "Write the letter.",
        "output_format_instruction_title": "A few words",
        "output_format_instruction_draft": "A letter",
        "infos_to_extract": [{"info_name": "reader", "description": "Who reads it"}],
        **changes,
    }
