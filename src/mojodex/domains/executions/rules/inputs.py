"""The form of an execution: what may be filled in, and how it is stored.

It is stored in the ancestor's JSON (behaviour §1.3), one object per field, with its `value`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mojodex.domains.catalog import Choice, InputKind, TaskInput
from mojodex.domains.executions.errors import (
    InputTooLong,
    InvalidChoice,
    MissingInput,
    TooManyFiles,
    UnknownInput,
    WrongInputKind,
)
from mojodex.domains.executions.views import ExecutionInput
from mojodex.kit.text import clean

MAX_INPUT_LENGTH = 50_000
#: How many files a field takes; a field that is not here takes texts.
MAX_FILES: Mapping[InputKind, int] = {
    InputKind.IMAGE: 1,
    InputKind.MULTIPLE_IMAGES: 10,
    InputKind.AUDIO_FILE: 1,
    InputKind.VIDEO: 1,
}
PICTURE_KINDS = frozenset({InputKind.IMAGE, InputKind.MULTIPLE_IMAGES})


def blank_inputs(inputs: Sequence[TaskInput]) -> tuple[ExecutionInput, ...]:
    """The form of a task, not filled in."""
    return tuple(
        ExecutionInput(
            name=item.name,
            label=item.label,
            purpose=item.purpose,
            placeholder=item.placeholder,
            kind=item.kind,
            choices=item.choices,
            is_optional=item.is_optional,
            value=None,
        )
        for item in inputs
    )


def fill_inputs(
    form: Sequence[ExecutionInput],
    values: Mapping[str, str],
    files: Mapping[str, Sequence[str]],
) -> tuple[ExecutionInput, ...]:
    """The form with what the person gave: texts by input name, stored file names by input name.

    A blank text is no text. Raises `UnknownInput`, `WrongInputKind`, `MissingInput`,
    `InvalidChoice`, `InputTooLong`; the first offence in the order of the form.
    """
    known = {item.name for item in form}
    for name in (*values, *files):
        if name not in known:
            raise UnknownInput(name=name)
    return tuple(_fill(item, values.get(item.name), files.get(item.name)) for item in form)


def find_file_input(form: Sequence[ExecutionInput], name: str) -> ExecutionInput:
    """The field of this name, which takes files. Raises `UnknownInput`, `WrongInputKind`."""
    for item in form:
        if item.name == name:
            if item.kind not in MAX_FILES:
                raise WrongInputKind(name=name, label=item.label)
            return item
    raise UnknownInput(name=name)


def stored_names(inputs: Sequence[ExecutionInput]) -> tuple[str, ...]:
    """The files that a filled form names, in its order."""
    return tuple(name for item in inputs if item.kind in MAX_FILES for name in file_names(item))


def file_names(item: ExecutionInput) -> tuple[str, ...]:
    """The stored names in the value of a field that takes files."""
    return (item.value,) if isinstance(item.value, str) else item.value or ()


def _fill(item: ExecutionInput, text: str | None, files: Sequence[str] | None) -> ExecutionInput:
    value: str | tuple[str, ...] | None
    if item.kind in MAX_FILES:
        value = _file_value(item, text, files or ())
    else:
        if files:
            raise WrongInputKind(name=item.name, label=item.label)
        value = _text_value(item, text)
    if not value and not item.is_optional:
        raise MissingInput(name=item.name, label=item.label)
    return replace(item, value=value or None)


def _text_value(item: ExecutionInput, text: str | None) -> str | None:
    value = clean(text or "").strip()
    if len(value) > MAX_INPUT_LENGTH:
        raise InputTooLong(name=item.name, label=item.label, limit=MAX_INPUT_LENGTH)
    if item.kind is InputKind.DROP_DOWN_LIST and value:
        _check_choice(item, value)
    return value or None


def _check_choice(item: ExecutionInput, value: str) -> None:
    if value not in {choice.value for choice in item.choices}:
        raise InvalidChoice(name=item.name, label=item.label)


def _file_value(
    item: ExecutionInput, text: str | None, files: Sequence[str]
) -> str | tuple[str, ...] | None:
    # Old clients send the file's own name as the value beside the file; the name alone is nothing.
    if not files:
        if text and text.strip():
            raise WrongInputKind(name=item.name, label=item.label)
        return None
    if len(files) > MAX_FILES[item.kind]:
        raise TooManyFiles(name=item.name, label=item.label, limit=MAX_FILES[item.kind])
    return tuple(files) if item.kind is InputKind.MULTIPLE_IMAGES else files[0]


def encode_inputs(inputs: Sequence[ExecutionInput]) -> list[dict[str, Any]]:
    """As stored in `json_input_values`."""
    return [_encode(item) for item in inputs]


def _encode(item: ExecutionInput) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "input_name": item.name,
        "description_for_user": item.label,
        "description_for_system": item.purpose,
        "type": item.kind.value,
        "value": list(item.value) if isinstance(item.value, tuple) else item.value,
    }
    if item.placeholder is not None:
        stored["placeholder"] = item.placeholder
    if item.choices:
        stored["possible_values"] = [
            {"value": choice.value, "displayed_text": choice.label} for choice in item.choices
        ]
    if item.is_optional:
        stored["optional"] = True
    return stored


def decode_inputs(stored: Sequence[Mapping[str, Any]]) -> tuple[ExecutionInput, ...]:
    """Back from `json_input_values`."""
    return tuple(_decode(item) for item in stored)


def _decode(item: Mapping[str, Any]) -> ExecutionInput:
    value = item.get("value")
    return ExecutionInput(
        name=item["input_name"],
        label=item["description_for_user"],
        purpose=item["description_for_system"],
        placeholder=item.get("placeholder"),
        kind=InputKind(item["type"]),
        choices=tuple(
            Choice(value=choice["value"], label=choice["displayed_text"])
            for choice in item.get("possible_values", ())
        ),
        is_optional=bool(item.get("optional")),
        value=tuple(value) if isinstance(value, list) else value,
    )
