"""What a person gives to a session reaches its assistant here: a filled form, or words."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mojodex.domains.catalog import Platform
from mojodex.domains.chat import (
    Option,
    PostedMessage,
    Upload,
    UploadId,
    access_uploads,
    post_message,
    start_turn,
    use_uploads,
)
from mojodex.domains.executions.errors import WrongInputKind
from mojodex.domains.executions.events import ExecutionStarted
from mojodex.domains.executions.jobs import write_title_job
from mojodex.domains.executions.rules.inputs import fill_inputs, find_file_input
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.service.assistant import InstructTaskAssistant, uses_placeholder
from mojodex.domains.executions.service.finding import index_execution
from mojodex.domains.executions.service.following import ensure_reserved
from mojodex.domains.executions.store import executions
from mojodex.domains.executions.views import (
    ExecutionInput,
    StoredExecution,
    execution_subject,
)
from mojodex.domains.identity import Caller
from mojodex.platform.db import Tx
from mojodex.platform.events import publish
from mojodex.platform.jobs import defer


class SessionController:
    """One execution's session, locked, while its owner speaks."""

    def __init__(
        self,
        tx: Tx,
        caller: Caller,
        execution: StoredExecution,
        *,
        platform: Platform | None,
        options: Mapping[str, Option] | None,
    ) -> None:
        self._tx = tx
        self._caller = caller
        self._execution = execution
        self._platform = platform
        self._options = dict(options or {})

    async def process_form_input(
        self, values: Mapping[str, str], uploads: Mapping[str, Sequence[UploadId]]
    ) -> StoredExecution:
        """Start the execution with its form and queue the first answer.

        Raises what `fill_inputs` and `access_uploads` raise, and `NoPurchase`.
        """
        files = {name: await self._access_files(name, ids) for name, ids in uploads.items() if ids}
        stored = {name: [each.stored_name for each in found] for name, found in files.items()}
        await self._start(fill_inputs(self._execution.inputs, values, stored))
        await use_uploads(
            self._tx, upload_ids=[each.upload_id for found in files.values() for each in found]
        )
        await start_turn(
            self._tx,
            session_id=self._execution.session_id,
            user_id=self._execution.user_id,
            assistant_kind=InstructTaskAssistant.kind,
            subject=execution_subject(self._execution.execution_id),
            platform=self._platform,
            options=self._options,
        )
        await self._defer_title()
        return self._execution

    async def _access_files(
        self, input_name: str, upload_ids: Sequence[UploadId]
    ) -> tuple[Upload, ...]:
        """The person's own uploads to this session, which were sent for this very field."""
        field = find_file_input(self._execution.inputs, input_name)
        found = await access_uploads(
            self._tx,
            self._caller,
            session_id=self._execution.session_id,
            upload_ids=tuple(dict.fromkeys(upload_ids)),
        )
        if any(upload.input_name != input_name for upload in found):
            raise WrongInputKind(name=input_name, label=field.label)
        return found

    async def process_chat_message(
        self, *, client_message_id: str, text: str, written_at: datetime
    ) -> PostedMessage:
        """Say something; the first message starts the execution. Its inputs stay empty.

        Raises what `post_message` raises, and `NoPurchase`.
        """
        is_first = self._execution.started_at is None
        if is_first:
            await self._start(self._execution.inputs)
        posted = await post_message(
            self._tx,
            self._caller,
            session_id=self._execution.session_id,
            client_message_id=client_message_id,
            text=text,
            written_at=written_at,
            assistant_kind=InstructTaskAssistant.kind,
            subject=execution_subject(self._execution.execution_id),
            platform=self._platform,
            options=self._options,
        )
        if is_first:
            await self._defer_title()
        return posted

    async def _start(self, inputs: Sequence[ExecutionInput]) -> None:
        """Reserve a run and begin; announced before anything that follows from it."""
        reserved = await ensure_reserved(self._tx, self._execution)
        self._execution = await executions.start(
            self._tx,
            execution_id=reserved.execution_id,
            inputs=inputs,
            at=self._tx.clock.now(),
        )
        await index_execution(self._tx, execution_id=self._execution.execution_id)
        await publish(
            self._tx,
            ExecutionStarted(
                execution_id=self._execution.execution_id,
                user_id=self._execution.user_id,
                task_id=self._execution.task_id,
                session_id=self._execution.session_id,
            ),
        )
        await announce_execution(self._tx, self._execution, kind="execution.started")

    async def _defer_title(self) -> None:
        """Title and summary are written beside the answer. Placeholders ask no model."""
        if not uses_placeholder(self._options):
            execution_id = self._execution.execution_id
            await defer(
                self._tx,
                write_title_job,
                key=f"title:{execution_id}",
                execution_id=execution_id,
            )
