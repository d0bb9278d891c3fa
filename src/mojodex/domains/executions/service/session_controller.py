"""What a person gives to a session reaches its assistant here: a filled form, or words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from mojodex.domains.executions.rules.highlighting import input_texts
from mojodex.domains.executions.rules.inputs import fill_inputs, find_file_input
from mojodex.domains.executions.rules.searching import index_words
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.service.assistant import InstructTaskAssistant, uses_placeholder
from mojodex.domains.executions.service.creating import Draft
from mojodex.domains.executions.service.finding import words_of
from mojodex.domains.executions.service.following import get_ready, owner_of, reserve
from mojodex.domains.executions.store import executions, versions
from mojodex.domains.executions.views import (
    ExecutionInput,
    NewExecution,
    StoredExecution,
    execution_subject,
)
from mojodex.domains.identity import Caller
from mojodex.domains.purchases import reserve_run
from mojodex.platform.db import Tx
from mojodex.platform.events import publish
from mojodex.platform.jobs import defer


@dataclass(frozen=True, kw_only=True)
class FilledForm:
    """The form with what the person gave, and the files that it names."""

    inputs: tuple[ExecutionInput, ...]
    upload_ids: tuple[UploadId, ...]


async def _fill_form(
    tx: Tx,
    caller: Caller,
    blank: StoredExecution | NewExecution,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]],
) -> FilledForm:
    """Raises what `fill_inputs` and `access_uploads` raise."""
    files = {
        name: await _access_files(tx, caller, blank, name, ids)
        for name, ids in uploads.items()
        if ids
    }
    stored = {name: [each.stored_name for each in found] for name, found in files.items()}
    return FilledForm(
        inputs=fill_inputs(blank.inputs, values, stored),
        upload_ids=tuple(each.upload_id for found in files.values() for each in found),
    )


async def _access_files(
    tx: Tx,
    caller: Caller,
    blank: StoredExecution | NewExecution,
    input_name: str,
    upload_ids: Sequence[UploadId],
) -> tuple[Upload, ...]:
    """The person's own uploads to this session, which were sent for this very field."""
    field = find_file_input(blank.inputs, input_name)
    found = await access_uploads(
        tx, caller, session_id=blank.session_id, upload_ids=tuple(dict.fromkeys(upload_ids))
    )
    if any(upload.input_name != input_name for upload in found):
        raise WrongInputKind(name=input_name, label=field.label)
    return found


async def _tell_started(tx: Tx, execution: StoredExecution) -> None:
    await publish(
        tx,
        ExecutionStarted(
            execution_id=execution.execution_id,
            user_id=execution.user_id,
            task_id=execution.task_id,
            session_id=execution.session_id,
        ),
    )
    await announce_execution(tx, execution, kind="execution.started")


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
    ) -> tuple[StoredExecution, Turn]:
        """Start the execution with its form and queue the first answer.

        Raises what `fill_inputs` and `access_uploads` raise, `NoPurchase` and `TaskNotEnabled`.
        """
        filled = await _fill_form(self._tx, self._caller, self._execution, values, uploads)
        await self._start(filled.inputs)
        return self._execution, await self.answer_form(filled)

    async def answer_form(self, filled: FilledForm) -> Turn:
        """Queue the first answer to the form of a started execution, and its title beside it."""
        await use_uploads(self._tx, upload_ids=filled.upload_ids)
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
        return turn

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
            purchase_id=await reserve(self._tx, filled),
            words=words_of(filled, None),
            at=self._tx.clock.now(),
        )
        await _tell_started(self._tx, self._execution)

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


async def start_draft(
    tx: Tx,
    caller: Caller,
    draft: Draft,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]],
) -> tuple[StoredExecution, Turn]:
    """`process_form_input` for an execution that is stored only now, started.

    Raises what `fill_inputs` and `access_uploads` raise, and `NoPurchase`.
    """
    filled = await _fill_form(tx, caller, draft.new, values, uploads)
    owner = owner_of(draft.new.user_id)
    started = await executions.add_started(
        tx,
        replace(draft.new, inputs=filled.inputs),
        purchase_id=await reserve_run(tx, owner, user_task=draft.user_task),
        words=index_words(input_texts(filled.inputs).values()),
    )
    await _tell_started(tx, started)
    controller = SessionController(tx, caller, started, platform=None, options=None)
    return started, await controller.answer_form(filled)
