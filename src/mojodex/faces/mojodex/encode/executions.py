"""Executions and the versions of their texts."""

from datetime import UTC, datetime

from mojodex.domains.executions import Execution, TextVersion
from mojodex.faces.mojodex.bodies import (
    ExecutionBody,
    JsonInputBody,
    NewExecutionBody,
    SingleExecutionBody,
    TextVersionBody,
)
from mojodex.faces.mojodex.encode.tasks import encode_actions, encode_input
from mojodex.kit.ids import encode_hex


def encode_time(instant: datetime) -> str:
    """ISO with `+00:00`: the CLI's parser knows no Z, and it subtracts from an aware now."""
    return instant.astimezone(UTC).isoformat()


def encode_new_execution(
    execution: Execution, language: str, *, is_intro_done: bool
) -> NewExecutionBody:
    return NewExecutionBody(
        user_task_execution_pk=execution.execution_id,
        json_input=[encode_input(item, is_stored=False) for item in execution.inputs],
        actions=encode_actions(execution.task, language),
        text_edit_actions=[],
        session_id=encode_hex(execution.session_id),
        intro_done=is_intro_done,
    )


def encode_execution(execution: Execution, language: str) -> ExecutionBody:
    """An item of the list, where no version at all is null."""
    return ExecutionBody.model_validate(_fields(execution, language, no_version=None))


def encode_single_execution(execution: Execution, language: str) -> SingleExecutionBody:
    """The single form, where no version at all is 0."""
    fields = _fields(execution, language, no_version=0)
    return SingleExecutionBody.model_validate(
        {**fields, "deleted_by_user": execution.deleted_at is not None}
    )


def _fields(execution: Execution, language: str, *, no_version: int | None) -> dict[str, object]:
    """What both forms share. `start_date` is absent before the start."""
    text = execution.text
    fields: dict[str, object] = {
        "user_task_execution_pk": execution.execution_id,
        "end_date": encode_time(execution.ended_at) if execution.ended_at else None,
        "title": execution.title,
        "summary": execution.summary,
        "session_id": encode_hex(execution.session_id),
        "json_inputs_values": _encode_inputs(execution),
        "icon": execution.task.icon,
        "task_name": execution.task.display(language).name,
        "task_type": execution.task.kind.value,
        "result_chat_enabled": execution.task.is_result_chat_enabled,
        "actions": encode_actions(execution.task, language),
        "user_task_pk": execution.user_task_id,
        "n_todos": 0,
        "n_not_read_todos": 0,
        "produced_text_pk": text.produced_text_id if text else None,
        "produced_text_title": text.title if text else None,
        "produced_text_production": text.body if text else None,
        "produced_text_version_pk": text.version_id if text else None,
        "produced_text_version_index": execution.n_versions or no_version,
        "text_edit_actions": [],
        "working_on_todos": False,
    }
    if execution.started_at is not None:
        fields["start_date"] = encode_time(execution.started_at)
    return fields


def _encode_inputs(execution: Execution) -> list[JsonInputBody] | None:
    """Null when nothing was filled in, by which the web app hides the tab."""
    if all(item.value is None for item in execution.inputs):
        return None
    return [encode_input(item, is_stored=True) for item in execution.inputs]


def encode_version(version: TextVersion) -> TextVersionBody:
    return TextVersionBody(
        produced_text_version_pk=version.version_id,
        produced_text_pk=version.produced_text_id,
        produced_text_title=version.title,
        produced_text_production=version.body,
        produced_text_version_index=version.index,
    )
