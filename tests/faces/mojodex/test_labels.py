"""The labels that clients fetch: complete in every language, since a gap is seen by people."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mojodex.faces.mojodex.labels import AVAILABLE_LANGUAGES, choose_labels, load_labels

KEYS: dict[str, Any] = json.loads((Path(__file__).parent / "language-keys.json").read_text())
#: One of the two stands around the number in "5 min ago", "il y a 5 min", as the language wants.
MAY_BE_EMPTY = {
    "userTaskExecutionList.date.beforeTimeAgo",
    "userTaskExecutionList.date.afterTimeAgo",
}


def flatten(labels: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in labels.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_languages_are_those_of_the_key_list() -> None:
    assert set(AVAILABLE_LANGUAGES) == set(KEYS["languages"])


@pytest.mark.parametrize("language", sorted(AVAILABLE_LANGUAGES))
def test_every_key_and_no_other(language: str) -> None:
    texts = dict(flatten(load_labels(language)))
    assert texts.keys() == {item["path"] for item in KEYS["keys"]}


@pytest.mark.parametrize("language", sorted(AVAILABLE_LANGUAGES))
def test_every_label_has_its_type_and_words(language: str) -> None:
    texts = dict(flatten(load_labels(language)))
    for item in KEYS["keys"]:
        text = texts[item["path"]]
        if item["type"] == "list":
            assert len(text) == item["placeholders"]
            assert all(isinstance(entry, str) and entry.strip() for entry in text)
        else:
            assert isinstance(text, str)
            assert text.strip() or item["path"] in MAY_BE_EMPTY, item["path"]
            assert "{{" not in text, "the released clients fill nothing in"


@pytest.mark.parametrize("language", sorted(AVAILABLE_LANGUAGES))
def test_a_time_ago_has_words_on_one_side(language: str) -> None:
    texts = dict(flatten(load_labels(language)))
    assert [texts[key] for key in sorted(MAY_BE_EMPTY) if texts[key]]


def test_translations_differ_from_english() -> None:
    english = dict(flatten(load_labels("en")))
    for language in ("fr", "es"):
        texts = dict(flatten(load_labels(language)))
        same = [key for key in texts if texts[key] == english[key] and len(str(texts[key])) > 12]
        assert same == []


@pytest.mark.parametrize(
    ("asked", "given"),
    [("fr", "fr"), ("fr-CA", "fr"), ("FR", "fr"), ("es_MX", "es"), ("de", "en"), ("", "en")],
)
def test_choice_is_exact_then_first_two_letters_then_english(asked: str, given: str) -> None:
    assert choose_labels(asked) == given
