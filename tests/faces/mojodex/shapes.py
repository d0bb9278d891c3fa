"""Compares answers with the shapes that the contract writes in its own small language.

A shape is a dictionary, a list of one shape, or a phrase such as `string|null` or
`enum instruct|workflow`, followed by remarks. Keys whose phrase says when they come may be absent.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

REMARKS_OF_OPTIONAL_KEYS = ("audio only", "when tied", "absent in", "absent after", "failure)")
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


def differences(value: Any, shape: Any, path: str = "answer") -> Iterator[str]:
    """Everything in which `value` is not of this shape."""
    if isinstance(shape, Mapping):
        yield from _object_differences(value, shape, path)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for index, item in enumerate(value):
            yield from differences(item, shape[0], f"{path}[{index}]")
    elif not fits(value, shape):
        yield f"{path} is {value!r}, not {shape}"


def _object_differences(value: Any, shape: Mapping[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    for key in value.keys() - shape.keys():
        yield f"{path}.{key} is unknown to the contract"
    for key, phrase in shape.items():
        if key in value:
            yield from differences(value[key], phrase, f"{path}.{key}")
        elif not is_optional(phrase):
            yield f"{path}.{key} is missing"


def is_optional(phrase: Any) -> bool:
    """Whether the contract says of a key when it is there."""
    return isinstance(phrase, str) and any(
        remark in phrase.lower() for remark in REMARKS_OF_OPTIONAL_KEYS
    )


def fits(value: Any, phrase: str) -> bool:
    """Whether a value is what a phrase of the contract says."""
    if phrase.startswith("enum "):
        return value in phrase.removeprefix("enum ").split("|")
    if phrase.startswith("array of") or phrase == "array":
        return isinstance(value, list) or (value is None and "null" in phrase)
    if phrase in ("true", "boolean true"):
        return value is True
    if value is None:
        return "null" in phrase
    if "ISO" in phrase and "naive" not in phrase:
        return isinstance(value, str) and is_aware(value)
    return any(_is_kind(value, word.split(" ")[0]) for word in phrase.split("|"))


def _is_kind(value: Any, word: str) -> bool:
    if isinstance(value, bool):
        return word.startswith("boolean")
    return any(word.startswith(name) and isinstance(value, kind) for name, kind in KINDS.items())


def is_aware(text: str) -> bool:
    """An ISO time that the CLI can subtract from an aware now: with an offset, without a Z."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return False
    if instant.tzinfo is None or text.endswith("Z"):
        return False
    return bool(datetime.now(UTC) - instant is not None)
