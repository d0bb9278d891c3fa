"""Executions: made, run by a form, listed, read, named, hidden; and their to-dos, none yet."""

import json
from collections.abc import Sequence

from mojodex.domains.catalog import InputKind
from mojodex.domains.chat import Platform, UploadId
from mojodex.domains.executions import (
    Execution,
    ExecutionInput,
    ExecutionNotFound,
    TaskNotEnabled,
    access_execution,
    create_execution,
    delete_execution,
    get_execution,
    list_executions,
    run_by_form,
    save_form_file,
    set_title,
)
from mojodex.domains.identity import get_user
from mojodex.domains.purchases import UserTaskNotFound
from mojodex.faces.edge import KIND_OF_INPUT, MEBIBYTE, file_chunks, receive_upload
from mojodex.faces.mojodex.bodies import (
    DeletedExecutionBody,
    ExecutionListBody,
    NewExecutionBody,
    SingleExecutionBody,
    SuccessBody,
    TodoListBody,
)
from mojodex.faces.mojodex.encode.executions import (
    encode_new_execution,
    encode_single_execution,
    execution_fields,
)
from mojodex.faces.mojodex.errors import BadValue, InputsMalformed, InputsUnreadable
from mojodex.faces.mojodex.routes.fields import (
    DATETIME_BODY,
    DATETIME_FORM,
    DATETIME_QUERY,
    DEFAULT_PLATFORM,
    EXECUTION_BODY,
    EXECUTION_FORM,
    EXECUTION_QUERY,
    SESSION_PLATFORMS,
    page,
)
from mojodex.faces.mojodex.talk import DRAFT_PLACEHOLDER, MESSAGE_PLACEHOLDER, read_options
from mojodex.faces.mojodex.values import Values, as_integer, as_text
from mojodex.faces.mojodex.wire import (
    Call,
    Looking,
    Outcome,
    Outside,
    PlainAnswer,
    Route,
    ValueKind,
    body,
    file,
    form,
    query,
)
from mojodex.kit.errors import ErrorKind
from mojodex.kit.pagination import Window
from mojodex.platform.db import Database, Reading, Tx

MAX_FILTER_PKS = 500
#: A form with one file of the largest kind and some pictures.
MAX_RUN_BYTES = 600 * MEBIBYTE


async def create(tx: Tx, call: Call) -> NewExecutionBody:
    """A source execution is given when a predefined action chains the new one to it."""
    values = call.values
    platform = values.choice("platform", SESSION_PLATFORMS, DEFAULT_PLATFORM)
    user = await get_user(tx, user_id=call.caller.require_user())
    execution = await create_execution(
        tx,
        call.caller,
        user_task_id=values.integer("user_task_pk"),
        platform=Platform(platform),
        origin_execution_id=values.find_integer("user_task_execution_fk"),
    )
    return encode_new_execution(execution, user.language, is_intro_done=user.company_id is not None)


async def read_one(tx: Tx, call: Call) -> SingleExecutionBody:
    """Any execution; its text counts as read."""
    pk = call.values.integer("user_task_execution_pk")
    execution = await get_execution(tx, call.caller, execution_id=pk)
    return encode_single_execution(execution, call.caller.language)


async def read(tx: Reading, call: Call) -> PlainAnswer:
    """The started ones."""
    values, language = call.values, call.caller.language
    found = await list_executions(
        tx,
        call.caller,
        window=Window(limit=values.limit("n_user_task_executions"), offset=values.offset()),
        query=values.find_text("search_filter"),
        user_task_ids=_read_filter(values),
    )
    return PlainAnswer(
        {"user_task_executions": [execution_fields(item, language) for item in found.items]}
    )


def _read_filter(values: Values) -> list[int]:
    """Keys joined by semicolons. Raises `BadValue`."""
    parts = [part for part in (values.find_text("user_task_pks") or "").split(";") if part.strip()]
    if len(parts) > MAX_FILTER_PKS:
        raise BadValue(name="user_task_pks")
    return [as_integer("user_task_pks", part) for part in parts]


