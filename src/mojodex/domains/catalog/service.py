"""The use cases of the catalogue."""

import json
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID

from mojodex.domains.catalog.errors import (
    FieldProblem,
    InvalidTaskDefinition,
    PlatformUnknown,
    TaskNameTaken,
    TaskNotFound,
)
from mojodex.domains.catalog.policy import require_administrator
from mojodex.domains.catalog.rules.decoding import decode_definition
from mojodex.domains.catalog.rules.definitions import (
    ActionDefinition,
    InfoDefinition,
    TaskChanges,
    TaskDefinition,
    TaskDisplayDefinition,
)
from mojodex.domains.catalog.store import tasks as store
from mojodex.domains.catalog.store.memory import recall
from mojodex.domains.catalog.views import (
    FALLBACK_LANGUAGE,
    AppliedTask,
    Platform,
    Task,
    TaskId,
    TextType,
    TextTypeId,
)
from mojodex.domains.identity import Caller, record_audit
from mojodex.kit.pagination import Page, Window, cut_page, decode_cursor, encode_cursor
from mojodex.platform.db import Reading, Tx, lock_xact

EXAMPLE_TEXT_TYPES = {1: "meeting_minutes", 2: "email", 3: "document", 4: "poem"}
EXAMPLES = (
    "prepare_meeting_minutes",
    "follow-up_email",
    "structure_ideas_into_doc",
    "prepare_linkedin_post",
    "create_one_minute_pitch",
    "general_assistance",
)

#: The fields of a definition that are columns of the same name.
_COLUMNS = (
    "name_for_system",
    "definition_for_system",
    "icon",
    "final_instruction",
    "output_format_instruction_title",
    "output_format_instruction_draft",
    "result_chat_enabled",
    "visible_for_teasing",
)


async def add_task(tx: Tx, caller: Caller, *, definition: TaskDefinition) -> Task:
    """Store a new task, for administrators; an unknown output type is created.

    Nobody may run it before `purchases.associate_task`. Raises `GrantMissing`, `TaskNameTaken`,
    `InvalidTaskDefinition` (a predefined action that names no task).
    """
    require_administrator(caller)
    task_id = await _insert(tx, definition)
    if task_id is None:
        raise TaskNameTaken(name_for_system=definition.name_for_system)
    await record_audit(tx, caller, act="task.add", subject_kind="task", subject_id=task_id)
    return await get_task(tx, task_id=task_id)


async def _insert(
    tx: Tx, definition: TaskDefinition, number: TaskId | None = None
) -> TaskId | None:
    await _check_actions(tx, definition.predefined_actions)
    values = _task_values(definition)
    values["type"] = definition.task_type
    values["output_text_type_fk"] = await _ensure_text_type(tx, definition.output_type)
    if number is not None:
        values["task_pk"] = number
    task_id = await store.insert_task(tx, values)
    if task_id is not None:
        await _write_lists(tx, task_id, TaskChanges.of(definition))
    return task_id


def _task_values(definition: TaskDefinition | TaskChanges) -> dict[str, Any]:
    """The columns of `md_task` that a definition or a change sets."""
    given = definition.model_dump(exclude_none=True)
    values = {column: given[column] for column in _COLUMNS if column in given}
    if definition.infos_to_extract is not None:
        values["infos_to_extract"] = _dump_infos(definition.infos_to_extract)
    return values


def _dump_infos(infos: Sequence[InfoDefinition]) -> list[dict[str, str]]:
    return [info.model_dump() for info in infos]


async def _ensure_text_type(tx: Tx, name: str) -> TextTypeId:
    found = await store.find_text_type(tx, name)
    if found is None:
        await store.insert_text_type(tx, name)
        found = await store.find_text_type(tx, name)
    if found is None:
        raise LookupError(f"the text type {name} was deleted meanwhile")
    return found


