"""Notices tell everything: what was fetched, brought up to date by them, is what is fetched anew.

`web/test/recorded/*.json` holds real acts as they were fetched before, told by notices, and fetched
after. They are folded here by the plain rule of tests/browser/folding.py, and in
web/test/realtime/recorded.test.ts by the web app. This test performs the acts again: the fold must
hold for what the server says today, and the files must still be what it says.
`MOJODEX_RECORD=1` writes the files anew.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from mojodex.faces.v1.wire.notices import AnyNotice
from tests.browser.folding import FOLDS, fold_all, fold_list, show
from tests.browser.recorded import FIRST, LAST, THEN, record_all
from tests.browser.staged import StagedModel
from tests.harness.served import serve

Json = dict[str, Any]
DIRECTORY = Path(__file__).parents[2] / "web" / "test" / "recorded"
RECORDED: Mapping[str, Json] = {
    path.stem: json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"))
}
ACTS = [act.__name__ for act in (*FIRST, *THEN, *LAST)]
MODELS = {model.model_fields["type"].default: model for model in get_args(get_args(AnyNotice)[0])}
#: What notices may leave to a fetch, and where. Everywhere else nothing.
LEFT_TO_A_FETCH = {
    "start_by_form": {"execution", "tasks"},
    "start_the_older_by_message": {"execution", "tasks"},
    "go_beyond_what_fits": {"execution", "messages", "versions"},
    "restore_it": {"execution", "messages", "versions"},
    "end_what_was_bought": {"tasks"},
    "buy_again": {"tasks"},
}
#: A text that is longer is shortened in the files.
LONGEST = 1_000


async def test_the_recordings_are_what_the_server_says(pg_url: str) -> None:
    model = StagedModel()
    async with serve(pg_url, model=model) as served:
        recordings = await record_all(served, await served.make_person("ada"), model)
    for recording in recordings.values():
        check(recording)
    kept = {name: shortened(recording) for name, recording in recordings.items()}
    if os.environ.get("MOJODEX_RECORD"):
        write(kept)
    committed = {path.stem: json.loads(path.read_text()) for path in DIRECTORY.glob("*.json")}
    assert committed.keys() == kept.keys()
    for name, recording in kept.items():
        assert outline(recording) == outline(committed[name]), name


def write(recordings: Mapping[str, Json]) -> None:
    DIRECTORY.mkdir(exist_ok=True)
    for path in DIRECTORY.glob("*.json"):
        path.unlink()
    for name, recording in recordings.items():
        text = json.dumps(recording, indent=1, ensure_ascii=False) + "\n"
        (DIRECTORY / f"{name}.json").write_text(text)


@pytest.mark.parametrize("name", ACTS)
def test_what_was_shown_and_what_was_told_is_what_is_shown_anew(name: str) -> None:
    check(RECORDED[name])


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_notice_is_recorded_and_folded(kind: str) -> None:
    told = {notice["type"] for each in RECORDED.values() for notice in each["notices"]}
    assert kind in told
    assert kind in FOLDS


def test_the_other_device_hears_what_is_told_to_the_person() -> None:
    told = {notice["type"] for each in RECORDED.values() for notice in each["elsewhere"]}
    assert told == {kind for kind, model in MODELS.items() if model.audience != "session"}


def test_every_recording_is_of_an_act_that_is_performed() -> None:
    assert sorted(RECORDED) == sorted(ACTS)


def check(recording: Json) -> None:
    """The page, told once and told twice, and the list elsewhere."""
    name, after = recording["act"], show(recording["about"], recording["after"])
    before = show(recording["about"], recording["before"])
    once = fold_all(before, recording["notices"])
    assert once.stale == LEFT_TO_A_FETCH.get(name, set()), name
    for shown in (once, fold_all(once, recording["notices"])):
        for part in ("execution", "messages", "versions", "executions", "me", "tasks"):
            if part not in once.stale:
                assert getattr(shown, part) == getattr(after, part), (name, part)
        if after.live is not None:
            assert shown.live == after.live, name
    items, me = before.executions, before.me
    for notice in recording["elsewhere"]:
        items = fold_list(items, notice)
        me = notice.get("person", me)
    assert (items, me) == (after.executions, after.me), name


def shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shortened(each) for each in value]
    return value[:LONGEST] if isinstance(value, str) else value


def outline(recording: Json) -> Json:
    """Both fetches without ids and times; of the notices, which kinds came with which fields."""
    return {
        "before": masked(recording["before"]),
        "after": masked(recording["after"]),
        "notices": kinds_of(recording["notices"]),
        "elsewhere": kinds_of(recording["elsewhere"]),
    }


def kinds_of(notices: list[Json]) -> dict[str, str]:
    """How the words are cut into deltas is left to the moment."""
    return {told["type"]: json.dumps(fields(told)) for told in reversed(notices)}


_ID = re.compile(r"(.*_)?id|next_cursor|seq")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if _ID.fullmatch(name) else masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    return "time" if isinstance(value, str) and _TIME.fullmatch(value) else value


def fields(value: Any) -> Any:
    """A value reduced to the names of its fields; what may be null is left out."""
    return sorted(value) if isinstance(value, dict) else None