async def delete(tx: Tx, call: Call) -> DeletedExecutionBody:
    """Echoes the key as it was sent."""
    pk = call.values.integer("user_task_execution_pk")
    await delete_execution(tx, call.caller, execution_id=pk)
    return DeletedExecutionBody(user_task_execution_pk=call.values.text("user_task_execution_pk"))


async def run(db: Database, call: Call) -> SuccessBody:
    """Start an execution with its form; the answer comes by socket. Unknown fields are ignored."""
    pk = call.values.integer("user_task_execution_pk")
    sent = decode_inputs(call.values.text("inputs"))
    async with db.begin() as tx:
        execution = await access_execution(tx, call.caller, execution_id=pk)
    uploads = await save_files(db, call, execution)
    known = {item.name for item in execution.inputs}
    async with db.begin() as tx:
        await run_by_form(
            tx,
            call.caller,
            execution_id=pk,
            values={name: value for name, value in sent.items() if name in known},
            uploads=uploads,
            options=read_options(call.values),
        )
    return SuccessBody(success="ok")


async def save_files(db: Database, call: Call, execution: Execution) -> dict[str, list[UploadId]]:
    """Keep the file parts that are for fields of this form, by field. Raises `UploadTooLarge`, …

    A part has the name of its field; those of several images end with `_` and a number, which the
    released web app uses again and again, so that their order alone counts.
    """
    saved: dict[str, list[UploadId]] = {}
    for part, given in call.values.files:
        field = find_field(execution.inputs, part)
        if field is None or not (given.filename or given.size):
            continue
        incoming = await receive_upload(
            file_chunks(given), filename=given.filename, kinds=[KIND_OF_INPUT[field.kind]]
        )
        upload = await save_form_file(
            db,
            call.caller,
            execution_id=execution.execution_id,
            input_name=field.name,
            client_name=incoming.client_name,
            suffix=incoming.suffix,
            media_type=incoming.media_type,
            content=incoming.content,
            max_bytes=incoming.max_bytes,
        )
        saved.setdefault(field.name, []).append(upload.upload_id)
    return saved


def find_field(inputs: Sequence[ExecutionInput], part: str) -> ExecutionInput | None:
    """The field that a file part belongs to."""
    family, _, number = part.rpartition("_")
    for item in inputs:
        is_one_of_many = item.kind is InputKind.MULTIPLE_IMAGES and number.isdecimal()
        if item.kind in KIND_OF_INPUT and (
            item.name == part or (is_one_of_many and item.name == family)
        ):
            return item
    return None


