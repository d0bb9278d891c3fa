"""Tasks a person may run."""

from fastapi import Response

from mojodex.domains.catalog import TaskId, TaskNotFound, get_task
from mojodex.domains.executions import last_uses
from mojodex.domains.purchases import find_user_task, list_user_tasks
from mojodex.faces.edge import RequestTx
from mojodex.faces.v1.encode.tasks import encode_task, encode_task_item
from mojodex.faces.v1.parts import (
    LookOf,
    PageWindow,
    PathId,
    ReaderOf,
    Search,
    build_router,
    row_id,
    spell,
)
from mojodex.faces.v1.wire.base import Page
from mojodex.faces.v1.wire.tasks import TaskItem, TaskOut

router = build_router("tasks")


@router.get("/tasks", response_model=Page[TaskItem])
async def read_tasks(look: LookOf, window: PageWindow, query: Search = None) -> Response:
    """The tasks of the person, and those shown to tease (`is_enabled` false)."""
    page = await list_user_tasks(look.tx, look.caller, window=window, query=query)
    task_ids = [item.task_id for item in page.items]
    uses = await last_uses(look.tx, look.caller, task_ids=task_ids)
    items = [
        encode_task_item(
            item.task,
            look.language,
            is_enabled=item.is_enabled,
            last_used_at=uses.get(item.task_id),
        )
        for item in page.items
    ]
    return spell(Page[TaskItem](items=items, next_cursor=page.next_cursor))


@router.get("/tasks/{task_id}")
async def read_task(tx: RequestTx, reader: ReaderOf, task_id: PathId) -> TaskOut:
    """One task with its form, in the person's language."""
    user_task = await find_user_task(tx, reader.caller, task_id=TaskId(row_id(task_id)))
    if user_task is None:
        raise TaskNotFound()
    uses = await last_uses(tx, reader.caller, task_ids=[user_task.task_id])
    return encode_task(
        await get_task(tx, task_id=user_task.task_id),
        reader.language,
        is_enabled=user_task.is_enabled,
        last_used_at=uses.get(user_task.task_id),
    )
