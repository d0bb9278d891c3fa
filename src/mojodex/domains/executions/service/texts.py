"""Saving versions of produced texts: by people here; what the assistant delivers is built here."""

from datetime import datetime

from mojodex.domains.catalog import Task, TextTypeId, get_task
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import (
    NotStarted,
    StaleVersion,
    TextTooLong,
    VersionNotFound,
)
from mojodex.domains.executions.events import TextEdited
from mojodex.domains.executions.rules.delivery import MAX_TITLE_LENGTH
from mojodex.domains.executions.rules.progress import is_same_sitting
from mojodex.domains.executions.service.finding import index_execution
from mojodex.domains.executions.service.following import refresh_state
from mojodex.domains.executions.service.reading import get_versions
from mojodex.domains.executions.store import texts, versions
from mojodex.domains.executions.store.answers import Place
from mojodex.domains.executions.views import (
    Author,
    Cause,
    Ending,
    NewVersion,
    ProducedText,
    SaveMode,
    StoredExecution,
    StoredVersion,
    TextVersion,
    VersionId,
)
from mojodex.domains.identity import Caller
from mojodex.kit.text import clean
from mojodex.platform.db import Tx
from mojodex.platform.events import publish
from mojodex.platform.realtime import announce, session_room

MAX_TEXT_LENGTH = 200_000


async def save_text(
    tx: Tx,
    caller: Caller,
    *,
    body: str,
    title: str | None = None,
    produced_text_id: int | None = None,
    execution_id: int | None = None,
    base_version_id: int | None = None,
    base_revision: int | None = None,
    mode: SaveMode = SaveMode.APPEND,
) -> TextVersion:
    """Keep a person's edit; without any id, a text that belongs to no execution is made.

    `append` always adds a version. `sitting` replaces the person's own last version when it was
    edited a moment ago, and adds one otherwise. When `base_version_id` is given it must be the
    latest version (and `base_revision` its latest revision): whoever edited an older one has not
    seen what they would overwrite. A new version keeps the text type of the one before.
    Raises `ProducedTextNotFound`, `ExecutionNotFound`, `NotStarted`, `StaleVersion`, `TextTooLong`.
    """
    body, title = _decode(body), _decode_title(title)
    text, execution = await _access(
        tx, caller, produced_text_id=produced_text_id, execution_id=execution_id
    )
    latest = await versions.find_latest(tx, produced_text_id=text.produced_text_id)
    _check_base(latest, base_version_id, base_revision)
    now = tx.clock.now()
    if latest is not None and mode is SaveMode.SITTING and is_same_sitting(latest, now):
        version_id = latest.version_id
        await texts.change_version(tx, version_id=version_id, title=title, body=body, at=now)
    else:
        type_id = await _type_of(tx, execution, latest)
        version_id = await _append(tx, text, latest, title=title, body=body, type_id=type_id)
    await _tell(tx, text, execution, version_id)
    return (await get_versions(tx, version_ids=[version_id]))[version_id]


def _decode(body: str) -> str:
    if len(body) > MAX_TEXT_LENGTH:
        raise TextTooLong(limit=MAX_TEXT_LENGTH)
    return clean(body)


def _decode_title(title: str | None) -> str | None:
    if title is not None and len(title) > MAX_TITLE_LENGTH:
        raise TextTooLong(limit=MAX_TITLE_LENGTH)
    return None if title is None else clean(title).strip()


def _check_base(
    latest: StoredVersion | None, base_version_id: int | None, base_revision: int | None
) -> None:
    if base_version_id is None:
        return
    if latest is None:
        raise StaleVersion(latest_version_id=None, latest_revision=None)
    is_same_revision = base_revision is None or latest.revision == base_revision
    if latest.version_id != base_version_id or not is_same_revision:
        raise StaleVersion(latest_version_id=latest.version_id, latest_revision=latest.revision)


async def _access(
    tx: Tx, caller: Caller, *, produced_text_id: int | None, execution_id: int | None
) -> tuple[ProducedText, StoredExecution | None]:
    """The text to save to, its row locked, and its execution if it has one."""
    if produced_text_id is not None:
        text = await policy.access_text(tx, caller, produced_text_id=produced_text_id)
        if text.execution_id is None:
            await texts.find_text(tx, produced_text_id=produced_text_id, is_locked=True)
            return text, None
        execution_id = text.execution_id
    if execution_id is None:
        user_id = caller.require_user()
        return await texts.add_text(tx, user_id=user_id, at=tx.clock.now()), None
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    if execution.started_at is None:
        raise NotStarted()
    return await _ensure_text(tx, execution), execution


