"""Definitions of tasks: what the assistant does, what the form asks, in which languages.

Administrators write them as JSON; people and prompts read them as `Task`.
"""

from mojodex.domains.catalog.errors import (
    FieldProblem,
    InvalidTaskDefinition,
    PlatformUnknown,
    TaskNameTaken,
    TaskNotFound,
)
from mojodex.domains.catalog.policy import access_task
from mojodex.domains.catalog.rules.decoding import decode_changes, decode_definition
from mojodex.domains.catalog.rules.definitions import TaskChanges, TaskDefinition
from mojodex.domains.catalog.rules.exporting import export_input, export_task
from mojodex.domains.catalog.service import (
    add_task,
    apply_task,
    change_task,
    ensure_examples,
    find_task_by_name,
    get_task,
    get_tasks,
    list_offered_tasks,
    list_tasks,
    list_text_types,
)
from mojodex.domains.catalog.store.memory import CATALOG_REVISION
from mojodex.domains.catalog.views import (
    ActionDisplay,
    AppliedTask,
    Choice,
    Info,
    InputKind,
    Platform,
    PredefinedAction,
    Task,
    TaskDisplay,
    TaskId,
    TaskInput,
    TaskKind,
    TextType,
    TextTypeId,
    choose_language,
)

__all__ = [
    "CATALOG_REVISION",
    "ActionDisplay",
    "AppliedTask",
    "Choice",
    "FieldProblem",
    "Info",
    "InputKind",
    "InvalidTaskDefinition",
    "Platform",
    "PlatformUnknown",
    "PredefinedAction",
    "Task",
    "TaskChanges",
    "TaskDefinition",
    "TaskDisplay",
    "TaskId",
    "TaskInput",
    "TaskKind",
    "TaskNameTaken",
    "TaskNotFound",
    "TextType",
    "TextTypeId",
    "access_task",
    "add_task",
    "apply_task",
    "change_task",
    "choose_language",
    "decode_changes",
    "decode_definition",
    "ensure_examples",
    "export_input",
    "export_task",
    "find_task_by_name",
    "get_task",
    "get_tasks",
    "list_offered_tasks",
    "list_tasks",
    "list_text_types",
]
