"""Executions, turns and versions of texts."""

from collections.abc import Mapping

from mojodex.domains.chat import Turn, TurnState, Upload
from mojodex.domains.executions import (
    Execution,
    ExecutionInput,
    Highlight,
    Hit,
    ListedExecution,
    TextVersion,
)
from mojodex.faces.edge import render_text
from mojodex.faces.v1.encode.tasks import encode_file_rule
from mojodex.faces.v1.encode.uploads import encode_upload
from mojodex.faces.v1.wire.executions import (
    ExecutionItem,
    ExecutionOut,
    ExecutionPage,
    HighlightOut,
    InputValueOut,
    RangeOut,
    TaskRef,
    TurnError,
    TurnOut,
    VersionItem,
    VersionOut,
)
from mojodex.faces.v1.wire.tasks import ChoiceOut
from mojodex.kit.pagination import Page


def encode_turn(turn: Turn, language: str) -> TurnOut:
    """One answer, with the reason in words when it failed or waits for another try."""
    return TurnOut(
        id=str(turn.turn_id),
        state=turn.state.value,
        attempt=turn.attempt,
        error=encode_turn_error(turn, language),
    )


def encode_turn_error(turn: Turn, language: str) -> TurnError | None:
    if turn.error_code is None:
        return None
    words = turn.error_code if turn.state is TurnState.FAILED else f"{turn.error_code}.waiting"
    return TurnError(code=turn.error_code, detail=render_text(words, language))


def encode_version_item(version: TextVersion) -> VersionItem:
    """A version without its body."""
    return VersionItem(
        version_id=str(version.version_id),
        index=version.index,
        revision=version.revision,
        title=version.title or "",
        author=version.author.value,
        cause=version.cause.value,
        ending=version.ending.value,
        restored_index=version.restored_index,
        created_at=version.created_at,
        edited_at=version.edited_at,
    )


def encode_version(version: TextVersion) -> VersionOut:
    """A version with its body."""
    return VersionOut(**dict(encode_version_item(version)), body=version.body)


def encode_execution_item(execution: Execution | ListedExecution, language: str) -> ExecutionItem:
    """An execution as lists and notices show it."""
    turn = execution.turn
    return ExecutionItem(
        id=str(execution.execution_id),
        task=TaskRef(
            id=str(execution.task_id),
            name=execution.task.display(language).name,
            icon=execution.task.icon,
        ),
        session_id=str(execution.session_id),
        title=execution.title,
        summary=execution.summary,
        state=execution.state.value,
        turn=None if turn is None else encode_turn(turn, language),
        n_versions=execution.n_versions,
        created_at=execution.created_at,
        started_at=execution.started_at,
        ended_at=execution.ended_at,
    )


def encode_hits(page: Page[Hit], language: str) -> ExecutionPage:
    """A part of a list, with what a search found in it."""
    return ExecutionPage(
        items=[encode_execution_item(hit.execution, language) for hit in page.items],
        next_cursor=page.next_cursor,
        highlights={
            str(hit.execution.execution_id): [_encode_highlight(each) for each in hit.highlights]
            for hit in page.items
            if hit.highlights
        },
    )


def _encode_highlight(highlight: Highlight) -> HighlightOut:
    return HighlightOut(
        field=highlight.field.value,
        label=highlight.label,
        text=highlight.text,
        ranges=[RangeOut(start=start, end=end) for start, end in highlight.ranges],
    )


def encode_execution(execution: Execution, language: str) -> ExecutionOut:
    """An execution with all that its page shows."""
    text = execution.text
    return ExecutionOut(
        **dict(encode_execution_item(execution, language)),
        inputs=[_encode_input(item, execution.files) for item in execution.inputs],
        question=execution.question,
        text=None if text is None else encode_version(text),
        is_result_chat_enabled=execution.task.is_result_chat_enabled,
    )


def _encode_input(item: ExecutionInput, files: Mapping[str, Upload]) -> InputValueOut:
    value = item.value
    names = (value,) if isinstance(value, str) else value or ()
    return InputValueOut(
        name=item.name,
        label=item.label,
        placeholder=item.placeholder,
        kind=item.kind.value,
        choices=[ChoiceOut(value=choice.value, label=choice.label) for choice in item.choices],
        is_optional=item.is_optional,
        file_rule=encode_file_rule(item.kind),
        files=[encode_upload(files[name]) for name in names if name in files],
        value=list(value) if isinstance(value, tuple) else value,
    )
