"""Answers as values: ask in JSON, read with pydantic, have mistakes mended a few times."""

from dataclasses import replace
from typing import Generic, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from mojodex.kit.text import shorten
from mojodex.platform.llm.contract import ContractKind, JsonSchema, OutputContract
from mojodex.platform.llm.errors import MalformedAnswer
from mojodex.platform.llm.vocabulary import (
    ChatMessage,
    Completion,
    FinishReason,
    ModelRequest,
    Role,
)

M = TypeVar("M", bound=BaseModel)
#: Stands before the schema in the instruction; the demo model reads the schema behind it.
SCHEMA_MARK = "JSON Schema of the answer:"
_FENCE = "```"
_MAX_MISTAKES = 8


class StructuredDialogue(Generic[M]):
    """One structured call: the request to send next, and the reading of each answer."""

    def __init__(self, request: ModelRequest, schema: type[M], max_repairs: int) -> None:
        self._schema = schema
        self._n_left = max_repairs
        self._n_calls = 0
        self._n_shown = 0
        self.request = instruct(request, schema.model_json_schema())

    def read(self, completion: Completion) -> M | None:
        """The value, or None when `request` now asks for a repair. Raises `MalformedAnswer`."""
        self._n_calls += 1
        try:
            return self._schema.model_validate_json(extract_json(completion.text))
        except ValidationError as error:
            reason = describe_mistakes(error)
        if completion.reason is FinishReason.LENGTH:
            reason = f"the answer was cut at the limit of tokens; {reason}"
        if self._n_left == 0:
            raise MalformedAnswer(
                label=self.request.label,
                attempts=self._n_calls,
                reason=reason,
                answer=shorten(completion.text, 500),
            )
        self._n_left -= 1
        self._ask_to_mend(completion.text, reason)
        return None

    def _ask_to_mend(self, answer: str, reason: str) -> None:
        # Only the last answer is shown: a chain of failures would grow the prompt and mislead.
        asked = self.request.messages[: len(self.request.messages) - self._n_shown]
        mend = (
            f"This answer cannot be read: {reason}\n"
            "Give the whole answer again, mended, as JSON only."
        )
        shown = (
            ChatMessage(Role.ASSISTANT, answer or "(empty)"),
            ChatMessage(Role.USER, mend),
        )
        self._n_shown = len(shown)
        self.request = replace(self.request, messages=(*asked, *shown))


def instruct(request: ModelRequest, schema: JsonSchema) -> ModelRequest:
    """The request with a JSON contract, and with words that ask for it.

    A prompt whose own file has a JSON contract says itself what it wants.
    """
    if request.contract.kind is ContractKind.JSON:
        contract = replace(request.contract, schema=request.contract.schema or schema)
        return replace(request, contract=contract, is_json=_is_object(schema))
    text = (
        "Answer with JSON only: no other words, no code fence. "
        f"{SCHEMA_MARK}\n{orjson.dumps(schema).decode()}"
    )
    first, *rest = request.messages
    messages = (replace(first, text=f"{first.text}\n\n{text}"), *rest)
    contract = OutputContract(kind=ContractKind.JSON, schema=schema, echo=request.contract.echo)
    return replace(request, messages=messages, contract=contract, is_json=_is_object(schema))


def _is_object(schema: JsonSchema) -> bool:
    # JSON mode promises an object; lists and plain values do without it.
    return schema.get("type") == "object"


def extract_json(text: str) -> str:
    """The JSON inside an answer: without a code fence, and without the talk around it."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        _, opening, inside = stripped.partition(_FENCE)
        _, line_end, body = inside.partition("\n")
        if opening and line_end:
            stripped = body.partition(_FENCE)[0].strip()
    starts = [position for mark in "{[" if (position := stripped.find(mark)) >= 0]
    end = max(stripped.rfind("}"), stripped.rfind("]"))
    if starts and end > min(starts):
        return stripped[min(starts) : end + 1]
    return stripped


def describe_mistakes(error: ValidationError) -> str:
    """What is wrong, field by field, in words a model can act on."""
    mistakes = []
    for detail in error.errors(include_url=False, include_input=False)[:_MAX_MISTAKES]:
        place = ".".join(str(part) for part in detail["loc"])
        mistakes.append(f"{place}: {detail['msg']}" if place else detail["msg"])
    return "; ".join(mistakes)
