"""Secrets: given ones are used, missing ones are made once and kept."""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import pytest

from mojodex.platform.db import Database
from mojodex.platform.settings import (
    SecretsUnreadable,
    keep_in_database,
    keep_in_file,
    load_settings,
)

NONE = load_settings({}, None).secrets


def test_missing_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = keep_in_file(NONE, file)
    assert keep_in_file(NONE, file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = astuple(first)
    assert len(set(values)) == len(values)
    assert all(len(value) >= 43 for value in values)


def test_a_given_secret_wins_and_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = keep_in_file(NONE, file)
    given = load_settings({"BACKOFFICE_SECRET": "mine"}, None).secrets
    secrets = keep_in_file(given, file)
    assert secrets.backoffice_secret == "mine"
    assert secrets.scheduler_secret == made.scheduler_secret
    assert "mine" not in file.read_text()


def test_a_representation_hides_them(tmp_path: Path) -> None:
    secrets = keep_in_file(NONE, tmp_path / "secrets.json")
    assert secrets.backoffice_secret not in repr(secrets)


def test_two_starting_processes_agree(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keep_in_file(NONE, file), range(16)))
    assert len(set(map(astuple, made))) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"backoffice_secret": ""}', '{"x": 1}'])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(content)
    with pytest.raises(SecretsUnreadable) as caught:
        keep_in_file(NONE, file)
    assert str(file) in caught.value.describe()
    assert file.read_text() == content


async def test_with_an_external_database_they_live_there(committed_db: Database) -> None:
    first, second = await asyncio.gather(
        keep_in_database(NONE, committed_db), keep_in_database(NONE, committed_db)
    )
    assert first == second
    given = load_settings({"MOJODEX_WEBAPP_SECRET": "mine"}, None).secrets
    third = await keep_in_database(given, committed_db)
    assert third.webapp_secret == "mine"
    assert third.backoffice_secret == first.backoffice_secret
