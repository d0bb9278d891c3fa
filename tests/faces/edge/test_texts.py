"""Every error has words in every language, with the same places for data."""

import importlib
import pkgutil
import string

import pytest

import mojodex
from mojodex.faces.edge import LANGUAGES, field_words, has_text, render_error, render_text
from mojodex.faces.edge.texts import load_texts
from mojodex.kit.errors import AppError, all_errors


def import_everything() -> None:
    for module in pkgutil.walk_packages(mojodex.__path__, "mojodex."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_has_words(language: str) -> None:
    import_everything()
    codes = {error.code for error in all_errors() if error.__module__.startswith("mojodex.")} | {
        AppError.code
    }
    assert sorted(code for code in codes if not has_text(code, language)) == []


def test_codes_are_unique() -> None:
    import_everything()
    errors = [error for error in all_errors() if error.__module__.startswith("mojodex.")]
    assert len({error.code for error in errors}) == len(errors)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_languages_have_the_same_texts_and_places(language: str) -> None:
    english, other = load_texts("en"), load_texts(language)
    assert sorted(english) == sorted(other)
    for code, text in other.items():
        if code != "field.value_error":
            assert placeholders(text) == placeholders(english[code]), code


def test_words_are_rendered_once_and_data_is_only_data() -> None:
    class Thing(AppError):
        code = "missing_input"

    assert render_error(Thing(label="Topic {0.__class__}"), "en") == (
        "Fill in “Topic {0.__class__}”."
    )
    assert render_error(Thing(), "fr-CA") == "Remplissez « … »."


def test_a_reason_has_words_of_its_own() -> None:
    class Weak(AppError):
        code = "weak_password"

    error = Weak(reason="is_email", min_length=8, max_length=64)
    assert render_error(error, "en") == "The password must not be your e-mail address."


def test_an_unknown_code_or_language_still_says_something() -> None:
    assert render_text("no_such_code", "de") == load_texts("en")["internal"]
    assert field_words({"type": "no_such_type"}, "de") == load_texts("en")["field.invalid"]