def decode_inputs(text: str) -> dict[str, str]:
    """A JSON list of `{input_name, input_value}`. Raises `InputsUnreadable`, `InputsMalformed`."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputsUnreadable() from error
    if not isinstance(items, list):
        raise InputsMalformed()
    inputs: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict) or not {"input_name", "input_value"} <= item.keys():
            raise InputsMalformed()
        name, value = item["input_name"], item["input_value"]
        try:
            inputs[as_text("inputs", name)] = "" if value is None else as_text("inputs", value)
        except BadValue as error:
            raise InputsMalformed() from error
    return inputs


async def rename(tx: Tx, call: Call) -> SuccessBody:
    await set_title(
        tx,
        call.caller,
        execution_id=call.values.integer("user_task_execution_pk"),
        title=call.values.text("title"),
    )
    return SuccessBody(success=True)


async def read_todos(tx: Tx, call: Call) -> TodoListBody:
    """Nothing makes a to-do yet, so every list of them is empty; ownership is checked all the
    same."""
    call.values.limit("n_todos")
    call.values.offset()
    pk = call.values.find_integer("user_task_execution_fk")
    if pk is not None:
        await access_execution(tx, call.caller, execution_id=pk)
    return TodoListBody(todos=[], user_has_never_done_todo=True, n_todos_not_read=0)


NO_PURCHASE = Outcome(402, words="no_purchase")
NOT_FOUND = {ErrorKind.NOT_FOUND: Outcome(404)}
NOT_FOUND_AS_400 = {ErrorKind.NOT_FOUND: Outcome(400)}
RUN_PARAMETERS = (
    DATETIME_FORM,
    EXECUTION_FORM,
    form(
        name="inputs",
        is_required=True,
        description="A JSON list of {input_name, input_value}.",
    ),
    file(
        name="(input_name)",
        description="A file of an input, under its name; of several images, name_0, name_1, …",
    ),
    form(name="platform", default=DEFAULT_PLATFORM),
    form(name="version", default="0.0.0"),
    form(name=MESSAGE_PLACEHOLDER),
    form(name=DRAFT_PLACEHOLDER),
)
RUN_ROUTES = tuple(
    Route(
        method=method,
        path="/user_task_execution_run",
        purpose=purpose,
        parameters=RUN_PARAMETERS,
        answers=(SuccessBody,),
        use=Outside(run),
        outcomes=NOT_FOUND_AS_400,
        max_form_bytes=MAX_RUN_BYTES,
        special={InputsMalformed: Outcome(500), InputsUnreadable: Outcome(500, "message")},
    )
    for method, purpose in (
        ("POST", "Start an execution with its filled form"),
        ("PUT", "The same, as some documents of the ancestor call it"),
    )
)

EXECUTION_ROUTES: tuple[Route, ...] = (
    Route(
        method="PUT",
        path="/user_task_execution",
        purpose="Prepare an execution of a task, with its session",
        parameters=(
            DATETIME_BODY,
            body(name="user_task_pk", kind=ValueKind.INTEGER, is_required=True, bad=Outcome(500)),
            body(
                name="platform",
                choices=SESSION_PLATFORMS,
                default=DEFAULT_PLATFORM,
                bad=Outcome(500),
            ),
            body(name="user_task_execution_fk", kind=ValueKind.INTEGER, bad=Outcome(500)),
        ),
        answers=(NewExecutionBody,),
        use=create,
        outcomes=NOT_FOUND_AS_400 | {ErrorKind.TERMS_REQUIRED: Outcome(401)},
        special={
            UserTaskNotFound: NO_PURCHASE,
            TaskNotEnabled: NO_PURCHASE,
            ExecutionNotFound: Outcome(400),
        },
    ),
    Route(
        method="GET",
        path="/user_task_execution",
        purpose="The executions that were started, or one of all",
        parameters=(
            DATETIME_QUERY,
            query(name="user_task_execution_pk", kind=ValueKind.INTEGER),
            *page("n_user_task_executions"),
            query(name="search_filter"),
            query(name="user_task_pks", description="Keys joined by semicolons."),
        ),
        answers=(ExecutionListBody, SingleExecutionBody),
        use=Looking(read, key="user_task_execution_pk", one=read_one),
        outcomes=NOT_FOUND_AS_400,
    ),
    Route(
        method="DELETE",
        path="/user_task_execution",
        purpose="Hide an execution",
        parameters=(DATETIME_QUERY, EXECUTION_QUERY),
        answers=(DeletedExecutionBody,),
        use=delete,
        outcomes=NOT_FOUND,
    ),
    *RUN_ROUTES,
    Route(
        method="POST",
        path="/user_task_execution_title",
        purpose="Name an execution",
        parameters=(DATETIME_BODY, body(name="title", is_required=True), EXECUTION_BODY),
        answers=(SuccessBody,),
        use=rename,
        outcomes=NOT_FOUND_AS_400,
    ),
    Route(
        method="GET",
        path="/todos",
        purpose="The to-dos of a person or of an execution",
        parameters=(
            DATETIME_QUERY,
            *page("n_todos", bad=Outcome(500, "message")),
            query(name="user_task_execution_fk", kind=ValueKind.INTEGER),
        ),
        answers=(TodoListBody,),
        use=read_todos,
        outcomes=NOT_FOUND,
    ),
)