async def _check_actions(tx: Tx, actions: Sequence[ActionDefinition]) -> None:
    if not actions:
        return
    known = await store.find_known_ids(tx, [action.task_pk for action in actions])
    problems = [
        FieldProblem(
            field=f"predefined_actions[{index}].task_pk",
            reason="is no task",
            allowed="the task_pk of a task",
        )
        for index, action in enumerate(actions)
        if action.task_pk not in known
    ]
    if problems:
        raise InvalidTaskDefinition(problems)


async def _write_lists(tx: Tx, task_id: TaskId, changes: TaskChanges) -> None:
    """Upsert displays and actions, replace platforms, as far as they are given."""
    if changes.task_displayed_data is not None:
        rows = [_dump_display(display) for display in changes.task_displayed_data]
        await store.upsert_displays(tx, task_id, rows)
    if changes.platforms is not None:
        await store.replace_platforms(tx, task_id, changes.platforms)
    for action in changes.predefined_actions or ():
        texts = {
            each.language_code: each.data.model_dump(exclude_none=True)
            for each in action.displayed_data
        }
        await store.upsert_action(tx, task_id, action.task_pk, texts)


def _dump_display(display: TaskDisplayDefinition) -> dict[str, Any]:
    inputs = [each.model_dump(exclude_none=True) for each in display.json_input]
    for each in inputs:
        if not each["optional"]:
            del each["optional"]
    return {**display.model_dump(exclude={"json_input"}), "json_input": inputs}


async def change_task(tx: Tx, caller: Caller, *, task_id: TaskId, changes: TaskChanges) -> Task:
    """Change what is given, for administrators.

    Display rows are added or replaced per language and predefined actions per task, none is
    removed; platforms are replaced. An unknown output type is refused. Raises `GrantMissing`,
    `TaskNotFound`, `TaskNameTaken`, `InvalidTaskDefinition`.
    """
    require_administrator(caller)
    if not await store.lock_task(tx, task_id):
        raise TaskNotFound()
    current = await get_task(tx, task_id=task_id)
    await _check_actions(tx, changes.predefined_actions or ())
    _check_new_actions(current, changes.predefined_actions or ())
    values = _task_values(changes)
    if changes.output_type is not None:
        values["output_text_type_fk"] = await _require_text_type(tx, changes.output_type)
    if not await store.update_task(tx, task_id, values):
        raise TaskNameTaken(name_for_system=changes.name_for_system)
    await _write_lists(tx, task_id, changes)
    await record_audit(tx, caller, act="task.change", subject_kind="task", subject_id=task_id)
    return await get_task(tx, task_id=task_id)


async def _require_text_type(tx: Tx, name: str) -> TextTypeId:
    found = await store.find_text_type(tx, name)
    if found is None:
        raise InvalidTaskDefinition(
            [
                FieldProblem(
                    field="output_type",
                    reason="is no text type",
                    allowed="the name of a text type that exists",
                )
            ]
        )
    return found


def _check_new_actions(task: Task, actions: Sequence[ActionDefinition]) -> None:
    """An action that the task did not have yet needs English, which people fall back to."""
    known = {action.task_id for action in task.actions}
    problems = [
        FieldProblem(
            field=f"predefined_actions[{index}].displayed_data",
            reason="lacks English",
            allowed=f"an entry with language_code {FALLBACK_LANGUAGE}",
        )
        for index, action in enumerate(actions)
        if action.task_pk not in known
        and FALLBACK_LANGUAGE not in {each.language_code for each in action.displayed_data}
    ]
    if problems:
        raise InvalidTaskDefinition(problems)


async def apply_task(tx: Tx, caller: Caller, *, definition: Mapping[str, Any]) -> AppliedTask:
    """Add the task that a whole definition describes, or change the one that has its name.

    Raises as `decode_definition`, `add_task` and `change_task`.
    """
    require_administrator(caller)
    decoded = decode_definition(definition)
    await lock_xact(tx, "catalog.apply_task", decoded.name_for_system)
    known = await store.find_task_ids(tx, names=[decoded.name_for_system])
    task_id = known.get(decoded.name_for_system)
    if task_id is None:
        return AppliedTask(task=await add_task(tx, caller, definition=decoded), is_new=True)
    await _ensure_text_type(tx, decoded.output_type)
    changes = TaskChanges.of(decoded)
    task = await change_task(tx, caller, task_id=task_id, changes=changes)
    return AppliedTask(task=task, is_new=False)


