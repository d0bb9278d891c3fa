"""What queries read of a row, and rows to views."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mojodex.domains.catalog import CATALOG_REVISION, TaskId, TextTypeId
from mojodex.domains.chat import MessageId, SessionId
from mojodex.domains.executions.models import ExecutionRow, ProducedTextRow, VersionRow
from mojodex.domains.executions.rules.inputs import decode_inputs
from mojodex.domains.executions.views import (
    Author,
    Cause,
    Ending,
    ExecutionId,
    ExecutionState,
    ProducedText,
    ProducedTextId,
    StoredExecution,
    StoredVersion,
    VersionId,
)
from mojodex.domains.identity import UserId
from mojodex.domains.purchases import PurchaseId, UserTaskId


class ExecutionParts(NamedTuple):
    """What `read_execution` reads of a row, and the revision of the catalogue beside it."""

    user_task_execution_pk: int
    user_id: UUID
    user_task_fk: int
    task_fk: int
    session_id: UUID
    state: str
    title: str | None
    summary: str | None
    json_input_values: list[Any]
    creation_date: datetime
    start_date: datetime | None
    end_date: datetime | None
    consumed_at: datetime | None
    deleted_at: datetime | None
    purchase_fk: int | None
    predefined_action_from_user_task_execution_fk: int | None
    catalog_revision: UUID


EXECUTION_PARTS = (
    *(getattr(ExecutionRow, name) for name in ExecutionParts._fields[:-1]),
    CATALOG_REVISION,
)


def read_execution(row: Sequence[Any]) -> StoredExecution:
    """An execution from its `EXECUTION_PARTS`."""
    parts = ExecutionParts(*row)
    purchase, origin = parts.purchase_fk, parts.predefined_action_from_user_task_execution_fk
    return StoredExecution(
        execution_id=ExecutionId(parts.user_task_execution_pk),
        user_id=UserId(parts.user_id),
        user_task_id=UserTaskId(parts.user_task_fk),
        task_id=TaskId(parts.task_fk),
        session_id=SessionId(parts.session_id),
        state=ExecutionState(parts.state),
        title=parts.title,
        summary=parts.summary,
        inputs=decode_inputs(parts.json_input_values),
        created_at=parts.creation_date,
        started_at=parts.start_date,
        ended_at=parts.end_date,
        consumed_at=parts.consumed_at,
        deleted_at=parts.deleted_at,
        purchase_id=None if purchase is None else PurchaseId(purchase),
        origin_execution_id=None if origin is None else ExecutionId(origin),
        catalog_revision=parts.catalog_revision,
    )


TEXT_PARTS = (
    ProducedTextRow.produced_text_pk,
    ProducedTextRow.user_id,
    ProducedTextRow.user_task_execution_fk,
)


def read_text(row: Sequence[Any]) -> ProducedText:
    """A text from its `TEXT_PARTS`."""
    number, user_id, execution_id = row
    return ProducedText(
        produced_text_id=ProducedTextId(number),
        user_id=UserId(user_id),
        execution_id=None if execution_id is None else ExecutionId(execution_id),
    )


class VersionParts(NamedTuple):
    """What `read_version` reads of a row."""

    produced_text_version_pk: int
    produced_text_fk: int
    version_index: int
    title: str | None
    production: str
    creation_date: datetime
    edited_at: datetime
    revision: int
    author: str
    cause: str
    ending: str
    restored_index: int | None
    message_id: int | None
    text_type_fk: int | None


VERSION_PARTS = tuple(getattr(VersionRow, name) for name in VersionParts._fields)


def read_version(
    row: Sequence[Any], *, execution_id: int | None, task_id: int | None, catalog_revision: UUID
) -> StoredVersion:
    """A version from its `VERSION_PARTS`."""
    parts = VersionParts(*row)
    return StoredVersion(
        version_id=VersionId(parts.produced_text_version_pk),
        produced_text_id=ProducedTextId(parts.produced_text_fk),
        execution_id=None if execution_id is None else ExecutionId(execution_id),
        task_id=None if task_id is None else TaskId(task_id),
        index=parts.version_index,
        title=parts.title,
        body=parts.production,
        created_at=parts.creation_date,
        edited_at=parts.edited_at,
        revision=parts.revision,
        author=Author(parts.author),
        cause=Cause(parts.cause),
        ending=Ending(parts.ending),
        restored_index=parts.restored_index,
        message_id=None if parts.message_id is None else MessageId(parts.message_id),
        text_type_id=None if parts.text_type_fk is None else TextTypeId(parts.text_type_fk),
        catalog_revision=catalog_revision,
    )
