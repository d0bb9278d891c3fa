"""How notices change what was fetched: the rule of every client of v1, in its plainest form.

A page shows one piece of work, what was said in its session, its versions, the words that are
being written, the list, the person and their tasks. `fold` brings it up to date by one notice. What
a notice does not carry is named in `stale` and has to be fetched again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]
ABOUT = ("execution_started", "execution_titled", "execution_changed")


@dataclass(frozen=True)
class Shown:
    """What a page fetched, and what it has to fetch again."""

    work_id: str
    execution: Json | None
    messages: list[Json]
    versions: list[Json]
    executions: list[Json]
    me: Json
    tasks: list[Json]
    live: Json | None
    stale: frozenset[str] = field(default=frozenset())


def show(work_id: str, fetched: Json) -> Shown:
    """The page as it was fetched. Of a work that is gone it shows nothing."""
    is_there = fetched["execution"] is not None
    return Shown(
        work_id=work_id,
        execution=fetched["execution"],
        messages=fetched["messages"]["items"] if is_there else [],
        versions=fetched["versions"]["items"] if is_there else [],
        executions=fetched["executions"]["items"],
        me=fetched["me"],
        tasks=fetched["tasks"]["items"],
        live=fetched["live"],
    )


def fold_all(shown: Shown, notices: Iterable[Json]) -> Shown:
    for notice in notices:
        shown = fold(shown, notice)
    return shown


def fold(shown: Shown, notice: Json) -> Shown:
    """The page after one notice."""
    executions = fold_list(shown.executions, notice)
    return FOLDS[notice["type"]](replace(shown, executions=executions), notice)


def fold_list(items: list[Json], notice: Json) -> list[Json]:
    """The list of works alone, as another device shows it."""
    kind = notice["type"]
    if kind == "execution_deleted":
        return [item for item in items if item["id"] != notice["execution_id"]]
    if kind == "text_version_added":
        index = notice["index"]
        return [
            {**item, "n_versions": max(index, item["n_versions"])}
            if item["id"] == notice["execution_id"]
            else item
            for item in items
        ]
    if kind not in ABOUT or notice["execution"]["started_at"] is None:
        return items
    return put(items, notice["execution"], key="created_at")


def put(items: list[Json], item: Json, *, key: str, name: str = "id") -> list[Json]:
    """In the place of the same one, or at its place among the newest first."""
    if any(each[name] == item[name] for each in items):
        return [item if each[name] == item[name] else each for each in items]
    newer = [each for each in items if each[key] > item[key]]
    return [*newer, item, *items[len(newer) :]]


def _about(shown: Shown, notice: Json) -> Shown:
    told = notice["execution"]
    if notice["type"] == "execution_started":
        # That the task was used is not told.
        shown = _ask_again(shown, "tasks")
    if told["id"] != shown.work_id:
        return shown
    execution = shown.execution
    if execution is None:
        return _ask_again(shown, "execution", "messages", "versions")
    if notice["type"] == "execution_started":
        # What was filled in is not told.
        shown = _ask_again(shown, "execution")
    question = execution["question"] if told["state"] == "asking" else None
    return replace(shown, execution={**execution, **told, "question": question})


def _deleted(shown: Shown, notice: Json) -> Shown:
    if notice["execution_id"] != shown.work_id:
        return shown
    return replace(shown, execution=None, messages=[], versions=[])


def _version(shown: Shown, notice: Json) -> Shown:
    if notice["execution_id"] != shown.work_id or shown.execution is None:
        return shown
    n_versions = max(shown.execution["n_versions"], notice["index"])
    execution = {**shown.execution, "n_versions": n_versions}
    version = notice["version"]
    if version is None:
        return _ask_again(replace(shown, execution=execution), "execution", "versions")
    text = execution["text"]
    if text is None or _place(version) >= _place(text):
        execution["text"] = version
    item = {name: value for name, value in version.items() if name != "body"}
    versions = put(shown.versions, item, key="index", name="version_id")
    return replace(shown, execution=execution, versions=versions)


def _place(version: Json) -> tuple[int, int]:
    return version["index"], version["revision"]


def _message(shown: Shown, notice: Json) -> Shown:
    if shown.execution is None:
        return shown
    message = notice["message"]
    shown = replace(shown, messages=put(shown.messages, message, key="written_at"))
    if message["is_cut"]:
        shown = _ask_again(shown, "messages")
    return shown if notice["type"] == "message_changed" else _question(shown, message)


def _question(shown: Shown, message: Json) -> Shown:
    """Before the first text, what the assistant says without one is its question."""
    execution = shown.execution
    if execution is None:
        return shown
    if message["sender"] == "user":
        return replace(shown, execution={**execution, "question": None})
    if message["version"] is not None or execution["text"] is not None:
        return shown
    return replace(shown, execution={**execution, "question": message["text"]})


def _ask_again(shown: Shown, *names: str) -> Shown:
    return replace(shown, stale=shown.stale | set(names))


def _person(shown: Shown, notice: Json) -> Shown:
    return replace(shown, me=notice["person"])


def _tasks(shown: Shown, notice: Json) -> Shown:
    """Which ones are there now is not told."""
    return _ask_again(shown, "tasks")


def _snapshot(shown: Shown, notice: Json) -> Shown:
    if _is_past(shown.live, notice):
        return shown
    before = {} if notice["part"] == 1 or shown.live is None else shown.live["texts"]
    texts = {name: before.get(name, "") + text for name, text in notice["texts"].items()}
    return replace(shown, live={**notice, "texts": texts, "part": 1, "n_parts": 1})


def _delta(shown: Shown, notice: Json) -> Shown:
    live = shown.live
    if _is_past(live, notice):
        return shown
    is_same = live is not None and _run(live) == _run(notice)
    if live is None or not is_same:
        live = {**_begun(notice), "seq": 0}
    if notice["seq"] <= live["seq"]:
        return shown
    assert notice["seq"] == live["seq"] + 1, "a hole between the words"
    channel = notice["channel"]
    texts = {**live["texts"], channel: live["texts"][channel] + notice["text"]}
    return replace(shown, live={**live, "seq": notice["seq"], "texts": texts})


def _begun(notice: Json) -> Json:
    return {
        "type": "turn_snapshot",
        "session_id": notice["session_id"],
        "turn_id": notice["turn_id"],
        "attempt": notice["attempt"],
        "seq": 0,
        "texts": {"message": "", "draft_title": "", "draft_body": ""},
        "part": 1,
        "n_parts": 1,
    }


def _run(notice: Json) -> tuple[str, int]:
    return notice["turn_id"], notice["attempt"]


def _is_past(live: Json | None, notice: Json) -> bool:
    if live is None or live["turn_id"] != notice["turn_id"]:
        return False
    is_same = live["attempt"] == notice["attempt"]
    return bool(notice["attempt"] < live["attempt"] or (is_same and live.get("is_over")))


def _started(shown: Shown, notice: Json) -> Shown:
    is_known = shown.live is not None and _run(shown.live) >= _run(notice)
    if is_known and shown.live is not None and shown.live["turn_id"] == notice["turn_id"]:
        return shown
    return replace(shown, live=_begun(notice))


def _ended(shown: Shown, notice: Json) -> Shown:
    live = shown.live
    if live is None or _run(live) != _run(notice):
        return shown
    return replace(shown, live={**live, "is_over": True})


FOLDS: dict[str, Callable[[Shown, Json], Shown]] = {
    **dict.fromkeys(ABOUT, _about),
    "execution_deleted": _deleted,
    "text_version_added": _version,
    "message_added": _message,
    "message_changed": _message,
    "person_changed": _person,
    "tasks_changed": _tasks,
    "turn_snapshot": _snapshot,
    "turn_delta": _delta,
    "turn_started": _started,
    "turn_finished": _ended,
    "turn_failed": _ended,
    "turn_stopped": _ended,
}
