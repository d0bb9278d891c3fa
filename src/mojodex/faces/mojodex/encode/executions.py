"""Executions and the versions of their texts."""

from datetime import UTC, datetime

from mojodex.domains.executions import Execution, ListedExecution, TextVersion
from mojodex.faces.mojodex.bodies import NewExecutionBody, SingleExecutionBody, TextVersionBody
from mojodex.faces.mojodex.encode.tasks import action_fields, input_fields
from mojodex.kit.ids import encode_hex


def encode_time(instant: datetime) -> str:
    """ISO with `+00:00`: the CLI's parser knows no Z, and it subtracts from an aware now."""
    return instant.astimezone(UTC).isoformat()


def encode_new_execution(
    execution: Execution, language: str, *, is_intro_done: bool
) -> NewExecutionBody:
    return NewExecutionBody.model_validate(
        {
            "user_task_execution_pk": execution.execution_id,
            "json_input": [input_fields(item, is_stored=False) for item in execution.inputs],
            "actions": action_fields(execution.task, language),
            "text_edit_actions": [],
            "session_id": encode_hex(execution.session_id),
            "intro_done": is_intro_done,
        }
    )


def execution_fields(
    execution: Execution | ListedExecution, language: str, *, no_version: int | None = None
) -> dict[str, object]:
    """The fields of an `ExecutionBody`. `start_date` is absent before the start; in a list, no
    version at all is null."""
    text, task = execution.text, execution.task
    fields: dict[str, object] = {"user_task_execution_pk": execution.execution_id}
    if execution.started_at is not None:
        fields["start_date"] = encode_time(execution.started_at)
    return fields | {
        "end_date": encode_time(execution.ended_at) if execution.ended_at else None,
        "title": execution.title,
        "summary": execution.summary,
        "session_id": encode_hex(execution.session_id),
        "json_inputs_values": _input_fields(execution),
        "icon": task.icon,
        "task_name": task.display(language).name,
        "task_type": task.kind.value,
        "result_chat_enabled": task.is_result_chat_enabled,
        "actions": action_fields(task, language),
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


def encode_single_execution(execution: Execution, language: str) -> SingleExecutionBody:
    """The single form, where no version at all is 0."""
    fields = execution_fields(execution, language, no_version=0)
    return SingleExecutionBody.model_validate(
        {**fields, "deleted_by_user": execution.deleted_at is not None}
    )


def _input_fields(execution: Execution | ListedExecution) -> list[dict[str, object]] | None:
    """Null when nothing was filled in, by which the web app hides the tab."""
    if all(item.value is None for item in execution.inputs):
        return None
    return [input_fields(item, is_stored=True) for item in execution.inputs]


def encode_version(version: TextVersion) -> TextVersionBody:
    return TextVersionBody(
        produced_text_version_pk=version.version_id,
        produced_text_pk=version.produced_text_id,
        produced_text_title=version.title,
        produced_text_production=version.body,
        produced_text_version_index=version.index,
    )
