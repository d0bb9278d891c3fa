"""Files for the form of an execution that was not started yet."""

from collections.abc import AsyncIterable, Mapping
from uuid import UUID

from mojodex.domains.catalog import InputKind
from mojodex.domains.chat import (
    NewUpload,
    Upload,
    UploadFolder,
    get_uploads_of_sessions,
    save_upload,
)
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import AlreadyStarted
from mojodex.domains.executions.rules.inputs import find_file_input
from mojodex.domains.executions.views import ExecutionInput, StoredExecution
from mojodex.domains.identity import Caller
from mojodex.platform.db import Database, Tx

FOLDERS: Mapping[InputKind, UploadFolder] = {
    InputKind.IMAGE: UploadFolder.IMAGES,
    InputKind.MULTIPLE_IMAGES: UploadFolder.IMAGES,
    InputKind.AUDIO_FILE: UploadFolder.AUDIO_FILES,
    InputKind.VIDEO: UploadFolder.VIDEOS,
}


async def access_file_input(
    tx: Tx, caller: Caller, *, execution_id: int, input_name: str
) -> ExecutionInput:
    """A field that takes files, in a form that may still be filled.

    Raises `ExecutionNotFound`, `AlreadyStarted`, `UnknownInput`, `WrongInputKind`.
    """
    execution = await _access_form(tx, caller, execution_id)
    return find_file_input(execution.inputs, input_name)


async def save_form_file(
    db: Database,
    caller: Caller,
    *,
    execution_id: int,
    input_name: str,
    client_name: str,
    suffix: str,
    media_type: str,
    content: bytes | AsyncIterable[bytes],
    max_bytes: int,
    client_id: UUID | None = None,
) -> Upload:
    """Keep a file for a field of a form; the run that names it begins later.

    Idempotent by `client_id`. Raises what `access_file_input` and `save_upload` raise.
    """
    async with db.begin() as tx:
        execution = await _access_form(tx, caller, execution_id)
        field = find_file_input(execution.inputs, input_name)
    return await save_upload(
        db,
        caller,
        session_id=execution.session_id,
        new=NewUpload(
            input_name=input_name,
            client_name=client_name,
            folder=FOLDERS[field.kind],
            suffix=suffix,
            media_type=media_type,
            content=content,
            max_bytes=max_bytes,
            client_id=client_id,
        ),
    )


async def list_form_files(tx: Tx, caller: Caller, *, execution_id: int) -> tuple[Upload, ...]:
    """All files given to an execution, the oldest first. Raises `ExecutionNotFound`."""
    execution = await policy.access_execution(tx, caller, execution_id=execution_id)
    found = await get_uploads_of_sessions(tx, session_ids=[execution.session_id])
    return found.get(execution.session_id, ())


async def _access_form(tx: Tx, caller: Caller, execution_id: int) -> StoredExecution:
    execution = await policy.access_execution(tx, caller, execution_id=execution_id)
    if execution.started_at is not None:
        raise AlreadyStarted()
    return execution
