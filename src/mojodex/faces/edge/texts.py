"""The words of errors, by code and language.

One JSON file per language beside this module: code → sentence. A sentence says what happened, what
was kept and what to do; `{name}` is replaced from the error's data. Words for single fields are
under `field.…`, by the type of pydantic's complaint.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from mojodex.faces.edge.language import DEFAULT_LANGUAGE, match_language
from mojodex.kit.errors import AppError, ErrorValue

INTERNAL = "internal"


class _Data(dict[str, ErrorValue]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def load_texts(language: str) -> Mapping[str, str]:
    """All texts of one of our languages."""
    raw = resources.files("mojodex.faces.edge").joinpath("words", f"{language}.json").read_bytes()
    texts: dict[str, str] = json.loads(raw)
    return texts


def has_text(code: str, language: str) -> bool:
    return code in load_texts(language)


def render_text(code: str, language: str, data: Mapping[str, ErrorValue] | None = None) -> str:
    """The sentence for a code; English where the language lacks it, the general one at last."""
    wanted = match_language(language) or DEFAULT_LANGUAGE
    for choice in (wanted, DEFAULT_LANGUAGE):
        texts = load_texts(choice)
        if code in texts:
            return texts[code].format_map(_Data(data or {}))
    return load_texts(wanted)[INTERNAL]


def render_error(error: AppError, language: str) -> str:
    """What a person reads of an error; a text under `code.reason` wins over the one of the code."""
    precise = f"{error.code}.{error.data.get('reason')}"
    code = precise if has_text(precise, DEFAULT_LANGUAGE) else error.code
    return render_text(code, language, error.data)


def field_words(problem: Mapping[str, Any], language: str) -> str:
    """Plain words for one complaint of pydantic (an item of `ValidationError.errors()`)."""
    wanted = match_language(language) or DEFAULT_LANGUAGE
    code = f"field.{problem['type']}"
    if not has_text(code, wanted):
        code = "field.invalid"
    return render_text(code, wanted, problem.get("ctx"))