async def _ensure_text(tx: Tx, execution: StoredExecution) -> ProducedText:
    return await texts.ensure_text(
        tx,
        user_id=execution.user_id,
        execution_id=execution.execution_id,
        session_id=execution.session_id,
        at=tx.clock.now(),
    )


async def _type_of(
    tx: Tx, execution: StoredExecution | None, latest: StoredVersion | None
) -> TextTypeId | None:
    if latest is not None or execution is None:
        return None if latest is None else latest.text_type_id
    task = await get_task(tx, task_id=execution.task_id, as_of=execution.catalog_revision)
    return task.text_type_id


async def _append(
    tx: Tx,
    text: ProducedText,
    latest: StoredVersion | None,
    *,
    title: str | None,
    body: str,
    type_id: TextTypeId | None,
    restored_index: int | None = None,
) -> VersionId:
    return await texts.add_version(
        tx,
        NewVersion(
            produced_text_id=text.produced_text_id,
            index=1 if latest is None else latest.index + 1,
            title=title,
            body=body,
            author=Author.USER,
            cause=Cause.EDIT if restored_index is None else Cause.RESTORE,
            ending=Ending.WHOLE,
            restored_index=restored_index,
            message_id=None,
            text_type_id=type_id,
            created_at=tx.clock.now(),
        ),
    )


async def restore_version(tx: Tx, caller: Caller, *, execution_id: int, index: int) -> TextVersion:
    """Bring an earlier version back, as a new one: nothing that came after it is lost.

    The latest version is already there, and is answered. Raises `ExecutionNotFound`,
    `VersionNotFound`.
    """
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    text = await texts.lock_text_of_execution(tx, execution_id=execution_id)
    if text is None:
        raise VersionNotFound()
    earlier = await versions.find_version(tx, execution_id=execution_id, index=index)
    latest = await versions.find_latest(tx, produced_text_id=text.produced_text_id)
    if earlier is None or latest is None:
        raise VersionNotFound()
    version_id = latest.version_id
    if earlier.version_id != latest.version_id:
        version_id = await _append(
            tx,
            text,
            latest,
            title=earlier.title,
            body=earlier.body,
            type_id=earlier.text_type_id,
            restored_index=earlier.index,
        )
        await _tell(tx, text, execution, version_id)
    return (await get_versions(tx, version_ids=[version_id]))[version_id]


async def _tell(
    tx: Tx, text: ProducedText, execution: StoredExecution | None, version_id: VersionId
) -> None:
    await publish(
        tx,
        TextEdited(
            produced_text_id=text.produced_text_id,
            execution_id=None if execution is None else execution.execution_id,
            user_id=text.user_id,
            version_id=version_id,
        ),
    )
    if execution is not None:
        await index_execution(tx, execution_id=execution.execution_id)
        await announce_version(tx, execution, version_id=version_id)
        await refresh_state(tx, execution)


async def announce_version(tx: Tx, execution: StoredExecution, *, version_id: VersionId) -> None:
    """Tell the session's clients that the text has a new or changed version."""
    await announce(
        tx,
        room=session_room(execution.session_id),
        user_id=execution.user_id,
        kind="text.version_added",
        ids={
            "execution_id": execution.execution_id,
            "session_id": str(execution.session_id),
            "version_pk": version_id,
        },
    )


def build_answer_version(
    execution: StoredExecution,
    place: Place,
    *,
    title: str | None,
    body: str,
    task: Task,
    ending: Ending,
    at: datetime,
) -> StoredVersion:
    """What the assistant delivered, as the next version; its message is still to be named."""
    return StoredVersion(
        version_id=place.version_id,
        produced_text_id=place.produced_text_id,
        execution_id=execution.execution_id,
        task_id=execution.task_id,
        index=place.index,
        title=title,
        body=clean(body)[:MAX_TEXT_LENGTH],
        created_at=at,
        edited_at=at,
        revision=1,
        author=Author.ASSISTANT,
        cause=Cause.ANSWER if place.index == 1 else Cause.CHANGE,
        ending=Ending.CUT if len(body) > MAX_TEXT_LENGTH else ending,
        restored_index=None,
        message_id=None,
        text_type_id=task.text_type_id,
        catalog_revision=execution.catalog_revision,
    )
