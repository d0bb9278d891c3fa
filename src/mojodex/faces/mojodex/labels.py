"""The labels that released clients fetch before anybody logs in: one JSON file per language."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import JsonValue

from mojodex.faces.edge.language import DEFAULT_LANGUAGE, match_language

#: Codes and how each language calls itself.
AVAILABLE_LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español", "fr": "Français"}


def choose_labels(language_code: str) -> str:
    """The language whose labels to send: exact, then the first two letters, then English."""
    return match_language(language_code, tuple(AVAILABLE_LANGUAGES)) or DEFAULT_LANGUAGE


@cache
def load_labels(language_code: str) -> dict[str, JsonValue]:
    """Every label of one of the available languages. The web app replaces its whole dictionary
    with it, so a lacking key would be seen by people."""
    folder = resources.files("mojodex.faces.mojodex").joinpath("languages")
    labels: dict[str, JsonValue] = json.loads(folder.joinpath(f"{language_code}.json").read_bytes())
    return labels
