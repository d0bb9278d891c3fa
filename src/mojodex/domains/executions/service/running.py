"""Running executions: by a form or by messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from mojodex.domains.catalog import Platform, get_task
from mojodex.domains.chat import Option, PostedMessage, UploadId
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import AlreadyStarted, ExecutionNotFound
from mojodex.domains.executions.service.creating import draft_execution, find_made
from mojodex.domains.executions.service.reading import build_view, build_without_text
from mojodex.domains.executions.service.session_controller import SessionController, start_draft
from mojodex.domains.executions.views import Execution, StoredExecution
from mojodex.domains.identity import Caller
from mojodex.platform.db import Tx


async def run_by_form(
    tx: Tx,
    caller: Caller,
    *,
    execution_id: int,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]] | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> Execution:
    """Start an execution with its filled form: texts and choices by name, files as uploads.

    Raises `ExecutionNotFound`, `AlreadyStarted`, `UnknownInput`, `MissingInput`, `InvalidChoice`,
    `InputTooLong`, `WrongInputKind`, `UploadNotFound`, `NoPurchase`, `TaskNotEnabled`.
    """
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    if execution.started_at is not None:
        raise AlreadyStarted()
    controller = SessionController(tx, caller, execution, platform=platform, options=options)
    started, turn = await controller.process_form_input(values, uploads or {})
    task = await get_task(tx, task_id=started.task_id, as_of=started.catalog_revision)
    return await build_without_text(tx, started, task=task, turn=turn)


async def start_execution(
    tx: Tx,
    caller: Caller,
    *,
    task_id: int,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]] | None = None,
    platform: Platform | None = None,
    client_id: UUID | None = None,
) -> Execution:
    """`create_execution` and `run_by_form` in one, for who has filled the form already.

    Idempotent by `client_id`: it is made, and started, once. Raises what the two raise.
    """
    known = await find_made(tx, caller, client_id=client_id)
    if known is not None and known.started_at is not None:
        return await build_view(tx, known)
    if known is not None:
        return await run_by_form(
            tx, caller, execution_id=known.execution_id, values=values, uploads=uploads
        )
    draft = await draft_execution(
        tx, caller, task_id=task_id, platform=platform, client_id=client_id, is_starting=True
    )
    started, turn = await start_draft(tx, caller, draft, values, uploads or {})
    return await build_without_text(tx, started, task=draft.task, turn=turn)


async def run_by_message(
    tx: Tx,
    caller: Caller,
    *,
    client_message_id: str,
    text: str,
    written_at: datetime,
    session_id: UUID | None = None,
    execution_id: int | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> PostedMessage:
    """Say something to the assistant; the first message starts the execution.

    With a session only, its newest execution is meant. Idempotent by the client's id, also when
    what it says would be refused by now. Raises `ExecutionNotFound`, `ResultChatDisabled`,
    `NoPurchase`, `TaskNotEnabled` and what `post_message` raises.
    """
    execution = await _find(tx, caller, session_id=session_id, execution_id=execution_id)
    controller = SessionController(tx, caller, execution, platform=platform, options=options)
    return await controller.process_chat_message(
        client_message_id=client_message_id, text=text, written_at=written_at
    )


async def _find(
    tx: Tx, caller: Caller, *, session_id: UUID | None, execution_id: int | None
) -> StoredExecution:
    """The execution that is spoken to, its session locked."""
    if execution_id is None and session_id is not None:
        return await policy.lock_newest(tx, caller, session_id=session_id)
    if execution_id is None:
        raise ExecutionNotFound()
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    if session_id is not None and execution.session_id != session_id:
        raise ExecutionNotFound()
    return execution
