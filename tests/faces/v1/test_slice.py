"""The main job over v1: choose a task, fill its form, watch the text come, ask for a change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mojodex.platform.llm import FinishReason, ModelKeyWrong, ScriptedModel
from tests.faces.v1.problems import named_fields, read_problem
from tests.harness.listening import Listener, wait_until, wait_until_async
from tests.harness.served import Human, Served, serve

RUN, TITLE = "instruct_run", "title_and_summary"
DRAFT = "Dear customer,\n\nthank you for the visit.\n"
DELIVERY = f"<execution><title>Follow-up</title><draft>{DRAFT}</draft></execution>"
SHORTER = "<execution><title>Follow-up</title><draft>Thank you.</draft></execution>"
QUESTION = (
    "<missing_primary_info>yes</missing_primary_info>"
    "<ask_user_primary_info>Who is the reader?</ask_user_primary_info>"
)
NAMING = "<title>Visit of a customer</title><summary>An e-mail after a visit.</summary>"
FORM = {"meeting_informations": "They came, we talked about the price."}


class Play:
    """A served product with a scripted model, a person, and the task they run."""

    def __init__(self, served: Served, model: ScriptedModel, ada: Human) -> None:
        self.served = served
        self.model = model
        self.ada = ada
        self.api = served.client(ada)
        self.task_id = ""

    async def choose_task(self) -> None:
        tasks = (await self.api.get("/tasks")).json()["items"]
        [task] = [task for task in tasks if task["icon"] == "📧"]
        self.task_id = task["id"]

    async def start(self, **more: object) -> dict[str, Any]:
        body = {"task_id": self.task_id, "inputs": FORM, **more}
        answer = await self.api.post("/executions", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def read(self, execution: dict[str, Any]) -> dict[str, Any]:
        answer = await self.api.get(f"/executions/{execution['id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def reach(self, execution: dict[str, Any], *states: str) -> dict[str, Any]:
        """The execution once it is in one of the states."""
        found: dict[str, Any] = {}

        async def is_there() -> bool:
            found.update(await self.read(execution))
            return found["state"] in states

        await wait_until_async(is_there, 20)
        return found

    async def say(self, execution: dict[str, Any], text: str) -> httpx.Response:
        return await self.api.post(
            f"/sessions/{execution['session_id']}/messages",
            json={"client_id": str(uuid4()), "text": text},
        )

    async def listen(self) -> Listener:
        listener = Listener(self.served.url, self.ada.token)
        await listener.connect()
        return listener


@pytest.fixture
async def play(pg_url: str) -> AsyncIterator[Play]:
    model = ScriptedModel(by_label={RUN: [], TITLE: [NAMING] * 20})
    async with serve(pg_url, model=model) as served:
        play = Play(served, model, await served.make_person("ada"))
        await play.choose_task()
        yield play
        await play.api.aclose()


async def test_tasks_are_listed_searched_and_shown(play: Play) -> None:
    page = (await play.api.get("/tasks")).json()
    assert len(page["items"]) == 6
    assert all(task["is_enabled"] and task["last_used_at"] is None for task in page["items"])
    found = (await play.api.get("/tasks", params={"q": "E-MAIL"})).json()["items"]
    assert play.task_id in [task["id"] for task in found]
    assert len(found) < 6
    task = (await play.api.get(f"/tasks/{play.task_id}")).json()
    [field] = task["inputs"]
    assert (field["name"], field["kind"], field["is_optional"]) == (
        "meeting_informations", "text_area", False,
    )  # fmt: skip
    assert field["label"]
    await play.api.patch("/me", json={"language": "fr"})
    french = (await play.api.get(f"/tasks/{play.task_id}")).json()
    assert french["name"] != task["name"]
    read_problem(await play.api.get("/tasks/999"), 404, "task_not_found")


async def test_the_main_job(play: Play) -> None:
    go = asyncio.Event()
    steps: list[str | asyncio.Event] = [
        DELIVERY[:40],
        go,
        *[DELIVERY[at : at + 7] for at in range(40, len(DELIVERY), 7)],
    ]
    play.model.add(steps, label=RUN)
    listener = await play.listen()
    execution = await play.start()
    assert execution["state"] == "writing"
    assert execution["inputs"][0]["value"] == FORM["meeting_informations"]
    assert (await listener.join(execution["session_id"]))["ok"]
    await listener.wait_for("turn_snapshot")
    go.set()
    await listener.wait_for("turn_finished")
    await listener.wait_for("execution_titled")
    done = await play.reach(execution, "done")
    folded = fold(listener.notices)
    assert folded["draft_body"] == done["text"]["body"] == DRAFT.strip()
    assert folded["draft_title"] == "Follow-up"
    assert done["title"] == "Visit of a customer"
    assert done["n_versions"] == 1
    [added] = listener.of("message_added")
    assert added["message"]["version"]["index"] == 1
    page = (await play.api.get("/executions", params={"task_id": play.task_id})).json()
    assert [item["id"] for item in page["items"]] == [execution["id"]]
    [task] = [
        task
        for task in (await play.api.get("/tasks")).json()["items"]
        if task["id"] == play.task_id
    ]
    assert task["last_used_at"] is not None
    await listener.close()


def fold(notices: list[dict[str, Any]]) -> dict[str, str]:
    """What a client shows after these notices; every delta must follow on the one before."""
    texts = {"message": "", "draft_title": "", "draft_body": ""}
    position = (0, 0)
    for notice in notices:
        if notice["type"] == "turn_snapshot":
            texts = dict(notice["texts"])
            position = (notice["attempt"], notice["seq"])
        elif notice["type"] == "turn_delta":
            assert (notice["attempt"], notice["seq"]) == (position[0], position[1] + 1)
            position = (position[0], position[1] + 1)
            texts[str(notice["channel"])] += str(notice["text"])
    return texts


async def test_a_question_is_asked_answered_and_told(play: Play) -> None:
    play.model.add(QUESTION, label=RUN)
    play.model.add(DELIVERY, label=RUN)
    execution = await play.start()
    asking = await play.reach(execution, "asking")
    assert asking["question"] == "Who is the reader?"
    posted = await play.say(asking, "The head of purchasing.")
    assert posted.status_code == 202, posted.text
    assert posted.json()["is_new"]
    assert posted.json()["message"]["sender"] == "user"
    done = await play.reach(execution, "done")
    assert done["question"] is None
    messages = (await play.api.get(f"/sessions/{execution['session_id']}/messages")).json()["items"]
    assert [message["sender"] for message in messages][:3] == ["assistant", "user", "assistant"]
    assert messages[0]["version"]["index"] == 1
    assert messages[1]["text"] == "The head of purchasing."


async def test_a_change_is_a_new_version_and_old_ones_stay(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    play.model.add(SHORTER, label=RUN)
    execution = await play.start()
    await play.reach(execution, "done")
    await play.say(execution, "Shorter, please.")
    done: dict[str, Any] = {}

    async def has_two() -> bool:
        done.update(await play.read(execution))
        return bool(done["n_versions"] == 2)

    await wait_until_async(has_two)
    versions = (await play.api.get(f"/executions/{execution['id']}/versions")).json()["items"]
    assert [version["index"] for version in versions] == [2, 1]
    assert "body" not in versions[0]
    first = (await play.api.get(f"/executions/{execution['id']}/versions/1")).json()
    assert (first["body"], first["author"]) == (DRAFT.strip(), "assistant")
    missing = await play.api.get(f"/executions/{execution['id']}/versions/3")
    read_problem(missing, 404, "version_not_found")


async def test_an_edit_replaces_the_persons_own_within_a_sitting(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    execution = await play.start()
    done = await play.reach(execution, "done")
    path = f"/executions/{execution['id']}/versions"
    base = done["text"]["version_id"]
    edit = {"title": "Follow-up", "body": "Mine.", "base_version_id": base}
    saved = await play.api.post(path, json=edit)
    assert saved.status_code == 201, saved.text
    mine = saved.json()
    assert (mine["index"], mine["author"], mine["revision"]) == (2, "user", 1)
    again = await play.api.post(
        path, json=edit | {"body": "Mine, too.", "base_version_id": mine["version_id"]}
    )
    assert (again.json()["index"], again.json()["revision"]) == (2, 2)
    read_problem(await play.api.post(path, json=edit), 409, "stale_version")
    outdated = edit | {"base_version_id": mine["version_id"], "base_revision": 1}
    stale = read_problem(await play.api.post(path, json=outdated), 409, "stale_version")
    assert (stale.latest_version_id, stale.latest_revision) == (mine["version_id"], 2)
    kept = edit | {"body": "Apart.", "base_version_id": mine["version_id"], "base_revision": 2}
    apart = (await play.api.post(path, json=kept | {"is_new_version": True})).json()
    assert (apart["index"], apart["revision"]) == (3, 1)
    before = (await play.api.get(f"{path}/2")).json()
    assert before["body"] == "Mine, too."
    long = await play.api.post(path, json=edit | {"body": "a" * 200_001})
    assert named_fields(read_problem(long, 422, "invalid_request")) == ["body"]


async def test_an_edit_may_rename_the_work_and_then_both_happen_or_none(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    execution = await play.start()
    done = await play.reach(execution, "done")
    path = f"/executions/{execution['id']}/versions"
    edit = {"title": "Kept", "body": "A.", "base_version_id": done["text"]["version_id"]}
    saved = (await play.api.post(path, json=edit)).json()
    assert (await play.read(execution))["title"] == done["title"]
    named = edit | {"title": "Named", "is_renaming": True, "base_version_id": saved["version_id"]}
    blank = await play.api.post(path, json=named | {"title": " ", "body": "Not kept."})
    assert blank.status_code == 422
    read_problem(
        await play.api.post(path, json=named | {"base_version_id": "99"}), 409, "stale_version"
    )
    assert (await play.read(execution))["text"]["body"] == "A."
    assert (await play.api.post(path, json=named)).status_code == 201
    after = await play.read(execution)
    assert (after["title"], after["text"]["title"]) == ("Named", "Named")


async def test_creation_may_be_repeated(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    client_id = str(uuid4())
    first = await play.start(client_id=client_id)
    second = await play.start(client_id=client_id)
    assert first["id"] == second["id"]
    await play.reach(first, "done")
    third = await play.start(client_id=client_id)
    assert third["state"] == "done"
    assert len(play.model.requests_for(RUN)) == 1


async def test_a_foreign_client_id_gives_nothing_away(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    client_id = str(uuid4())
    mine = await play.start(client_id=client_id)
    bob = await play.served.make_person("bob")
    async with play.served.client(bob) as api:
        body = {"task_id": play.task_id, "client_id": client_id}
        answer = await api.post("/executions", json=body)
        assert answer.json().get("id") != mine["id"]
        assert FORM["meeting_informations"] not in answer.text
    await play.reach(mine, "done")


async def test_a_message_may_be_repeated(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    play.model.add(SHORTER, label=RUN)
    execution = await play.start()
    await play.reach(execution, "done")
    path = f"/sessions/{execution['session_id']}/messages"
    body = {"client_id": str(uuid4()), "text": "Shorter, please."}
    first, second = [(await play.api.post(path, json=body)).json() for _ in range(2)]
    assert first["message"]["id"] == second["message"]["id"]
    assert (first["is_new"], second["is_new"]) == (True, False)


async def test_a_form_is_started_later_and_once(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    made = await play.api.post("/executions", json={"task_id": play.task_id})
    execution = made.json()
    assert (execution["state"], execution["started_at"]) == ("created", None)
    path = f"/executions/{execution['id']}/run"
    for inputs, code, field in (
        ({}, "missing_input", "inputs.meeting_informations"),
        (FORM | {"surprise": "x"}, "unknown_input", "inputs.surprise"),
    ):
        problem = read_problem(await play.api.post(path, json={"inputs": inputs}), 422, code)
        assert named_fields(problem) == [field]
    assert (await play.api.post(path, json={"inputs": FORM})).status_code == 200
    read_problem(await play.api.post(path, json={"inputs": FORM}), 409, "already_started")


async def test_without_a_role_nothing_starts(play: Play) -> None:
    nobody = await play.served.make_person("nobody", is_customer=False)
    async with play.served.client(nobody) as api:
        answer = await api.post("/executions", json={"task_id": play.task_id, "inputs": FORM})
        assert answer.status_code in (402, 403, 404)


async def test_an_answer_is_stopped_and_kept(play: Play) -> None:
    never = asyncio.Event()
    play.model.add(["<execution><title>T</title><draft>Dear cust", never], label=RUN)
    execution = await play.start()
    listener = await play.listen()
    await listener.join(execution["session_id"])
    await wait_until_async(lambda: _has_text(listener))
    running = await play.read(execution)
    turn_id = running["turn"]["id"]
    stopped = await play.api.post(f"/turns/{turn_id}/stop")
    assert stopped.status_code == 202, stopped.text
    await listener.wait_for("turn_stopped")
    found = await play.reach(execution, "done", "stopped")
    assert found["turn"]["state"] == "stopped"
    assert found["text"]["body"] == "Dear cust"
    again = await play.api.post(f"/turns/{turn_id}/stop")
    read_problem(again, 409, "turn_ended")
    await listener.close()


async def _has_text(listener: Listener) -> bool:
    return fold(listener.notices)["draft_body"] == "Dear cust"


async def test_a_failure_says_why_and_may_be_tried_again(play: Play) -> None:
    play.model.add([ModelKeyWrong(model="m", provider="p", detail="401")], label=RUN)
    listener = await play.listen()
    execution = await play.start()
    await listener.join(execution["session_id"])
    failed = await play.reach(execution, "failed")
    turn = failed["turn"]
    assert turn["error"]["code"] == "model_key_wrong"
    assert "key" in turn["error"]["detail"]
    play.model.add(DELIVERY, label=RUN)
    retried = await play.api.post(f"/turns/{turn['id']}/retry")
    assert retried.status_code == 202, retried.text
    await play.reach(execution, "done")
    twice = await play.api.post(f"/turns/{turn['id']}/retry")
    read_problem(twice, 409, "turn_not_retryable")
    await listener.close()


async def test_titles_deletion_and_restoring(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    listener = await play.listen()
    execution = await play.start()
    await play.reach(execution, "done")
    path = f"/executions/{execution['id']}"
    titled = await play.api.patch(path, json={"title": "  Mine  "})
    assert titled.json()["title"] == "Mine"
    empty = await play.api.patch(path, json={"title": "   "})
    assert named_fields(read_problem(empty, 422, "invalid_request")) == ["title"]
    assert (await play.api.delete(path)).status_code == 204
    read_problem(await play.api.get(path), 404, "execution_not_found")
    assert (await play.api.get("/executions")).json()["items"] == []
    deleted = await listener.wait_for("execution_deleted")
    assert deleted[0]["execution_id"] == execution["id"]
    n_before = len(listener.notices)
    restored = await play.api.post(f"{path}/restore")
    assert restored.status_code == 200, restored.text
    assert restored.json()["title"] == "Mine"
    again = await play.api.post(f"{path}/restore")
    assert again.json() == restored.json()
    await wait_until(lambda: len(listener.notices) > n_before)
    back = listener.notices[n_before]
    assert back["type"] == "execution_changed"
    assert (back["execution"]["title"], back["execution"]["state"]) == ("Mine", "done")
    assert len((await play.api.get("/executions")).json()["items"]) == 1
    await listener.close()


async def test_lists_are_searched_filtered_and_paged(play: Play) -> None:
    for _ in range(3):
        play.model.add(DELIVERY, label=RUN)
    executions = [await play.start() for _ in range(3)]
    for number, execution in enumerate(executions):
        await play.reach(execution, "done")
        await play.api.patch(
            f"/executions/{execution['id']}", json={"title": f"Été numéro {number}"}
        )
    first = (await play.api.get("/executions", params={"limit": 2})).json()
    rest = (
        await play.api.get("/executions", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert ids == [execution["id"] for execution in reversed(executions)]
    found = (await play.api.get("/executions", params={"q": "ete NUMERO 1 visit"})).json()
    assert [item["title"] for item in found["items"]] == ["Été numéro 1"]
    [places] = found["highlights"].values()
    assert list(found["highlights"]) == [executions[1]["id"]]
    assert places[0] == {
        "field": "title",
        "label": None,
        "text": "Été numéro 1",
        "ranges": [{"start": 0, "end": 3}, {"start": 4, "end": 10}, {"start": 11, "end": 12}],
    }
    assert [place["field"] for place in places] == ["title", "summary", "text"]
    assert first["highlights"] == {}
    for params, n in (
        ({"state": ["done"]}, 3),
        ({"state": ["failed", "asking"]}, 0),
        ({"task_id": ["999"]}, 0),
        ({"task_id": [play.task_id, "999"], "state": "done"}, 3),
    ):
        items = (await play.api.get("/executions", params=params)).json()["items"]
        assert len(items) == n, params


async def test_who_comes_back_in_the_middle_goes_on_without_a_hole(play: Play) -> None:
    go = asyncio.Event()
    rest = [DELIVERY[at : at + 3] for at in range(60, len(DELIVERY), 3)]
    play.model.add([DELIVERY[:60], go, *rest, FinishReason.STOP], label=RUN)
    execution = await play.start()
    first = await play.listen()
    await first.join(execution["session_id"])
    await first.wait_for("turn_snapshot")
    await first.client.disconnect()
    second = await play.listen()
    await second.join(execution["session_id"])
    await second.wait_for("turn_snapshot")
    go.set()
    await second.wait_for("turn_finished")
    assert fold(second.notices)["draft_body"] == DRAFT.strip()
    await second.close()


async def test_finals_are_told_again_to_who_was_away(play: Play) -> None:
    play.model.add(DELIVERY, label=RUN)
    execution = await play.start()

    async def is_done() -> bool:
        """By the list, which does not count as reading."""
        items = (await play.api.get("/executions")).json()["items"]
        return bool(items) and items[0]["state"] == "done"

    await wait_until_async(is_done)
    away = await play.listen()
    await away.join(execution["session_id"])
    [added] = await away.wait_for("message_added")
    assert added["delivery_id"] is not None
    await asyncio.sleep(0.3)
    await away.close()
    again = await play.listen()
    await again.join(execution["session_id"])
    await asyncio.sleep(0.5)
    assert again.of("message_added") == []
    await again.close()


async def test_about_is_for_everybody(play: Play) -> None:
    async with play.served.client() as api:
        about = (await api.get("/about")).json()
    model = {"name": "scripted", "provider": "scripted", "is_demo": False, "has_vision": True}
    assert about["model"] == model
    assert about["demo_account"] is None
    assert about["version"]
