"""Titles and summaries: written by the model in parallel with the answer, changed by people."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from mojodex.domains.catalog import get_task
from mojodex.domains.chat import Message, Sender, get_conversation
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import EmptyTitle, ExecutionNotFound
from mojodex.domains.executions.rules.searching import index_words
from mojodex.domains.executions.rules.titling import (
    MAX_TITLE_LENGTH,
    clip_summary,
    clip_title,
)
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.service.context import (
    EXECUTIONS,
    describe_inputs,
    user_context,
)
from mojodex.domains.executions.service.finding import words_with_text
from mojodex.domains.executions.service.reading import build_view, find_files
from mojodex.domains.executions.store import executions
from mojodex.domains.executions.views import Execution, StoredExecution
from mojodex.domains.identity import Caller, get_user
from mojodex.kit.text import clean, shorten
from mojodex.platform.db import Database, Tx
from mojodex.platform.llm import Attribution, ModelGateway, TextDelta, parse_tags
from mojodex.platform.prompts import MPT

PROMPT = "title_and_summary.mpt"
MAX_TOKENS = 500
TITLE_END = "</title>"
#: Characters of an input and of the conversation that a title is made from.
MAX_MATERIAL = 8_000


async def set_title(tx: Tx, caller: Caller, *, execution_id: int, title: str) -> Execution:
    """Give an execution a title of the person's own. Raises `ExecutionNotFound`, `EmptyTitle`."""
    words = " ".join(clean(title).split())
    if not words:
        raise EmptyTitle()
    await policy.lock_execution(tx, caller, execution_id=execution_id)
    execution = await executions.find_execution(tx, execution_id=execution_id, is_locked=True)
    if execution is None:
        raise ExecutionNotFound()
    named = replace(execution, title=shorten(words, MAX_TITLE_LENGTH))
    titled = await executions.set_title(
        tx,
        execution_id=execution_id,
        title=named.title,
        summary=named.summary,
        words=await words_with_text(tx, named),
    )
    await announce_execution(tx, titled, kind="execution.titled")
    return await build_view(tx, titled)


async def write_title_and_summary(db: Database, *, execution_id: int) -> None:
    """Let the model name and sum up a started execution, once, and announce it.

    The title is told as soon as its tag closes, while the summary is still being written: it has
    to reach the page before the text does. A title that the person gave meanwhile stays. Harmless
    to repeat. Raises `ModelError`, `TransactionOpen`.
    """
    db.outside_transaction()
    async with db.begin() as tx:
        execution = await executions.find_execution(tx, execution_id=execution_id)
        if execution is None or not _wants_words(execution):
            return
        prompt, task_name = await _build_prompt(tx, execution)
    attribution = Attribution(
        purpose="title",
        user_id=execution.user_id,
        execution_id=execution.execution_id,
        task=task_name,
    )
    async for raw, is_whole in _written(db.use(ModelGateway), prompt, attribution):
        answer = parse_tags(raw, prompt.contract.tags)
        summary = answer.find("summary") if is_whole else None
        # A model that forgets the tags has mostly written the title alone.
        title = clip_title(answer.find("title") or answer.texts[()].strip().partition("\n")[0])
        async with db.begin() as tx:
            await _save(tx, execution_id, title=title, summary=clip_summary(summary or ""))


async def _written(
    gateway: ModelGateway, prompt: MPT, attribution: Attribution
) -> AsyncIterator[tuple[str, bool]]:
    """What the model has written when its title is complete, and again when the whole is."""
    raw = ""
    is_told = False
    request = prompt.request_run(chooser=gateway, max_tokens=MAX_TOKENS)
    async with aclosing(gateway.stream(request, attribution)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                raw += event.text
                if not is_told and TITLE_END in raw:
                    is_told = True
                    yield raw, False
    yield raw, True


def _wants_words(execution: StoredExecution) -> bool:
    return (
        execution.started_at is not None
        and execution.deleted_at is None
        and execution.summary is None
    )


async def _save(tx: Tx, execution_id: int, *, title: str | None, summary: str | None) -> None:
    """Store what is known so far, and announce it.

    Neither replaces words, so that those by which the execution is found become only more.
    """
    if title is None:
        return
    summed_up = None
    if summary is not None:
        summed_up = await executions.sum_up(
            tx, execution_id=execution_id, summary=summary, words=index_words([summary])
        )
    if summed_up is not None:
        await announce_execution(tx, summed_up, kind="execution.changed")
        return
    named = await executions.name(
        tx,
        execution_id=execution_id,
        title=title,
        summary=summary,
        words=index_words([title, summary or ""]),
    )
    if named is not None:
        await announce_execution(tx, named, kind="execution.titled")


async def _build_prompt(tx: Tx, execution: StoredExecution) -> tuple[MPT, str]:
    task = await get_task(tx, task_id=execution.task_id, as_of=execution.catalog_revision)
    user = await get_user(tx, user_id=execution.user_id)
    said = await get_conversation(tx, session_id=execution.session_id)
    prompt = MPT(
        EXECUTIONS,
        PROMPT,
        user_context=user_context(user),
        task_name=task.display(user.language).name,
        task_definition=task.definition_for_system,
        inputs=[
            {**item, "value": _cut(item.get("value") or item.get("files"))}
            for item in describe_inputs(execution.inputs, await find_files(tx, [execution]))
        ],
        conversation=[
            _describe(message) for message in said.messages if message.sender is Sender.USER
        ],
    )
    return prompt, task.name_for_system


def _describe(message: Message) -> dict[str, str]:
    return {"sender": message.sender.value, "text": _cut(message.text or "")}


def _cut(value: object) -> str:
    return shorten(str(value), MAX_MATERIAL)
