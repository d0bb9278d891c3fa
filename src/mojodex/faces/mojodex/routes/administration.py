"""The back office: task definitions, and the products that give tasks."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import JsonValue

from mojodex.domains.catalog import (
    InvalidTaskDefinition,
    PlatformUnknown,
    TaskId,
    access_task,
    add_task,
    change_task,
    decode_changes,
    decode_definition,
    export_task,
)
from mojodex.domains.purchases import ProductId, associate_task
from mojodex.faces.mojodex.bodies import AssociationBody, TaskDefinitionBody, TaskKeyBody
from mojodex.faces.mojodex.routes.fields import DATETIME_BODY, DATETIME_QUERY
from mojodex.faces.mojodex.values import Values
from mojodex.faces.mojodex.wire import (
    Authentication,
    Call,
    Outcome,
    Parameter,
    Route,
    ValueKind,
    body,
    query,
)
from mojodex.kit.errors import ErrorKind
from mojodex.platform.db import Tx


def _definition(values: Values, *names: str) -> dict[str, JsonValue]:
    """The whole body but the keys that are the route's own: the catalogue judges every other."""
    return {name: value for name, value in values.raw.items() if name not in names}


@contextmanager
def platforms_told_apart() -> Iterator[None]:
    """The wire has a status of its own for a platform that does not exist.

    Raises `PlatformUnknown` for a definition with no other problem than that.
    """
    try:
        yield
    except InvalidTaskDefinition as error:
        if all(problem.field.startswith("platforms[") for problem in error.problems):
            raise PlatformUnknown(
                platform=error.data["field"], allowed=error.data["allowed"]
            ) from error
        raise


async def add(tx: Tx, call: Call) -> TaskKeyBody:
    with platforms_told_apart():
        definition = decode_definition(_definition(call.values, "datetime"))
    task = await add_task(tx, call.caller, definition=definition)
    return TaskKeyBody(task_pk=task.task_id)


async def change(tx: Tx, call: Call) -> TaskKeyBody:
    task_id = TaskId(call.values.integer("task_pk"))
    with platforms_told_apart():
        changes = decode_changes(_definition(call.values, "datetime", "task_pk"))
    task = await change_task(tx, call.caller, task_id=task_id, changes=changes)
    return TaskKeyBody(task_pk=task.task_id)


async def export(tx: Tx, call: Call) -> TaskDefinitionBody:
    task_id = TaskId(call.values.integer("task_pk"))
    task = await access_task(tx, call.caller, task_id=task_id)
    return TaskDefinitionBody.model_validate(export_task(task))


async def associate(tx: Tx, call: Call) -> AssociationBody:
    association = await associate_task(
        tx,
        call.caller,
        product_id=ProductId(call.values.integer("product_pk")),
        task_id=TaskId(call.values.integer("task_pk")),
    )
    return AssociationBody(product_task_association_pk=association.product_task_id)


FAILURE = Outcome(500)


def _definition_parameters(*, is_new: bool) -> tuple[Parameter, ...]:
    """The fields of a definition; all optional in a change."""
    kinds = {
        "platforms": ValueKind.ARRAY,
        "name_for_system": ValueKind.TEXT,
        "definition_for_system": ValueKind.TEXT,
        "icon": ValueKind.TEXT,
        "task_displayed_data": ValueKind.ARRAY,
        "output_type": ValueKind.TEXT,
    }
    optional = {
        "final_instruction": ValueKind.TEXT,
        "output_format_instruction_title": ValueKind.TEXT,
        "output_format_instruction_draft": ValueKind.TEXT,
        "infos_to_extract": ValueKind.ARRAY,
        "predefined_actions": ValueKind.ARRAY,
        "result_chat_enabled": ValueKind.BOOLEAN,
    }
    return (
        *(body(name=name, kind=kind, is_required=is_new) for name, kind in kinds.items()),
        *(body(name=name, kind=kind) for name, kind in optional.items()),
    )


ADMINISTRATION_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/task",
        purpose="The definition of a task",
        authentication=Authentication.BACKOFFICE,
        parameters=(
            DATETIME_QUERY,
            query(name="task_pk", kind=ValueKind.INTEGER, is_required=True, bad=FAILURE),
        ),
        answers=(TaskDefinitionBody,),
        use=export,
        outcomes={ErrorKind.NOT_FOUND: Outcome(404)},
    ),
    Route(
        method="PUT",
        path="/task",
        purpose="Add a task",
        authentication=Authentication.BACKOFFICE,
        parameters=(
            DATETIME_BODY,
            body(name="task_type", is_required=True, choices=("instruct", "workflow")),
            *_definition_parameters(is_new=True),
            body(name="steps", kind=ValueKind.ARRAY, description="Of a workflow only."),
        ),
        answers=(TaskKeyBody,),
        use=add,
        outcomes={ErrorKind.INVALID: FAILURE, ErrorKind.CONFLICT: FAILURE},
        special={PlatformUnknown: Outcome(400)},
        missing=FAILURE,
    ),
    Route(
        method="POST",
        path="/task",
        purpose="Change the fields of a task that are sent",
        authentication=Authentication.BACKOFFICE,
        parameters=(
            DATETIME_BODY,
            body(name="task_pk", kind=ValueKind.INTEGER, is_required=True, bad=FAILURE),
            *_definition_parameters(is_new=False),
        ),
        answers=(TaskKeyBody,),
        use=change,
        outcomes={
            ErrorKind.INVALID: FAILURE,
            ErrorKind.CONFLICT: FAILURE,
            ErrorKind.NOT_FOUND: Outcome(404),
        },
        special={PlatformUnknown: Outcome(400)},
        missing=FAILURE,
    ),
    Route(
        method="PUT",
        path="/product_task_association",
        purpose="Give a product one more task, and its holders too",
        authentication=Authentication.BACKOFFICE,
        parameters=(
            DATETIME_BODY,
            body(name="product_pk", kind=ValueKind.INTEGER, is_required=True),
            body(name="task_pk", kind=ValueKind.INTEGER, is_required=True),
        ),
        answers=(AssociationBody,),
        use=associate,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
    ),
)
