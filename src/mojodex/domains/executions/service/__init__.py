"""The use cases of executions, one public function each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from mojodex.domains.chat import Option, Platform, PostedMessage, SessionId, UploadId
from mojodex.domains.executions.views import (
    Execution,
    ExecutionId,
    ExecutionState,
    SaveMode,
    TextVersion,
    VersionId,
)
from mojodex.domains.identity import Caller
from mojodex.kit.pagination import Page, Window
from mojodex.platform.db import Database, Tx


async def create_execution(
    tx: Tx,
    caller: Caller,
    *,
    user_task_id: int | None = None,
    task_id: int | None = None,
    platform: Platform | None = None,
    origin_execution_id: int | None = None,
    client_id: UUID | None = None,
) -> Execution:
    """Prepare a run of one of the person's tasks, with a session of its own.

    Exactly one of `user_task_id` and `task_id`. Idempotent by `client_id`.
    Raises what purchases raises (`NoPurchase`, …), `TermsNotAccepted`, `TaskNotEnabled`.
    """
    raise NotImplementedError


async def run_by_form(
    tx: Tx,
    caller: Caller,
    *,
    execution_id: int,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]] | None = None,
    options: Mapping[str, Option] | None = None,
) -> Execution:
    """Start an execution with its filled form.

    Raises `ExecutionNotFound`, `AlreadyStarted`, `MissingInput`, `UnknownInput`, `InvalidChoice`,
    `InputTooLong`, `WrongInputKind`, `NoPurchase`.
    """
    raise NotImplementedError


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

    With a session only, its newest execution is meant. Idempotent by the client's id.
    Raises `ExecutionNotFound`, `ResultChatDisabled`, `NoPurchase` and what `post_message` raises.
    """
    raise NotImplementedError


async def access_execution(tx: Tx, caller: Caller, *, execution_id: int) -> Execution:
    """The caller's execution, not deleted. Raises `ExecutionNotFound`."""
    raise NotImplementedError


async def get_execution(tx: Tx, caller: Caller, *, execution_id: int) -> Execution:
    """As `access_execution`; the text it returns counts as delivered and read."""
    raise NotImplementedError


async def get_executions(tx: Tx, *, execution_ids: Sequence[int]) -> dict[ExecutionId, Execution]:
    """Executions by id, deleted ones too; unknown ones are absent. For code that checked who asks.

    A constant number of statements.
    """
    raise NotImplementedError


async def list_executions(
    tx: Tx,
    caller: Caller,
    *,
    window: Window,
    query: str | None = None,
    user_task_ids: Sequence[int] = (),
    task_ids: Sequence[int] = (),
    states: Sequence[ExecutionState] = (),
) -> Page[Execution]:
    """Started executions, newest first, in a constant number of statements.

    `query` is looked for in title and summary, without regard to case and accents.
    """
    raise NotImplementedError


async def find_execution_by_session(
    tx: Tx, *, session_ids: Sequence[UUID]
) -> dict[SessionId, ExecutionId]:
    """The newest execution of each session that has one. For code that checked who asks."""
    raise NotImplementedError


async def set_title(tx: Tx, caller: Caller, *, execution_id: int, title: str) -> Execution:
    """Raises `ExecutionNotFound`, `EmptyTitle`."""
    raise NotImplementedError


async def delete_execution(tx: Tx, caller: Caller, *, execution_id: int) -> None:
    """Hide an execution and stop what is being written for it. Raises `ExecutionNotFound`."""
    raise NotImplementedError


async def restore_execution(tx: Tx, caller: Caller, *, execution_id: int) -> Execution:
    """Undo a deletion. Raises `ExecutionNotFound`."""
    raise NotImplementedError


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
    """Keep a person's edit. Without any id a text that belongs to no execution is made.

    Raises `ProducedTextNotFound`, `ExecutionNotFound`, `StaleVersion`, `TextTooLong`.
    """
    raise NotImplementedError


async def list_versions(
    tx: Tx, caller: Caller, *, execution_id: int, window: Window
) -> Page[TextVersion]:
    """Versions of an execution's text, newest first. Raises `ExecutionNotFound`."""
    raise NotImplementedError


async def get_version(tx: Tx, caller: Caller, *, execution_id: int, index: int) -> TextVersion:
    """The `index`-th version, from 1. Raises `ExecutionNotFound`, `VersionNotFound`."""
    raise NotImplementedError


async def get_versions(tx: Tx, *, version_ids: Sequence[int]) -> dict[VersionId, TextVersion]:
    """Versions by id; unknown ones are absent. For code that checked who asks."""
    raise NotImplementedError


async def get_versions_of_messages(tx: Tx, *, message_ids: Sequence[int]) -> dict[int, TextVersion]:
    """The version that each of these assistant's messages delivered, where it did."""
    raise NotImplementedError


async def write_title_and_summary(db: Database, *, execution_id: int) -> None:
    """Let the model name and sum up a started execution, once, and announce it."""
    raise NotImplementedError


__all__ = [
    "access_execution",
    "create_execution",
    "delete_execution",
    "find_execution_by_session",
    "get_execution",
    "get_executions",
    "get_version",
    "get_versions",
    "get_versions_of_messages",
    "list_executions",
    "list_versions",
    "restore_execution",
    "run_by_form",
    "run_by_message",
    "save_text",
    "set_title",
    "write_title_and_summary",
]
