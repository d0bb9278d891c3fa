"""What a person gives to a session reaches its assistant here: a filled form, or words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mojodex.domains.catalog import Platform, get_task
from mojodex.domains.chat import (
    Option,
    PostedMessage,
    Turn,
    Upload,
    UploadId,
    access_uploads,
    post_message,
    start_turn,
    use_uploads,
)
from mojodex.domains.executions.errors import ResultChatDisabled, WrongInputKind
from mojodex.domains.executions.events import ExecutionStarted
from mojodex.domains.executions.jobs import write_title_job
from mojodex.domains.executions.rules.inputs import fill_inputs, find_file_input
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.service.assistant import InstructTaskAssistant, uses_placeholder
from mojodex.domains.executions.service.finding import words_of
from mojodex.domains.executions.service.following import get_ready, reserve
from mojodex.domains.executions.store import executions, versions
from mojodex.domains.executions.views import (
    ExecutionInput,
    StoredExecution,
    execution_subject,
)
from mojodex.domains.identity import Caller
from mojodex.domains.purchases import UserTask
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
        user_task: UserTask | None = None,
    ) -> None:
        """`user_task`: the owner's right to run the task, of an execution that was made, with its
        session, in this transaction."""
        self._tx = tx
        self._caller = caller
        self._execution = execution
        self._platform = platform
        self._options = dict(options or {})
        self._user_task = user_task

    async def process_form_input(
        self, values: Mapping[str, str], uploads: Mapping[str, Sequence[UploadId]]
    ) -> tuple[StoredExecution, Turn]:
        """Start the execution with its form and queue the first answer.

        Raises what `fill_inputs` and `access_uploads` raise, `NoPurchase` and `TaskNotEnabled`.
        """
        files = {name: await self._access_files(name, ids) for name, ids in uploads.items() if ids}
        stored = {name: [each.stored_name for each in found] for name, found in files.items()}
        await self._start(fill_inputs(self._execution.inputs, values, stored))
        await use_uploads(
            self._tx, upload_ids=[each.upload_id for found in files.values() for each in found]
        )
        turn = await start_turn(
            self._tx,
            session_id=self._execution.session_id,
            user_id=self._execution.user_id,
            assistant_kind=InstructTaskAssistant.kind,
            subject=execution_subject(self._execution.execution_id),
            platform=self._platform,
            options=self._options,
        )
        await self._defer_title()
        return self._execution, turn

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

        Said again, it is answered as it was, also when it would be refused by now. Raises
        `ResultChatDisabled`, `NoPurchase`, `TaskNotEnabled` and what `post_message` raises.
        """
        return await post_message(
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
            get_ready=self._get_ready,
        )

    async def _get_ready(self) -> None:
        await self._check_chat()
        if self._execution.started_at is None:
            await self._start(self._execution.inputs)
            await self._defer_title()
        else:
            await get_ready(self._tx, self._execution)

    async def _check_chat(self) -> None:
        task = await get_task(
            self._tx,
            task_id=self._execution.task_id,
            as_of=self._execution.catalog_revision,
        )
        if task.is_result_chat_enabled:
            return
        if await versions.count_versions(self._tx, execution_ids=[self._execution.execution_id]):
            raise ResultChatDisabled()

    async def _start(self, inputs: Sequence[ExecutionInput]) -> None:
        """Reserve a run and begin; announced before anything that follows from it."""
        filled = replace(self._execution, inputs=tuple(inputs))
        self._execution = await executions.start(
            self._tx,
            execution_id=filled.execution_id,
            inputs=filled.inputs,
            purchase_id=await reserve(self._tx, filled, user_task=self._user_task),
            words=words_of(filled, None),
            at=self._tx.clock.now(),
        )
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
