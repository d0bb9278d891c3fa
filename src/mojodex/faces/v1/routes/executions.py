"""Run tasks, find and edit what came of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query, Response

from mojodex.domains.chat import UploadId
from mojodex.domains.executions import ExecutionState as DomainState
from mojodex.domains.executions import (
    SaveMode,
    create_execution,
    delete_execution,
    get_execution,
    get_version,
    list_hits,
    list_versions,
    restore_execution,
    restore_version,
    run_by_form,
    save_text,
    set_title,
    start_execution,
)
from mojodex.faces.edge import Person, RequestTx
from mojodex.faces.v1.encode.executions import (
    encode_execution,
    encode_hits,
    encode_version,
    encode_version_item,
)
from mojodex.faces.v1.parts import (
    PLATFORM,
    LookOf,
    PageWindow,
    PathId,
    ReaderOf,
    Search,
    build_router,
    row_id,
    spell,
    uuid_id,
)
from mojodex.faces.v1.wire.base import Id, Page
from mojodex.faces.v1.wire.executions import (
    ExecutionIn,
    ExecutionOut,
    ExecutionPage,
    ExecutionPatch,
    ExecutionState,
    RunIn,
    VersionIn,
    VersionItem,
    VersionOut,
)

router = build_router("executions")

TaskFilter = Annotated[list[Id], Query(alias="task_id", max_length=100, default_factory=list)]
StateFilter = Annotated[
    list[ExecutionState], Query(alias="state", max_length=6, default_factory=list)
]


def upload_ids(sent: Mapping[str, Sequence[str]]) -> dict[str, list[UploadId]]:
    """Ids that are none name no upload, and are answered like foreign ones."""
    return {name: [UploadId(uuid_id(each)) for each in ids] for name, ids in sent.items()}


@router.post("/executions", status_code=201)
async def create(tx: RequestTx, reader: ReaderOf, body: ExecutionIn) -> ExecutionOut:
    """Make an execution, and start it when inputs are given.

    With a `client_id` the request may be repeated: it is made, and started, once.
    """
    if body.inputs is None:
        execution = await create_execution(
            tx,
            reader.caller,
            task_id=row_id(body.task_id),
            platform=PLATFORM,
            client_id=body.client_id,
        )
    else:
        execution = await start_execution(
            tx,
            reader.caller,
            task_id=row_id(body.task_id),
            platform=PLATFORM,
            client_id=body.client_id,
            values=body.inputs,
            uploads=upload_ids(body.uploads),
        )
    return encode_execution(execution, reader.language)


@router.post("/executions/{execution_id}/run")
async def run(tx: RequestTx, reader: ReaderOf, execution_id: PathId, body: RunIn) -> ExecutionOut:
    """Fill the form of an execution and start it."""
    execution = await run_by_form(
        tx,
        reader.caller,
        execution_id=row_id(execution_id),
        values=body.inputs,
        uploads=upload_ids(body.uploads),
    )
    return encode_execution(execution, reader.language)


@router.get("/executions", response_model=ExecutionPage)
async def read_executions(
    look: LookOf,
    window: PageWindow,
    task_ids: TaskFilter,
    states: StateFilter,
    query: Search = None,
) -> Response:
    """Started executions, the newest first.

    `q` finds those in which each of its words begins a word of the title, the summary, what was
    filled in or the newest text, without regard to case and accents. `task_id` and `state` may be
    given several times.
    """
    page = await list_hits(
        look.tx,
        look.caller,
        window=window,
        query=query,
        task_ids=[row_id(task_id) for task_id in task_ids],
        states=[DomainState(state) for state in states],
    )
    return spell(encode_hits(page, look.language))


@router.get("/executions/{execution_id}")
async def read_execution(tx: RequestTx, reader: ReaderOf, execution_id: PathId) -> ExecutionOut:
    """One execution with its form, its question and its latest text."""
    return encode_execution(
        await get_execution(tx, reader.caller, execution_id=row_id(execution_id)),
        reader.language,
    )


@router.patch("/executions/{execution_id}")
async def change_execution(
    tx: RequestTx, reader: ReaderOf, execution_id: PathId, body: ExecutionPatch
) -> ExecutionOut:
    """Give the execution a title of the person's own."""
    execution = await set_title(
        tx, reader.caller, execution_id=row_id(execution_id), title=body.title
    )
    return encode_execution(execution, reader.language)


@router.delete("/executions/{execution_id}", status_code=204)
async def remove_execution(tx: RequestTx, caller: Person, execution_id: PathId) -> None:
    """Delete an execution; it can be restored for 30 days."""
    await delete_execution(tx, caller, execution_id=row_id(execution_id))


@router.post("/executions/{execution_id}/restore")
async def restore(tx: RequestTx, reader: ReaderOf, execution_id: PathId) -> ExecutionOut:
    """Undo the deletion."""
    execution = await restore_execution(tx, reader.caller, execution_id=row_id(execution_id))
    return encode_execution(execution, reader.language)


@router.get("/executions/{execution_id}/versions")
async def read_versions(
    tx: RequestTx, caller: Person, execution_id: PathId, window: PageWindow
) -> Page[VersionItem]:
    """Versions of the text, the newest first, without bodies."""
    page = await list_versions(tx, caller, execution_id=row_id(execution_id), window=window)
    items = [encode_version_item(version) for version in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.get("/executions/{execution_id}/versions/{index}")
async def read_version(
    tx: RequestTx, caller: Person, execution_id: PathId, index: PathId
) -> VersionOut:
    """One version of the text, by its index (from 1)."""
    return encode_version(
        await get_version(tx, caller, execution_id=row_id(execution_id), index=row_id(index))
    )


@router.post("/executions/{execution_id}/versions", status_code=201)
async def add_version(
    tx: RequestTx, caller: Person, execution_id: PathId, body: VersionIn
) -> VersionOut:
    """Save an edited text. An edit soon after the person's own last one replaces it."""
    base = None if body.base_version_id is None else row_id(body.base_version_id)
    saved = await save_text(
        tx,
        caller,
        execution_id=row_id(execution_id),
        title=body.title,
        body=body.body,
        base_version_id=base,
        base_revision=body.base_revision,
        mode=SaveMode.APPEND if body.is_new_version else SaveMode.SITTING,
    )
    if body.is_renaming:
        await set_title(tx, caller, execution_id=row_id(execution_id), title=body.title)
    return encode_version(saved)


@router.post("/executions/{execution_id}/versions/{index}/restore", status_code=201)
async def bring_back(
    tx: RequestTx, caller: Person, execution_id: PathId, index: PathId
) -> VersionOut:
    """Bring an earlier version back, as the newest one. The newest itself stays as it is."""
    return encode_version(
        await restore_version(tx, caller, execution_id=row_id(execution_id), index=row_id(index))
    )
