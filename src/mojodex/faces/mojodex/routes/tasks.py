"""The tasks of a person."""

from mojodex.domains.catalog import get_task
from mojodex.domains.purchases import (
    UserTaskId,
    UserTaskNotFound,
    access_user_task,
    list_user_tasks,
)
from mojodex.faces.mojodex.bodies import SingleUserTaskBody, UserTaskListBody
from mojodex.faces.mojodex.encode.tasks import encode_single_user_task, user_task_fields
from mojodex.faces.mojodex.routes.fields import DATETIME_QUERY, DEFAULT_PLATFORM, page
from mojodex.faces.mojodex.wire import Call, Looking, Outcome, PlainAnswer, Route, ValueKind, query
from mojodex.kit.errors import ErrorKind
from mojodex.kit.pagination import Window
from mojodex.platform.db import Reading, Tx


async def read_user_tasks(tx: Reading, call: Call) -> PlainAnswer:
    """The list."""
    values, language = call.values, call.caller.language
    found = await list_user_tasks(
        tx,
        call.caller,
        window=Window(limit=values.limit("n_user_tasks"), offset=values.offset()),
        platform=_platform(call),
    )
    return PlainAnswer(
        {"user_tasks": [user_task_fields(item, item.task, language) for item in found.items]}
    )


async def read_user_task(tx: Tx, call: Call) -> SingleUserTaskBody:
    """Raises `UserTaskNotFound` also for one that ended or does not show on this platform."""
    user_task = await access_user_task(
        tx, call.caller, user_task_id=UserTaskId(call.values.integer("user_task_pk"))
    )
    task = await get_task(tx, task_id=user_task.task_id)
    if not user_task.is_enabled or _platform(call) not in task.platforms:
        raise UserTaskNotFound()
    return encode_single_user_task(user_task, task, call.caller.language)


def _platform(call: Call) -> str:
    return call.values.find_text("platform") or DEFAULT_PLATFORM


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
        use=Looking(read_user_tasks, key="user_task_pk", one=read_user_task),
        outcomes={ErrorKind.NOT_FOUND: FAILURE, ErrorKind.INVALID: FAILURE},
        special={UserTaskNotFound: Outcome(400)},
    ),
)
