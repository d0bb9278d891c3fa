"""Secrets: taken from the settings, else generated once and kept."""

import fcntl
import os
import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import orjson
import psycopg
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mojodex.kit.ids import new_token
from mojodex.platform.db import Database
from mojodex.platform.settings.classes import SecretSettings
from mojodex.platform.settings.errors import SecretsUnreadable
from mojodex.platform.settings.tables import MdSetting

PREFIX = "secret."


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """All secrets, each with a value; they never appear in a representation."""

    backoffice_secret: str = field(repr=False)
    scheduler_secret: str = field(repr=False)
    webapp_secret: str = field(repr=False)
    purchase_updater_secret: str = field(repr=False)


NAMES = tuple(item.name for item in fields(Secrets))


def read_secrets(path: Path) -> dict[str, str]:
    """The generated secrets that a file holds, by name. Raises `SecretsUnreadable`."""
    return {name: value for name, value in _read(path).items() if name in NAMES}


def write_secrets(path: Path, values: dict[str, str]) -> None:
    """Replace the file, readable by its owner only."""
    _write(path, values)


def select_secrets(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The generated secrets that a database holds, by name."""
    rows = connection.execute(
        "SELECT name, value FROM md_setting WHERE starts_with(name, %s)", [PREFIX]
    )
    return {name.removeprefix(PREFIX): value for name, value in rows}


def insert_secrets(connection: psycopg.Connection[Any], values: dict[str, str]) -> None:
    """Put generated secrets into a database, in place of those that it has."""
    connection.cursor().executemany(
        "INSERT INTO md_setting (name, value) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [(PREFIX + name, value) for name, value in values.items()],
    )


def _build(settings: SecretSettings, kept: dict[str, str]) -> Secrets:
    values: dict[str, str] = {}
    for name in NAMES:
        given: SecretStr | None = getattr(settings, name)
        values[name] = given.get_secret_value() if given is not None else kept[name]
    return Secrets(**values)


def keep_in_file(settings: SecretSettings, path: Path) -> Secrets:
    """Complete the secrets from a file that only its owner reads; write what is missing.

    The file is replaced whole, under a lock, so that two processes agree and a crash leaves the old
    one. Raises `SecretsUnreadable`.
    """
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(path)
        missing = [name for name in NAMES if name not in kept]
        if missing:
            kept.update({name: new_token() for name in missing})
            _write(path, kept)
    return _build(settings, kept)


def _read(path: Path) -> dict[str, str]:
    try:
        value = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, orjson.JSONDecodeError) as error:
        raise SecretsUnreadable(path=str(path), reason=str(error)) from error
    if not isinstance(value, dict) or not all(isinstance(v, str) and v for v in value.values()):
        raise SecretsUnreadable(path=str(path), reason="it is not a JSON object of texts")
    return value


def _write(path: Path, kept: dict[str, str]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


async def keep_in_database(settings: SecretSettings, db: Database) -> Secrets:
    """Complete the secrets from `md_setting`; of two processes the first one's values stay."""
    async with db.begin() as tx:
        rows = [{"name": PREFIX + name, "value": new_token()} for name in NAMES]
        await tx.execute(insert(MdSetting).values(rows).on_conflict_do_nothing())
        query = select(MdSetting.name, MdSetting.value).where(MdSetting.name.startswith(PREFIX))
        kept = {name.removeprefix(PREFIX): value for name, value in await tx.execute(query)}
    return _build(settings, kept)
