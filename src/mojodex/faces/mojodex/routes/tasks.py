"""The tasks of a person."""

from mojodex.domains.catalog import get_task, get_tasks
from mojodex.domains.identity import get_user
from mojodex.domains.purchases import (
    UserTaskId,
    UserTaskNotFound,
    access_user_task,
    list_user_tasks,
)
from mojodex.faces.mojodex.bodies import SingleUserTaskBody, UserTaskListBody
from mojodex.faces.mojodex.encode.tasks import encode_single_user_task, encode_user_task
from mojodex.faces.mojodex.routes.fields import DATETIME_QUERY, DEFAULT_PLATFORM, page
from mojodex.faces.mojodex.wire import Call, Outcome, Route, ValueKind, query
from mojodex.kit.errors import ErrorKind
from mojodex.kit.pagination import Window
from mojodex.platform.db import Tx


async def read_user_tasks(tx: Tx, call: Call) -> UserTaskListBody | SingleUserTaskBody:
    """The list, or one of them when its key is given."""
    values = call.values
    platform = values.find_text("platform") or DEFAULT_PLATFORM
    user_task_pk = values.find_integer("user_task_pk")
    language = (await get_user(tx, user_id=call.caller.require_user())).language
    if user_task_pk is not None:
        return await _read_one(tx, call, UserTaskId(user_task_pk), platform, language)
    window = Window(limit=values.limit("n_user_tasks"), offset=values.offset())
    found = await list_user_tasks(tx, call.caller, window=window, platform=platform)
    tasks = await get_tasks(tx, task_ids=[item.task_id for item in found.items])
    return UserTaskListBody(
        user_tasks=[encode_user_task(item, tasks[item.task_id], language) for item in found.items]
    )


async def _read_one(
    tx: Tx, call: Call, user_task_id: UserTaskId, platform: str, language: str
) -> SingleUserTaskBody:
    """Raises `UserTaskNotFound` also for one that ended or does not show on this platform."""
    user_task = await access_user_task(tx, call.caller, user_task_id=user_task_id)
    task = await get_task(tx, task_id=user_task.task_id)
    if not user_task.is_enabled or platform not in task.platforms:
        raise UserTaskNotFound()
    return encode_single_user_task(user_task, task, language)


FAILURE = Outcome(404)

TASK_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/user_task",
        purpose="The tasks of a person on a platform, or one of them",
        parameters=(
            DATETIME_QUERY,
            query(name="platform", default=DEFAULT_PLATFORM),
            query(name="version", default="0.0.0"),
            query(name="user_task_pk", kind=ValueKind.INTEGER, bad=FAILURE),
            *page("n_user_tasks", bad=FAILURE),
        ),
        answers=(UserTaskListBody, SingleUserTaskBody),
        use=read_user_tasks,
        outcomes={ErrorKind.NOT_FOUND: FAILURE, ErrorKind.INVALID: FAILURE},
        special={UserTaskNotFound: Outcome(400)},
    ),
)
