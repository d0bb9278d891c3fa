"""Reading the environment and `.env` into settings."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mojodex.platform.settings.classes import Settings, rooms
from mojodex.platform.settings.errors import InvalidSettings
from mojodex.platform.settings.fields import SettingInfo, SettingsRoom, info_of

#: Variables of the ancestors that start like ours and are harmless here.
ANCESTORS_OWN = {
    "MOJODEX_BACKEND_URI",
    "MOJODEX_WEBAPP_URI",
    "MOJODEX_BACKGROUND_SECRET",
}


def load_settings(
    environ: Mapping[str, str] | None = None, env_file: Path | str | None = ".env"
) -> Settings:
    """Read all settings once; the environment wins over the file, an empty value counts as unset.

    Raises `InvalidSettings` with a line for each wrong value.
    """
    values = _read_file(env_file) if env_file is not None else {}
    values.update(os.environ if environ is None else environ)
    values = {name: value for name, value in values.items() if value.strip()}
    problems: list[str] = []
    loaded: dict[str, SettingsRoom] = {}
    for name, kind in rooms().items():
        room = _load_room(kind, values, problems)
        if room is not None:
            loaded[name] = room
    if problems:
        raise InvalidSettings(tuple(problems))
    return Settings.model_validate({**loaded, "unknown_variables": _unknown(values)})


def _read_file(path: Path | str) -> dict[str, str]:
    file = Path(path)
    if not file.is_file():
        return {}
    try:
        values = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings((f"{path} cannot be read: {error}",)) from error
    return {name: value for name, value in values.items() if value is not None}


def _load_room(
    kind: type[SettingsRoom], values: Mapping[str, str], problems: list[str]
) -> SettingsRoom | None:
    given: dict[str, str] = {}
    sources: dict[str, str] = {}
    for name, field in kind.model_fields.items():
        source = next((v for v in info_of(field).variables if v in values), None)
        if source is not None:
            given[name], sources[name] = values[source], source
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problems += [_describe(kind, detail, sources) for detail in error.errors()]
        return None


def _describe(kind: type[SettingsRoom], detail: ErrorDetails, sources: Mapping[str, str]) -> str:
    if not detail["loc"]:
        return f"{detail['msg'].removeprefix('Value error, ')}."
    name = str(detail["loc"][0])
    info: SettingInfo = info_of(kind.model_fields[name])
    shown = "its value" if info.is_secret else f'"{detail["input"]}"'
    return f"{sources[name]}: {shown} is not allowed. Allowed: {info.allowed}."


def known_variables() -> tuple[str, ...]:
    """Every variable that some room reads."""
    return tuple(
        variable
        for kind in rooms().values()
        for field in kind.model_fields.values()
        for variable in info_of(field).variables
    )


def _unknown(values: Mapping[str, str]) -> tuple[str, ...]:
    known = known_variables()
    strangers = sorted(
        name
        for name in values
        if name.startswith("MOJODEX_") and name not in known and name not in ANCESTORS_OWN
    )
    return tuple(_suggest(name, known) for name in strangers)


def _suggest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"{name} (did you mean {near[0]}?)" if near else name
