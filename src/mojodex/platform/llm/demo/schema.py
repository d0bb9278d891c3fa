"""Values that fit a JSON Schema, made of the person's words where they can be."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from mojodex.kit.text import shorten
from mojodex.platform.llm.contract import JsonSchema
from mojodex.platform.llm.demo.situation import Situation
from mojodex.platform.llm.demo.writing import points_of, say, topic_of, write_document

T = TypeVar("T")
_DEEPEST = 8
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_FALLBACK_DATE = "2026-01-15"
_FORMATS = {
    "time": "09:00:00Z",
    "email": "ada@example.org",
    "uri": "https://example.org/",
    "uuid": "0190a7c4-7b1e-7cc4-9d2f-3f1f5c1b2a3d",
}
#: Tried in turn where a pattern is asked for.
_PATTERN_WORDS = (
    "en",
    "demo",
    "Demo",
    "DEMO",
    "demo_1",
    "demo-1",
    "1",
    "2026",
    "#1f6feb",
    "v1.0.0",
)


class ValueMaker:
    """Makes values for one schema; each text comes from the next of the person's points."""

    def __init__(self, schema: JsonSchema, situation: Situation) -> None:
        self._root = schema
        self._situation = situation
        self._n_texts = 0

    def make(self) -> object:
        """A value for the whole schema."""
        return self._make(self._root, "", 0)

    def _make(self, given: object, name: str, depth: int) -> object:
        schema = self._resolve(given)
        if "const" in schema:
            return schema["const"]
        if isinstance(values := schema.get("enum"), list) and values:
            return values[0]
        kind = _type_of(schema)
        if kind == "object":
            return self._make_object(schema, depth)
        if kind == "array":
            return self._make_array(schema, name, depth)
        if kind in ("integer", "number"):
            return _make_number(schema, is_whole=kind == "integer")
        if kind == "boolean":
            return True
        return None if kind == "null" else self._make_text(schema, name)

    def _resolve(self, given: object) -> Mapping[str, object]:
        """Follow references, take the first useful alternative, merge what must all hold."""
        schema = _as_object(given)
        for _ in range(_DEEPEST):
            if isinstance(reference := schema.get("$ref"), str):
                schema = {**self._look_up(reference), **_without(schema, "$ref")}
            elif options := _as_list(schema.get("anyOf")) or _as_list(schema.get("oneOf")):
                chosen = next((o for o in options if _type_of(_as_object(o)) != "null"), options[0])
                schema = {**_without(schema, "anyOf", "oneOf"), **_as_object(chosen)}
            elif parts := _as_list(schema.get("allOf")):
                schema = _without(schema, "allOf")
                for part in parts:
                    schema = {**schema, **self._resolve(part)}
            else:
                break
        return schema

    def _look_up(self, reference: str) -> Mapping[str, object]:
        found: object = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            found = _as_object(found).get(step, {}) if step else found
        return _as_object(found)

    def _make_object(self, schema: Mapping[str, object], depth: int) -> dict[str, object]:
        properties = _as_object(schema.get("properties"))
        required = set(_as_list(schema.get("required")))
        return {
            name: self._make(part, name, depth + 1)
            for name, part in properties.items()
            if name in required or depth < _DEEPEST // 2
        }

    def _make_array(self, schema: Mapping[str, object], name: str, depth: int) -> list[object]:
        least = _number(schema.get("minItems"), 0)
        usual = 0 if depth >= _DEEPEST // 2 else min(3, len(points_of(self._situation)))
        n_items = int(min(max(least, usual), _number(schema.get("maxItems"), 1000)))
        singular = name.removesuffix("s")
        return [self._make(schema.get("items", {}), singular, depth + 1) for _ in range(n_items)]

    def _make_text(self, schema: Mapping[str, object], name: str) -> str:
        form = schema.get("format")
        if form in ("date", "date-time"):
            date = self._find_date()
            return date if form == "date" else f"{date}T09:00:00Z"
        if isinstance(form, str) and form in _FORMATS:
            return _FORMATS[form]
        text = self._text_for(name.lower())
        if isinstance(pattern := schema.get("pattern"), str):
            words = (text, *_PATTERN_WORDS)
            text = next((word for word in words if re.search(pattern, word)), text)
        most = int(_number(schema.get("maxLength"), 10_000))
        least = int(_number(schema.get("minLength"), 0))
        return shorten(text, most).ljust(least, ".") if most > 0 else ""

    def _text_for(self, name: str) -> str:
        situation = self._situation
        if "language" in name:
            return situation.language
        if "emoji" in name or "icon" in name:
            return "✨"
        if "date" in name:
            return self._find_date()
        if name in ("body", "text", "draft", "content"):
            return write_document(situation)
        if "summary" in name or "description" in name or "definition" in name:
            return say(situation, "summary")
        if "title" in name or name in ("name", "subject", "topic"):
            return topic_of(situation)
        points = points_of(situation)
        self._n_texts += 1
        return points[(self._n_texts - 1) % len(points)]

    def _find_date(self) -> str:
        found = _DATE.search(self._situation.prompt) or _DATE.search(self._situation.words)
        return found[1] if found else _FALLBACK_DATE


def _type_of(schema: Mapping[str, object]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((option for option in kind if option != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _make_number(schema: Mapping[str, object], *, is_whole: bool) -> int | float:
    step = _number(schema.get("multipleOf"), 1)
    low = _number(schema.get("minimum"), None)
    above = _number(schema.get("exclusiveMinimum"), None)
    high = _number(schema.get("maximum"), None)
    below = _number(schema.get("exclusiveMaximum"), None)
    value = step
    if above is not None and value <= above:
        value = above + step
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    if below is not None and value >= below:
        value = below - step if is_whole or above is None else (above + below) / 2
    return int(value) if is_whole else value


def _number(value: object, default: T) -> float | T:
    return value if isinstance(value, int | float) else default


def _as_object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _as_list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _without(schema: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in schema.items() if name not in names}
