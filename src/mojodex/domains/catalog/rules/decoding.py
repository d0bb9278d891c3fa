"""From JSON values to a definition, or to a list of what is wrong, by path."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mojodex.domains.catalog.errors import FieldProblem, InvalidTaskDefinition
from mojodex.domains.catalog.rules.definitions import (
    INFO_NAME_PATTERN,
    LANGUAGE_PATTERN,
    NAME_PATTERN,
    PROBLEM,
    TASK_NAME_PATTERN,
    TaskChanges,
    TaskDefinition,
)
from mojodex.kit.text import clean, shorten

MAX_PROBLEMS = 20
#: Keys that the ancestor's clients send along and that say nothing about the task.
IGNORED_KEYS = frozenset({"datetime"})

M = TypeVar("M", bound=BaseModel)

_REASONS = {
    "missing": ("is required", None),
    "string_type": ("must be a text", "a text"),
    "string_unicode": ("must be a text", "valid Unicode"),
    "bool_type": ("must be true or false", "true or false"),
    "int_type": ("must be a whole number", "a whole number"),
    "list_type": ("must be a list", "a list"),
    "model_type": ("must be an object", "an object"),
    "string_too_short": ("must not be empty", "at least 1 character"),
}
_BOUNDS = {
    "string_too_long": ("is too long", "at most {max_length} characters"),
    "too_long": ("has too many entries", "at most {max_length}"),
    "too_short": ("has too few entries", "at least {min_length}"),
    "greater_than_equal": ("is too small", "at least {ge}"),
    "less_than": ("is too large", "less than {lt}"),
    "literal_error": ("is not one of the allowed values", "{expected}"),
}
_FORMS = {
    NAME_PATTERN: "letters without accents, digits, _ and -",
    TASK_NAME_PATTERN: "lower-case letters without accents, digits, _ and -",
    INFO_NAME_PATTERN: "letters without accents, digits and _",
    LANGUAGE_PATTERN: "a code such as en or pt-BR",
}


def decode_definition(raw: Mapping[str, Any]) -> TaskDefinition:
    """A whole definition from JSON values. Raises `InvalidTaskDefinition`, naming each field."""
    if isinstance(raw, Mapping) and raw.get("task_type") == "workflow":
        raise InvalidTaskDefinition(
            [
                FieldProblem(
                    field="task_type", reason="workflows cannot be run yet", allowed="instruct"
                )
            ]
        )
    return _decode(TaskDefinition, raw)


def decode_changes(raw: Mapping[str, Any]) -> TaskChanges:
    """A part of a definition from JSON values. Raises `InvalidTaskDefinition`."""
    return _decode(TaskChanges, raw)


def _decode(model: type[M], raw: Mapping[str, Any]) -> M:
    value: object = raw
    if isinstance(raw, Mapping):
        value = {key: item for key, item in raw.items() if key not in IGNORED_KEYS}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        refuse(model, error)


def refuse(model: type[BaseModel], error: ValidationError) -> NoReturn:
    """Raise the problems that pydantic found as `InvalidTaskDefinition`."""
    details = error.errors(include_url=False, include_input=False)
    problems = [_describe(model, detail) for detail in details[:MAX_PROBLEMS]]
    raise InvalidTaskDefinition(problems) from None


def _describe(model: type[BaseModel], detail: ErrorDetails) -> FieldProblem:
    context = detail.get("ctx", {})
    field = _spell(detail["loc"]) + str(context.get("at", ""))
    reason, allowed = _explain(model, detail, context)
    return FieldProblem(field=field or "definition", reason=reason, allowed=allowed)


def _explain(
    model: type[BaseModel], detail: ErrorDetails, context: Mapping[str, Any]
) -> tuple[str, str | None]:
    kind = detail["type"]
    if kind == PROBLEM:
        return context["reason"], context["allowed"]
    if kind in _REASONS:
        return _REASONS[kind]
    if kind in _BOUNDS:
        reason, allowed = _BOUNDS[kind]
        return reason, allowed.format(**context)
    if kind == "string_pattern_mismatch":
        return "has a form that is not allowed", _FORMS[context["pattern"]]
    if kind == "extra_forbidden":
        return "is not a known field", ", ".join(_known_fields(model, detail["loc"][:-1]))
    return detail["msg"], None


def _spell(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shorten(clean(part), 100)}"
    return text.removeprefix(".")


def _known_fields(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in the object at this path of the model."""
    for part in path:
        if isinstance(part, str):
            inner = _model_inside(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return list(model.model_fields)


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as `list[M] | None` is about."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, Union, UnionType, Annotated):
        found = (_model_inside(argument) for argument in get_args(annotation))
        return next((each for each in found if each is not None), None)
    return None
