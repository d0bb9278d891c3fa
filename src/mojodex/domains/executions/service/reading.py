"""Reading executions and the versions of their text."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from mojodex.domains.catalog import Task, TaskId, get_tasks
from mojodex.domains.chat import (
    Message,
    MessageId,
    SessionId,
    Turn,
    Upload,
    current_turn,
    get_last_answers,
    get_uploads_of_sessions,
)
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import VersionNotFound
from mojodex.domains.executions.rules.inputs import stored_names
from mojodex.domains.executions.store import executions, texts, versions
from mojodex.domains.executions.store.versions import WithText
from mojodex.domains.executions.views import (
    Execution,
    ExecutionId,
    ExecutionState,
    StoredExecution,
    StoredVersion,
    TextVersion,
    VersionId,
)
from mojodex.domains.identity import Caller
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Reading, Tx
from mojodex.platform.realtime import mark_delivered


async def _build_views(tx: Reading, found: Sequence[WithText]) -> list[Execution]:
    """Whole views of stored executions, in their order, in a constant number of statements."""
    if not found:
        return []
    stored = [item.execution for item in found]
    tasks = await get_tasks(
        tx, task_ids={item.task_id for item in stored}, as_of=stored[0].catalog_revision
    )
    turns = await current_turn(tx, session_ids=[item.session_id for item in stored])
    asking = [item.session_id for item in stored if item.state is ExecutionState.ASKING]
    questions = await get_last_answers(tx, session_ids=asking)
    files = await find_files(tx, stored)
    return [
        _build_view(
            item.execution,
            files=files,
            task=tasks[item.execution.task_id],
            turn=turns.get(item.execution.session_id),
            text=None if item.newest is None else build_version(item.newest, tasks),
            n_versions=item.n_versions,
            question=questions.get(item.execution.session_id),
        )
        for item in found
    ]


async def build_without_text(
    tx: Reading, stored: StoredExecution, *, task: Task, turn: Turn | None
) -> Execution:
    """The view of an execution that has no text yet, for who knows the rest; without files no
    statement."""
    return _build_view(
        stored,
        task=task,
        turn=turn,
        text=None,
        n_versions=0,
        question=None,
        files=await find_files(tx, [stored]),
    )


def _build_view(
    item: StoredExecution,
    *,
    task: Task,
    turn: Turn | None,
    text: TextVersion | None,
    n_versions: int,
    question: Message | None,
    files: Mapping[str, Upload],
) -> Execution:
    return Execution(
        execution_id=item.execution_id,
        user_id=item.user_id,
        user_task_id=item.user_task_id,
        task_id=item.task_id,
        session_id=item.session_id,
        title=item.title,
        summary=item.summary,
        inputs=item.inputs,
        created_at=item.created_at,
        started_at=item.started_at,
        ended_at=item.ended_at,
        deleted_at=item.deleted_at,
        purchase_id=item.purchase_id,
        origin_execution_id=item.origin_execution_id,
        state=item.state,
        turn=turn,
        text=text,
        n_versions=n_versions,
        question=None if question is None else question.text,
        task=task,
        files={name: files[name] for name in stored_names(item.inputs) if name in files},
    )


async def find_files(tx: Reading, stored: Sequence[StoredExecution]) -> dict[str, Upload]:
    """The files that these forms name, by stored name; one statement, none without files.

    For code that checked who asks. A file stays in the session of its execution.
    """
    sessions = [item.session_id for item in stored if stored_names(item.inputs)]
    if not sessions:
        return {}
    uploads = await get_uploads_of_sessions(tx, session_ids=sessions)
    return {upload.stored_name: upload for found in uploads.values() for upload in found}


def build_version(stored: StoredVersion, tasks: dict[TaskId, Task]) -> TextVersion:
    """A version with the name of its text type, which is the one of its task."""
    task = None if stored.task_id is None else tasks.get(stored.task_id)
    has_type = task is not None and stored.text_type_id == task.text_type_id
    return TextVersion(
        version_id=stored.version_id,
        produced_text_id=stored.produced_text_id,
        index=stored.index,
        title=stored.title,
        body=stored.body,
        created_at=stored.created_at,
        edited_at=stored.edited_at,
        revision=stored.revision,
        author=stored.author,
        cause=stored.cause,
        ending=stored.ending,
        restored_index=stored.restored_index,
        message_id=stored.message_id,
        text_type=task.text_type if task is not None and has_type else None,
    )


async def build_versions(tx: Reading, stored: Sequence[StoredVersion]) -> list[TextVersion]:
    """Views of stored versions, in their order."""
    task_ids = {item.task_id for item in stored if item.task_id is not None}
    tasks = (
        await get_tasks(tx, task_ids=task_ids, as_of=stored[0].catalog_revision) if stored else {}
    )
    return [build_version(item, tasks) for item in stored]


async def build_view(tx: Reading, stored: StoredExecution) -> Execution:
    """The whole view of one stored execution."""
    latest = await versions.latest_versions(tx, execution_ids=[stored.execution_id])
    newest = latest.get(stored.execution_id)
    n_versions = 0 if newest is None else newest.index
    (view,) = await _build_views(
        tx, [WithText(execution=stored, newest=newest, n_versions=n_versions)]
    )
    return view


async def access_execution(tx: Reading, caller: Caller, *, execution_id: int) -> Execution:
    """The caller's execution, not deleted. Raises `ExecutionNotFound`."""
    found = await policy.access_with_text(tx, caller, execution_id=execution_id)
    return (await _build_views(tx, [found]))[0]


