"""The assistant that runs tasks of type instruct: asks what it misses, then writes the text."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from mojodex.domains.catalog import Platform, Task, get_task
from mojodex.domains.chat import (
    Answer,
    ChatAssistant,
    Conversation,
    EmptyAnswer,
    Message,
    Option,
    Sender,
    TagRoute,
    TokenCallback,
    Turn,
    TurnResult,
    TurnState,
    Upload,
    add_assistant_message,
    add_note,
    build_conversation,
    get_conversation,
)
from mojodex.domains.executions.errors import ExecutionNotFound
from mojodex.domains.executions.events import ResultProduced
from mojodex.domains.executions.rules.delivery import (
    ASK,
    Delivery,
    Reply,
    instruct_route,
    missing_tags,
    read_answer,
    render_delivery,
)
from mojodex.domains.executions.rules.notes import Note, render_note
from mojodex.domains.executions.rules.progress import derive_state
from mojodex.domains.executions.service.context import (
    EXECUTIONS,
    datetime_context,
    describe_inputs,
    knowledge,
    user_context,
)
from mojodex.domains.executions.service.finding import words_of
from mojodex.domains.executions.service.following import release_reserved, remember_delivered
from mojodex.domains.executions.service.reading import find_files
from mojodex.domains.executions.service.showing import (
    Picture,
    find_pictures,
    hide_pictures,
    show_pictures,
)
from mojodex.domains.executions.service.texts import announce_version, build_answer_version
from mojodex.domains.executions.store import answers, executions, versions
from mojodex.domains.executions.views import (
    Ending,
    ExecutionId,
    StoredExecution,
    StoredVersion,
    execution_subject,
)
from mojodex.domains.identity import User, get_user
from mojodex.domains.purchases import consume_run
from mojodex.platform.db import Tx
from mojodex.platform.events import publish
from mojodex.platform.llm import Attribution, ChatMessage, ModelGateway
from mojodex.platform.media import Media
from mojodex.platform.prompts import MPT

#: After so many questions the assistant delivers with what it knows.
MAX_QUESTIONS = 3
#: Characters of the present text that are shown to the model; more would not fit its answer.
MAX_TEXT_SHOWN = 40_000
MESSAGE_PLACEHOLDER = "use_message_placeholder"
DRAFT_PLACEHOLDER = "use_draft_placeholder"
CANNED_MESSAGE = f"<{ASK}>Hello World</{ASK}>"
CANNED_DRAFT = (
    "<execution><title>[Placeholder] Title</title>"
    "<draft>[Placeholder] This text was not written by a model.</draft></execution>"
)
PLACEHOLDER_STEP = 3
PLACEHOLDER_PAUSE = timedelta(milliseconds=100)


def uses_placeholder(options: Mapping[str, Option]) -> bool:
    """Whether a developer of a client asked for an answer without a model."""
    return bool(options.get(MESSAGE_PLACEHOLDER) or options.get(DRAFT_PLACEHOLDER))


@dataclass(frozen=True, kw_only=True)
class Material:
    """What was read to answer a turn."""

    execution: StoredExecution
    task: Task
    prompt: MPT
    conversation: tuple[ChatMessage, ...]
    language: str
    pictures: tuple[Picture, ...]
    media: Media
    #: Notes that stand in the conversation already.
    noted: frozenset[str]


class InstructTaskAssistant(ChatAssistant):
    """Answers turns about executions of instruct tasks. (Source: behaviour §3.5.)"""

    kind = "instruct"

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self._material: Material | None = None
        self._shown: tuple[ChatMessage, ...] = ()
        self._left_out: tuple[str, ...] = ()

    @property
    def material(self) -> Material:
        if self._material is None:
            raise LookupError("the assistant was not prepared")
        return self._material

    @property
    def mpt(self) -> MPT:
        return self.material.prompt

    @property
    def conversation(self) -> tuple[ChatMessage, ...]:
        return (*self._shown, *self.material.conversation)

    @property
    def response_tags(self) -> TagRoute:
        return instruct_route(self.material.task.infos_to_extract)

    @property
    def attribution(self) -> Attribution:
        return Attribution(
            purpose="answer",
            user_id=self.turn.user_id,
            execution_id=self.material.execution.execution_id,
            task=self.material.task.name_for_system,
        )

    async def prepare(self, tx: Tx) -> None:
        """Raises `ExecutionNotFound` when the turn is about none."""
        found = await versions.find_with_text(tx, execution_id=self._execution_id)
        if found is None:
            raise ExecutionNotFound()
        execution, latest = found.execution, found.newest
        task = await get_task(tx, task_id=execution.task_id, as_of=execution.catalog_revision)
        said = await get_conversation(
            tx, session_id=self.turn.session_id, answering=self.turn.message_id
        )
        shown = build_conversation(said, tags=instruct_route(task.infos_to_extract).tags)
        self.is_history_trimmed = shown.is_trimmed
        user = await get_user(tx, user_id=execution.user_id)
        files = await find_files(tx, [execution])
        self._material = Material(
            execution=execution,
            task=task,
            prompt=self._build_prompt(tx, user, execution, task, latest, said, files),
            conversation=shown.messages,
            language=user.language,
            pictures=find_pictures(execution.inputs, files),
            media=tx.use(Media),
            noted=frozenset(
                each.text or "" for each in said.messages if each.sender is Sender.SYSTEM
            ),
        )

    @property
    def _execution_id(self) -> ExecutionId:
        """What the turn is about. Raises `ExecutionNotFound` when that is something else."""
        subject = self.turn.subject
        number = ExecutionId(int(subject.subject_id) if subject is not None else 0)
        if subject != execution_subject(number):
            raise ExecutionNotFound()
        return number

    def _build_prompt(
        self,
        tx: Tx,
        user: User,
        execution: StoredExecution,
        task: Task,
        latest: StoredVersion | None,
        said: Conversation,
        files: Mapping[str, Upload],
    ) -> MPT:
        n_questions = sum(message.sender is Sender.MOJO for message in said.messages)
        return MPT(
            EXECUTIONS,
            "instruct_run.mpt",
            knowledge=knowledge(),
            user_context=user_context(user),
            datetime_context=datetime_context(tx, user),
            task_instructions=MPT(
                EXECUTIONS,
                "task_instructions.mpt",
                task_name=task.display(user.language).name,
                task_definition=task.definition_for_system,
                final_instruction=task.final_instruction,
                title_format=task.title_format,
                draft_format=task.draft_format,
                inputs=describe_inputs(execution.inputs, files),
                has_files=bool(files),
            ),
            is_spoken=self.turn.platform is Platform.MOBILE,
            current_text=None if latest is None else _describe_text(latest),
            infos=[{"name": i.name, "description": i.description} for i in task.infos_to_extract],
            missing_tags=missing_tags(task.infos_to_extract),
            may_ask=n_questions < MAX_QUESTIONS,
        )

    async def generate_message(
        self, gateway: ModelGateway, token_callback: TokenCallback
    ) -> Answer:
        """As every assistant; a placeholder is shown without asking a model."""
        canned = self._canned
        if canned is None:
            await self._show_pictures(gateway)
            return await super().generate_message(gateway, token_callback)
        for start in range(0, len(canned), PLACEHOLDER_STEP):
            self.show(canned[start : start + PLACEHOLDER_STEP], token_callback)
            await asyncio.sleep(PLACEHOLDER_PAUSE.total_seconds())
        return self.end_answer(token_callback)

    async def _show_pictures(self, gateway: ModelGateway) -> None:
        """Put the pictures of the form before the conversation, if the model can see."""
        pictures = self.material.pictures
        if not pictures:
            return
        if gateway.choose(self.mpt.models).has_vision:
            shown = await show_pictures(self.material.media, pictures)
            self._shown, self._left_out = (shown.message,), shown.left_out
        else:
            self._shown = (hide_pictures(pictures),)
            self.are_pictures_hidden = True

    async def _note(self, tx: Tx) -> None:
        """Say honestly what the model could not see, once in a conversation."""
        notes: list[str] = []
        if self.are_pictures_hidden:
            notes.append(render_note(Note.PICTURES_HIDDEN, self.material.language))
        elif self._left_out:
            names = ", ".join(self._left_out)
            notes.append(render_note(Note.PICTURES_LEFT_OUT, self.material.language, names))
        for text in notes:
            if text not in self.material.noted:
                await add_note(tx, turn=self.turn, text=text)

    @property
    def _canned(self) -> str | None:
        if self.turn.options.get(DRAFT_PLACEHOLDER):
            return CANNED_DRAFT
        return CANNED_MESSAGE if self.turn.options.get(MESSAGE_PLACEHOLDER) else None

    async def finish(self, tx: Tx, answer: Answer) -> TurnResult:
        """Store a version and its message, or a message. Raises `EmptyAnswer`."""
        meaning = read_answer(answer)
        if isinstance(meaning, Delivery):
            return await self._deliver(tx, meaning, answer)
        execution = await executions.find_execution(
            tx, execution_id=self._execution_id, is_locked=True
        )
        if execution is None:
            raise ExecutionNotFound()
        if isinstance(meaning, Reply):
            await self._note(tx)
            message = await add_assistant_message(
                tx,
                turn=self.turn,
                text=meaning.text,
                text_with_tags=meaning.text if answer.is_partial else answer.raw,
                is_stopped=answer.is_stopped,
                is_history_trimmed=self.is_history_trimmed,
            )
            return TurnResult(message=message)
        if answer.is_stopped:
            return TurnResult(message=None)
        raise EmptyAnswer()

    async def _deliver(self, tx: Tx, delivery: Delivery, answer: Answer) -> TurnResult:
        found = await answers.lock_with_place(tx, execution_id=self._execution_id)
        if found is None:
            raise ExecutionNotFound()
        execution, place = found
        await self._note(tx)
        version = build_answer_version(
            execution,
            place,
            title=delivery.title,
            body=delivery.body,
            task=self.material.task,
            ending=_ending_of(answer),
            at=tx.clock.now(),
        )
        message = await self._add_message(tx, delivery, answer, version)
        version = replace(version, message_id=message.message_id)
        await self._settle(tx, execution, version, is_stopped=answer.is_stopped)
        await publish(
            tx,
            ResultProduced(
                execution_id=execution.execution_id,
                user_id=execution.user_id,
                version_id=version.version_id,
                is_first=execution.ended_at is None,
                is_placeholder=self._canned is not None,
            ),
        )
        await announce_version(tx, execution, version_id=version.version_id)
        return TurnResult(message=message, ids={"version_pk": version.version_id})

    async def _add_message(
        self, tx: Tx, delivery: Delivery, answer: Answer, version: StoredVersion
    ) -> Message:
        return await add_assistant_message(
            tx,
            turn=self.turn,
            text="\n".join(part for part in (version.title, version.body) if part),
            text_with_tags=render_delivery(delivery) if answer.is_partial else answer.raw,
            body={
                "produced_text": version.body,
                "produced_text_title": version.title,
                "produced_text_pk": version.produced_text_id,
                "produced_text_version_pk": version.version_id,
                "text_type": self.material.task.text_type,
            },
            is_stopped=answer.is_stopped,
            is_history_trimmed=self.is_history_trimmed,
        )

    async def _settle(
        self, tx: Tx, execution: StoredExecution, version: StoredVersion, *, is_stopped: bool
    ) -> None:
        """Store the version; note the first result and consume the reserved run, each once, and the
        new words.

        A placeholder gives the run back instead; the real text that may follow is charged.
        """
        now = tx.clock.now()
        ended_at, consumed_at = execution.ended_at or now, execution.consumed_at
        if self._canned is not None:
            await release_reserved(tx, execution)
        elif consumed_at is None and execution.purchase_id is not None:
            await consume_run(tx, user_id=execution.user_id, purchase_id=execution.purchase_id)
            consumed_at = now
        turn = TurnState.STOPPED if is_stopped else TurnState.DONE
        delivered = await answers.deliver(
            tx,
            execution,
            version,
            state=derive_state(turn=turn, has_text=True),
            ended_at=ended_at,
            consumed_at=consumed_at,
            words=words_of(execution, version),
        )
        remember_delivered(tx, delivered)


def _ending_of(answer: Answer) -> Ending:
    if answer.is_stopped:
        return Ending.STOPPED
    return Ending.CUT if answer.is_cut else Ending.WHOLE


def _describe_text(version: StoredVersion) -> dict[str, str | None]:
    body = version.body
    if len(body) > MAX_TEXT_SHOWN:
        half = MAX_TEXT_SHOWN // 2
        body = f"{body[:half]}\n[…]\n{body[-half:]}"
    return {"title": version.title, "text": body}
