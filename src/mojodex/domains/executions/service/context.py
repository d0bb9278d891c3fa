"""What a prompt is told about the person and their work."""

from typing import Any

from mojodex.domains.executions.views import ExecutionInput
from mojodex.domains.identity import User, local_now
from mojodex.platform.db import Tx
from mojodex.platform.prompts import MPT

CHAT = "mojodex.domains.chat"
EXECUTIONS = "mojodex.domains.executions"


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


def describe_inputs(inputs: tuple[ExecutionInput, ...]) -> list[dict[str, Any]]:
    """The filled fields of a form, for a prompt that prints them as JSON."""
    return [
        {
            "input_name": item.name,
            "description": item.purpose,
            "value": list(item.value) if isinstance(item.value, tuple) else _choice(item),
        }
        for item in inputs
        if item.value
    ]


def _choice(item: ExecutionInput) -> str | None:
    """What a person chose is told in the words that they saw."""
    labels = {choice.value: choice.label for choice in item.choices}
    return labels.get(str(item.value)) or (None if item.value is None else str(item.value))
