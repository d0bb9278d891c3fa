"""The use cases of the catalogue."""

from collections.abc import Collection, Mapping
from typing import Any

from mojodex.domains.catalog.rules import TaskChanges, TaskDefinition
from mojodex.domains.catalog.views import AppliedTask, OfferedTask, Task, TaskId, TextType
from mojodex.domains.identity import Caller
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Tx


async def add_task(tx: Tx, caller: Caller, *, definition: TaskDefinition) -> Task:
    raise NotImplementedError


async def change_task(tx: Tx, caller: Caller, *, task_id: TaskId, changes: TaskChanges) -> Task:
    raise NotImplementedError


async def apply_task(tx: Tx, caller: Caller, *, definition: Mapping[str, Any]) -> AppliedTask:
    """Add the task, or change the one with this `name_for_system`."""
    raise NotImplementedError


async def get_task(tx: Tx, *, task_id: TaskId) -> Task:
    """Raises `TaskNotFound`."""
    raise NotImplementedError


async def get_tasks(tx: Tx, *, task_ids: Collection[TaskId]) -> dict[TaskId, Task]:
    raise NotImplementedError


async def find_task_by_name(tx: Tx, *, name_for_system: str) -> Task | None:
    raise NotImplementedError


async def access_task(tx: Tx, caller: Caller, *, task_id: TaskId) -> Task:
    """A definition as administrators read it."""
    raise NotImplementedError


async def list_tasks(tx: Tx, caller: Caller, *, window: Window) -> Page[Task]:
    """All definitions by id, for administrators."""
    raise NotImplementedError


async def list_offered_tasks(tx: Tx, *, platform: str | None = None) -> tuple[OfferedTask, ...]:
    """Ids of all tasks of a platform (all platforms: None), by id. Raises `PlatformUnknown`."""
    raise NotImplementedError


async def list_text_types(tx: Tx, caller: Caller, *, window: Window) -> Page[TextType]:
    raise NotImplementedError


async def ensure_examples(tx: Tx) -> tuple[TaskId, ...]:
    """Add the six example tasks that are missing. Returns their ids in order."""
    raise NotImplementedError