async def get_task(tx: Reading, *, task_id: TaskId, as_of: UUID | None = None) -> Task:
    """One statement; none with `as_of`, as in `get_tasks`. Raises `TaskNotFound`."""
    task = (await recall(tx, as_of=as_of)).get(task_id)
    if task is None:
        raise TaskNotFound()
    return task


async def get_tasks(
    tx: Reading, *, task_ids: Collection[TaskId], as_of: UUID | None = None
) -> dict[TaskId, Task]:
    """Those of these tasks that exist; one statement however many.

    None when the caller has just read `CATALOG_REVISION` beside its own rows, and passes it.
    """
    if not task_ids:
        return {}
    tasks = await recall(tx, as_of=as_of)
    return {task_id: tasks[task_id] for task_id in task_ids if task_id in tasks}


async def find_task_by_name(tx: Tx, *, name_for_system: str) -> Task | None:
    tasks = await store.find_tasks(tx, name=name_for_system)
    return tasks[0] if tasks else None


async def list_tasks(tx: Tx, caller: Caller, *, window: Window) -> Page[Task]:
    """All definitions by id, for administrators. Raises `GrantMissing`, `InvalidCursor`."""
    require_administrator(caller)
    tasks = await store.find_tasks(
        tx,
        after=_decode_number(window),
        offset=window.offset or 0,
        limit=window.limit + 1,
    )
    return cut_page(tasks, window.limit, lambda task: encode_cursor(task.task_id))


def _decode_number(window: Window) -> int | None:
    return None if window.cursor is None else int(decode_cursor(window.cursor, int)[0])


async def list_offered_tasks(
    tx: Reading, *, platform: str | None = None, as_of: UUID | None = None
) -> tuple[Task, ...]:
    """Tasks of a platform (all platforms: None) that have texts, by id. Raises `PlatformUnknown`.

    One statement; none with `as_of`, as in `get_tasks`.
    """
    if platform is not None and platform not in set(Platform):
        raise PlatformUnknown(platform=platform[:50], allowed=", ".join(Platform))
    return tuple(
        task
        for task in (await recall(tx, as_of=as_of)).values()
        if task.displays and (platform is None or platform in task.platforms)
    )


async def list_text_types(tx: Tx, caller: Caller, *, window: Window) -> Page[TextType]:
    """All sorts of result by id, for administrators. Raises `GrantMissing`, `InvalidCursor`."""
    require_administrator(caller)
    types = await store.list_text_types(
        tx, after=_decode_number(window), offset=window.offset or 0, limit=window.limit + 1
    )
    return cut_page(types, window.limit, lambda each: encode_cursor(each.text_type_id))


async def ensure_examples(tx: Tx) -> tuple[TaskId, ...]:
    """Add those of the six example tasks whose name is missing. Returns their ids in order.

    They take the numbers 1 to 6 where these are free, which the ancestor's clients know. What an
    administrator changed is left alone.
    """
    await lock_xact(tx, "catalog.ensure_examples")
    known = await store.find_task_ids(tx, names=EXAMPLES)
    if len(known) < len(EXAMPLES):
        await store.insert_numbered_text_types(tx, EXAMPLE_TEXT_TYPES)
        for number, name in enumerate(EXAMPLES, 1):
            if name not in known:
                await _insert_example(tx, name, TaskId(number))
        await store.continue_numbers(tx)
        known = await store.find_task_ids(tx, names=EXAMPLES)
    return tuple(known[name] for name in EXAMPLES)


async def _insert_example(tx: Tx, name: str, number: TaskId) -> None:
    definition = decode_definition(read_example(name))
    is_taken = await store.find_known_ids(tx, [number])
    await _insert(tx, definition, None if is_taken else number)


def read_example(name: str) -> dict[str, Any]:
    """The definition of an example task as it is shipped."""
    path = files("mojodex.domains.catalog") / "examples" / f"{name}.json"
    decoded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return decoded
