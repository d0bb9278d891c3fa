"""What a prompt is told about the person and their work."""

from collections.abc import Mapping
from typing import Any

from mojodex.domains.catalog import InputKind
from mojodex.domains.chat import Upload
from mojodex.domains.executions.rules.inputs import MAX_FILES, file_names
from mojodex.domains.executions.views import ExecutionInput
from mojodex.domains.identity import User, local_now
from mojodex.platform.db import Tx
from mojodex.platform.prompts import MPT

CHAT = "mojodex.domains.chat"
EXECUTIONS = "mojodex.domains.executions"
#: What a model is told of files that it may not be able to look into.
FILE_WORDS: Mapping[InputKind, str] = {
    InputKind.IMAGE: "a picture",
    InputKind.MULTIPLE_IMAGES: "pictures",
    InputKind.AUDIO_FILE: "a sound recording, without a transcript",
    InputKind.VIDEO: "a video, without a transcript",
}


def knowledge() -> MPT:
    """Who the assistant is."""
    return MPT(CHAT, "mojodex_knowledge.mpt")


def datetime_context(tx: Tx, user: User) -> MPT:
    """Date and time on the person's own clock."""
    local = local_now(user, tx.clock.now())
    return MPT(
        CHAT,
        "user_datetime_context.mpt",
        weekday=local.strftime("%A"),
        datetime=local.strftime("%d %B %Y"),
        time=local.strftime("%H:%M"),
    )


def user_context(user: User) -> MPT:
    """Language, name, company and goal. (Source: decisions, context of an answer.)"""
    return MPT(
        CHAT,
        "user_context.mpt",
        language=user.language,
        username=user.name,
        company_name=user.company_name,
        company_description=user.company_description,
        goal=user.goal,
    )


def describe_inputs(
    inputs: tuple[ExecutionInput, ...], files: Mapping[str, Upload]
) -> list[dict[str, Any]]:
    """The filled fields of a form, for a prompt that prints them as JSON.

    `files` by stored name: the model is told what people call theirs.
    """
    return [
        {"input_name": item.name, "description": item.purpose, **_describe_value(item, files)}
        for item in inputs
        if item.value
    ]


def _describe_value(item: ExecutionInput, files: Mapping[str, Upload]) -> dict[str, str | None]:
    if item.kind not in MAX_FILES:
        return {"value": _choice(item)}
    names = [files[name].client_name for name in file_names(item) if name in files]
    return {"files": ", ".join(names), "kind": FILE_WORDS[item.kind]}


def _choice(item: ExecutionInput) -> str | None:
    """What a person chose is told in the words that they saw."""
    labels = {choice.value: choice.label for choice in item.choices}
    return labels.get(str(item.value)) or (None if item.value is None else str(item.value))