async def get_execution(tx: Tx, caller: Caller, *, execution_id: int) -> Execution:
    """As `access_execution`; the text that it returns counts as delivered and read."""
    execution = await access_execution(tx, caller, execution_id=execution_id)
    if execution.text is not None:
        version_id = execution.text.version_id
        await mark_delivered(
            tx,
            user_id=execution.user_id,
            kind="message.added",
            id_name="version_pk",
            ids=[version_id],
        )
        await texts.mark_read(tx, version_id=version_id, at=tx.clock.now())
    return execution


async def get_executions(
    tx: Reading, *, execution_ids: Collection[int], is_text_included: bool = True
) -> dict[ExecutionId, Execution]:
    """Executions by id, deleted ones too; unknown ones are absent. For code that checked who asks.

    A constant number of statements.
    """
    found = await versions.get_with_texts(
        tx, execution_ids=execution_ids, is_text_included=is_text_included
    )
    return {view.execution_id: view for view in await _build_views(tx, found)}


async def find_execution_by_session(
    tx: Reading, *, session_ids: Collection[UUID]
) -> dict[SessionId, ExecutionId]:
    """The newest execution of each session that has one. For code that checked who asks."""
    return await executions.newest_of_sessions(tx, session_ids=session_ids)


async def list_versions(
    tx: Reading, caller: Caller, *, execution_id: int, window: Window
) -> Page[TextVersion]:
    """Versions of an execution's text, newest first. Raises `ExecutionNotFound`."""
    execution = await policy.access_execution(tx, caller, execution_id=execution_id)
    page = await versions.list_versions(tx, execution_id=execution.execution_id, window=window)
    views = await build_versions(tx, page.items)
    return Page(items=tuple(views), next_cursor=page.next_cursor)


async def get_version(tx: Reading, caller: Caller, *, execution_id: int, index: int) -> TextVersion:
    """The `index`-th version, from 1. Raises `ExecutionNotFound`, `VersionNotFound`."""
    execution = await policy.access_execution(tx, caller, execution_id=execution_id)
    found = await versions.find_version(tx, execution_id=execution.execution_id, index=index)
    if found is None:
        raise VersionNotFound()
    return (await build_versions(tx, [found]))[0]


async def get_versions(
    tx: Reading, *, version_ids: Collection[int]
) -> dict[VersionId, TextVersion]:
    """Versions by id; unknown ones are absent. For code that checked who asks."""
    stored = await versions.get_versions(tx, version_ids=version_ids)
    return {view.version_id: view for view in await build_versions(tx, stored)}


async def get_versions_of_messages(
    tx: Reading, *, message_ids: Collection[int]
) -> dict[MessageId, TextVersion]:
    """The version that each of these assistant's messages delivered, where it did.

    For code that checked who asks.
    """
    stored = await versions.get_versions_of_messages(tx, message_ids=message_ids)
    views = await build_versions(tx, stored)
    return {view.message_id: view for view in views if view.message_id is not None}
