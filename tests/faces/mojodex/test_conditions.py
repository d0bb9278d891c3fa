"""The conditions of the contract, one by one: what each route does when something is not right."""

import json
from typing import Any

import httpx
import pytest

from mojodex.domains import purchases
from mojodex.domains.identity import create_user, find_user_by_email, log_in
from mojodex.platform.db import Database
from tests.faces.mojodex.contract import contract_routes
from tests.faces.mojodex.shapes import differences
from tests.faces.mojodex.stage import (
    DROPPED,
    INPUT_NAME,
    OFFICE,
    PASSWORD,
    Stage,
    unknown_session,
)

NOBODY_S = 999_999_999


def told(response: httpx.Response) -> tuple[int, str]:
    """The status and the one key of an error."""
    (key,) = response.json()
    return response.status_code, str(key)


async def log_in_as_newcomer(db: Database, *, accept_terms: bool) -> str:
    """The token of somebody who owns nothing yet but the example product."""
    user = await create_user(
        db,
        OFFICE,
        email="new@example.org",
        name="New",
        password=PASSWORD,
        accept_terms=accept_terms,
    )
    async with db.begin() as tx:
        product_id = await purchases.ensure_examples(tx)
        await purchases.grant_product(tx, OFFICE, user_id=user.user_id, product_id=product_id)
    login = await log_in(db, email="new@example.org", password=PASSWORD, client="tests")
    return login.token


class TestLogIn:
    async def test_unknown_and_wrong_answer_alike(self, stage: Stage) -> None:
        wrong = await stage.call("POST /user", changes={"password": "something else"})
        unknown = await stage.call("POST /user", changes={"email": "nobody@example.org"})
        assert told(wrong) == told(unknown) == (400, "error")
        assert wrong.json() == unknown.json()

    async def test_an_account_without_a_password_is_told_so(self, stage: Stage) -> None:
        await create_user(stage.db, OFFICE, email="g@example.org", name="G", password=None)
        wrong = await stage.call("POST /user", changes={"password": "something else"})
        response = await stage.call("POST /user", changes={"email": "g@example.org"})
        assert told(response) == (400, "error")
        assert response.json() != wrong.json()

    @pytest.mark.parametrize("method", ["google", "microsoft", "apple", "magic", ""])
    async def test_other_methods_answer_the_same_apology(self, method: str, stage: Stage) -> None:
        response = await stage.call(
            "POST /user", changes={"login_method": method, "google_token": "x"}
        )
        assert told(response) == (400, "error")
        without = await stage.call("POST /user", changes={"password": DROPPED})
        assert response.json() == without.json()

    async def test_the_email_is_matched_in_any_case(self, stage: Stage) -> None:
        response = await stage.call("POST /user", changes={"email": "ADA@Example.org"})
        assert response.status_code == 200

    async def test_the_token_opens_the_other_routes(self, stage: Stage) -> None:
        token = (await stage.call("POST /user")).json()["token"]
        assert ":" not in token
        assert (await stage.call("GET /onboarding", token=token)).status_code == 200


class TestProfile:
    async def test_the_language_takes_effect_at_the_next_read(self, stage: Stage) -> None:
        before = (await stage.call("GET /user_task")).json()["user_tasks"][0]["task_name"]
        await stage.call("POST /language", changes={"language_code": "fr"})
        after = (await stage.call("GET /user_task")).json()["user_tasks"][0]["task_name"]
        assert before != after
        refused = await stage.call("POST /timezone", changes={"timezone_offset": "soon"})
        assert "timezone_offset" in refused.json()["error"]
        assert "value" not in refused.json()["error"]

    async def test_a_language_that_is_none(self, stage: Stage) -> None:
        response = await stage.call("POST /language", changes={"language_code": "klingon"})
        assert told(response) == (400, "error")

    @pytest.mark.parametrize(("sent", "offset_min"), [("-120", 120), (300, -300), ("0", 0)])
    async def test_the_wire_counts_utc_minus_local(
        self, sent: str | int, offset_min: int, stage: Stage
    ) -> None:
        assert (
            await stage.call("POST /timezone", changes={"timezone_offset": sent})
        ).status_code == 200
        async with stage.db.begin() as tx:
            user = await find_user_by_email(tx, email=stage.ada.email)
        assert user is not None
        assert user.utc_offset_min == offset_min

    @pytest.mark.parametrize("sent", ["", "soon", None, 100_000, True])
    async def test_an_offset_that_is_none(self, sent: Any, stage: Stage) -> None:
        response = await stage.call("POST /timezone", changes={"timezone_offset": sent})
        assert told(response) == (400, "error")

    async def test_labels_of_an_unknown_language_are_english(self, stage: Stage) -> None:
        body = (await stage.call("GET /language", changes={"language_code": "xx"})).json()
        assert body["language_json_file"]["account"]["languageName"] == "English"
        assert body["available_languages"]["fr"] == "Français"


class TestTasks:
    async def test_the_list_depends_on_the_platform(self, stage: Stage) -> None:
        numbers = {
            platform: len(
                (await stage.call("GET /user_task", changes={"platform": platform})).json()[
                    "user_tasks"
                ]
            )
            for platform in ("mobile", "webapp")
        }
        # The example tasks, and the one with files, which is for every platform.
        assert numbers == {"mobile": 6 + 1, "webapp": 4 + 1}

    async def test_pages_by_number_and_offset(self, stage: Stage) -> None:
        def keys(response: httpx.Response) -> list[int]:
            return [item["task_pk"] for item in response.json()["user_tasks"]]

        everything = keys(await stage.call("GET /user_task", changes={"platform": "mobile"}))
        page = {"platform": "mobile", "n_user_tasks": "2", "offset": "1"}
        assert keys(await stage.call("GET /user_task", changes=page)) == everything[1:3]
        assert everything == sorted(everything)

    async def test_one_task(self, stage: Stage) -> None:
        response = await stage.call(
            "GET /user_task", changes={"user_task_pk": stage.ada.user_task_pk}
        )
        variant = contract_routes()["GET /user_task"].variants[0]["body"]
        assert list(differences(response.json(), variant)) == []

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"platform": "fridge"}, 404),
            ({"user_task_pk": "one"}, 404),
            ({"offset": "one"}, 404),
            ({"n_user_tasks": "-1"}, 404),
            ({"user_task_pk": NOBODY_S}, 400),
        ],
    )
    async def test_failures(self, changes: dict[str, Any], expected: int, stage: Stage) -> None:
        assert told(await stage.call("GET /user_task", changes=changes)) == (expected, "error")

    async def test_a_foreign_task_and_one_of_another_platform(self, stage: Stage) -> None:
        foreign = await stage.call(
            "GET /user_task", changes={"user_task_pk": stage.bob.user_task_pk}
        )
        assert told(foreign) == (400, "error")
        everything = (await stage.call("GET /user_task", changes={"platform": "mobile"})).json()
        here = (await stage.call("GET /user_task")).json()
        shown = {item["user_task_pk"] for item in here["user_tasks"]}
        hidden = next(
            item["user_task_pk"]
            for item in everything["user_tasks"]
            if item["user_task_pk"] not in shown
        )
        response = await stage.call("GET /user_task", changes={"user_task_pk": hidden})
        assert told(response) == (400, "error")


class TestExecutions:
    NAME = "PUT /user_task_execution"

    @pytest.mark.parametrize("pk", [NOBODY_S, "foreign"])
    async def test_without_the_task_there_is_no_purchase(self, pk: int | str, stage: Stage) -> None:
        sent = stage.bob.user_task_pk if pk == "foreign" else pk
        response = await stage.call(self.NAME, changes={"user_task_pk": sent})
        assert response.status_code == 402
        assert response.json() == {"error": "no_purchase"}

    async def test_without_terms_401(self, stage: Stage) -> None:
        token = await log_in_as_newcomer(stage.db, accept_terms=False)
        tasks = (await stage.call("GET /user_task", token=token)).json()["user_tasks"]
        response = await stage.call(
            self.NAME, changes={"user_task_pk": tasks[0]["user_task_pk"]}, token=token
        )
        assert told(response) == (401, "error")
        assert told(await stage.call("PUT /session", token=token)) == (401, "error")

    async def test_an_unknown_platform_is_500(self, stage: Stage) -> None:
        for name in (self.NAME, "PUT /session"):
            response = await stage.call(name, changes={"platform": "fridge"})
            assert told(response) == (500, "error")

    async def test_a_foreign_source_is_refused(self, stage: Stage) -> None:
        source = {"user_task_execution_fk": stage.bob.done.execution_id}
        assert told(await stage.call(self.NAME, changes=source)) == (400, "error")
        own = {"user_task_execution_fk": str(stage.ada.done.execution_id)}
        assert (await stage.call(self.NAME, changes=own)).status_code == 200

    async def test_a_new_one_is_listed_only_when_it_has_started(self, stage: Stage) -> None:
        pk = (await stage.call(self.NAME)).json()["user_task_execution_pk"]
        assert pk not in await listed(stage)
        single = await stage.call(
            "GET /user_task_execution", changes={"user_task_execution_pk": pk}
        )
        assert single.status_code == 200
        assert "start_date" not in single.json()
        await stage.call("POST /user_task_execution_run", changes={"user_task_execution_pk": pk})
        assert pk in await listed(stage)

    async def test_the_list_has_its_newest_first_and_pages(self, stage: Stage) -> None:
        await stage.call("POST /user_task_execution_run")
        everything = await listed(stage)
        assert everything == sorted(everything, reverse=True)
        assert len(everything) == 2
        page = {"n_user_task_executions": 1, "offset": 1}
        assert await listed(stage, page) == everything[1:]

    async def test_filters_may_be_empty(self, stage: Stage) -> None:
        everything = await listed(stage)
        assert await listed(stage, {"search_filter": "", "user_task_pks": ""}) == everything
        own = str(stage.ada.user_task_pk)
        assert await listed(stage, {"user_task_pks": f"{own};{NOBODY_S}"}) == everything
        assert await listed(stage, {"user_task_pks": str(NOBODY_S)}) == []
        assert await listed(stage, {"search_filter": "surely nowhere"}) == []

    async def test_the_search_looks_at_titles(self, stage: Stage) -> None:
        await stage.call("POST /user_task_execution_title", changes={"title": "Été à Paris"})
        assert await listed(stage, {"search_filter": "PARIS"}) == [stage.ada.done.execution_id]

    @pytest.mark.parametrize(
        "changes",
        [
            {"user_task_execution_pk": NOBODY_S},
            {"user_task_execution_pk": "one"},
            {"offset": "one"},
            {"n_user_task_executions": "-1"},
            {"user_task_pks": "1;two"},
        ],
    )
    async def test_failures_of_reading(self, changes: dict[str, Any], stage: Stage) -> None:
        response = await stage.call("GET /user_task_execution", changes=changes)
        assert told(response) == (400, "error")

    async def test_one_execution(self, stage: Stage) -> None:
        pk = stage.ada.done.execution_id
        response = await stage.call(
            "GET /user_task_execution", changes={"user_task_execution_pk": str(pk)}
        )
        shape = contract_routes()["GET /user_task_execution"].success["user_task_executions"][0]
        body = response.json()
        assert body.pop("deleted_by_user") is False
        assert list(differences(body, shape)) == []
        assert body["produced_text_version_index"] == 1
        assert body["json_inputs_values"][0]["value"].startswith("ada: ")

    async def test_a_foreign_one_is_refused_everywhere(self, stage: Stage) -> None:
        foreign = {"user_task_execution_pk": stage.bob.done.execution_id}
        expected = {
            "GET /user_task_execution": 400,
            "DELETE /user_task_execution": 404,
            "POST /user_task_execution_run": 400,
            "POST /user_task_execution_title": 400,
            "GET /user_task_execution_produced_text": 400,
        }
        for name, status in expected.items():
            assert told(await stage.call(name, changes=foreign)) == (status, "error"), name

    async def test_deletion_echoes_the_text_that_was_sent(self, stage: Stage) -> None:
        pk = str(stage.ada.done.execution_id)
        response = await stage.call("DELETE /user_task_execution")
        assert response.json() == {"user_task_execution_pk": pk}
        assert await listed(stage) == []
        assert told(await stage.call("DELETE /user_task_execution")) == (404, "error")
        odd = {"user_task_execution_pk": "one"}
        assert told(await stage.call("DELETE /user_task_execution", changes=odd)) == (400, "error")

    @pytest.mark.parametrize("title", ["", "   "])
    async def test_an_empty_title_is_refused(self, title: str, stage: Stage) -> None:
        response = await stage.call("POST /user_task_execution_title", changes={"title": title})
        assert told(response) == (400, "error")


async def listed(stage: Stage, changes: dict[str, Any] | None = None) -> list[int]:
    response = await stage.call("GET /user_task_execution", changes=changes)
    assert response.status_code == 200, response.text
    return [item["user_task_execution_pk"] for item in response.json()["user_task_executions"]]


class TestRun:
    NAME = "POST /user_task_execution_run"

    @pytest.mark.parametrize("name", [NAME, "PUT /user_task_execution_run"])
    async def test_both_methods_run_it(self, name: str, stage: Stage) -> None:
        assert (await stage.call(name)).json() == {"success": "ok"}
        await stage.work()
        (newest, *_) = await listed(stage)
        assert newest == stage.ada.fresh.execution_id

    async def test_inputs_that_are_no_json(self, stage: Stage) -> None:
        assert told(await stage.call(self.NAME, changes={"inputs": "{"})) == (500, "message")

    @pytest.mark.parametrize("inputs", ["{}", "[1]", '[{"input_name": "a"}]'])
    async def test_inputs_of_another_shape(self, inputs: str, stage: Stage) -> None:
        assert told(await stage.call(self.NAME, changes={"inputs": inputs})) == (500, "error")

    async def test_unknown_inputs_are_ignored(self, stage: Stage) -> None:
        inputs = json.dumps(
            [
                {"input_name": INPUT_NAME, "input_value": "Notes"},
                {"input_name": "nobody_asked", "input_value": "x"},
            ]
        )
        assert (await stage.call(self.NAME, changes={"inputs": inputs})).status_code == 200

    @pytest.mark.parametrize("value", ["", "  ", None])
    async def test_every_field_is_mandatory(self, value: str | None, stage: Stage) -> None:
        inputs = json.dumps([{"input_name": INPUT_NAME, "input_value": value}])
        response = await stage.call(self.NAME, changes={"inputs": inputs})
        assert told(response) == (400, "error")
        assert told(await stage.call(self.NAME, changes={"inputs": "[]"})) == (400, "error")

    async def test_a_second_run_is_refused(self, stage: Stage) -> None:
        assert (await stage.call(self.NAME)).status_code == 200
        assert told(await stage.call(self.NAME)) == (400, "error")

    async def test_it_may_be_url_encoded_too(self, stage: Stage) -> None:
        response = await stage.client.post(
            "/user_task_execution_run",
            data={key: str(value) for key, value in stage.values(self.NAME).items()},
            headers={"Authorization": stage.ada.token},
        )
        assert response.status_code == 200


class TestTexts:
    READ = "GET /user_task_execution_produced_text"

    @pytest.mark.parametrize(
        ("index", "expected"),
        [("0", (400, "error")), ("-1", (400, "error")), ("one", (500, "message"))],
    )
    async def test_indexes_that_are_none(
        self, index: str, expected: tuple[int, str], stage: Stage
    ) -> None:
        changes = {"produced_text_version_index": index}
        assert told(await stage.call(self.READ, changes=changes)) == expected

    async def test_beyond_the_last_version_the_key_is_null(self, stage: Stage) -> None:
        response = await stage.call(self.READ, changes={"produced_text_version_index": 2})
        assert (response.status_code, response.json()) == (200, {"produced_text_version_pk": None})

    async def test_every_save_is_a_version_more(self, stage: Stage) -> None:
        for number in (2, 3, 4):
            saved = (
                await stage.call(
                    "POST /produced_text", changes={"production": f"Body {number}", "title": "T"}
                )
            ).json()
            read = await stage.call(self.READ, changes={"produced_text_version_index": str(number)})
            assert read.json() == {
                **saved,
                "produced_text_title": "T",
                "produced_text_production": f"Body {number}",
                "produced_text_version_index": number,
            }

    async def test_a_text_of_its_own(self, stage: Stage) -> None:
        changes = {"produced_text_pk": None, "session_id": stage.ada.session_id}
        first = (await stage.call("POST /produced_text")).json()["produced_text_pk"]
        response = await stage.call("POST /produced_text", changes=changes)
        assert response.status_code == 200
        assert response.json()["produced_text_pk"] != first

    async def test_foreign_ids_are_refused(self, stage: Stage) -> None:
        assert stage.bob.done.text is not None
        for changes in (
            {"produced_text_pk": stage.bob.done.text.produced_text_id},
            {"produced_text_pk": NOBODY_S},
            {"produced_text_pk": None, "user_task_execution_pk": stage.bob.done.execution_id},
            {"produced_text_pk": None, "session_id": stage.bob.session_id},
        ):
            response = await stage.call("POST /produced_text", changes=changes)
            assert told(response) == (400, "error"), changes

    async def test_failures_of_saving(self, stage: Stage) -> None:
        odd = await stage.call("POST /produced_text", changes={"produced_text_pk": "one"})
        assert told(odd) == (404, "error")
        odd = await stage.call("POST /produced_text", changes={"production": ["a"]})
        assert told(odd) == (404, "error")
        long = await stage.call("POST /produced_text", changes={"production": "x" * 200_001})
        assert told(long) == (413, "error")


class TestMessages:
    SEND = "PUT /user_message"

    async def test_newest_first_in_both_directions(self, stage: Stage) -> None:
        await stage.call(self.SEND)
        await stage.work()
        older = (await stage.call("GET /message")).json()["messages"]
        newer = (await stage.call("GET /message", changes={"offset_direction": "newer"})).json()
        other = (await stage.call("GET /message", changes={"offset_direction": "up"})).json()
        assert [item["sender"] for item in older] == ["mojo", "user", "mojo"]
        assert newer["messages"] == other["messages"] == older
        for item in older:
            shape = contract_routes()["GET /message"].success["messages"][0]
            loose = dict(shape) | {"message": "object"}
            assert list(differences(item, loose)) == []

    async def test_pages_by_number_and_offset_in_both_directions(self, stage: Stage) -> None:
        await stage.call(self.SEND)
        await stage.work()
        whole = (await stage.call("GET /message")).json()["messages"]
        for direction, expected in (
            ("older", [whole[:2], whole[2:], []]),
            ("newer", [whole[1:], whole[:1], []]),
        ):
            pages = []
            for offset in (0, 2, 4):
                page = {"n_messages": 2, "offset": offset, "offset_direction": direction}
                pages.append((await stage.call("GET /message", changes=page)).json()["messages"])
            assert pages == expected

    async def test_only_drafts_have_a_produced_text(self, stage: Stage) -> None:
        (draft,) = (await stage.call("GET /message")).json()["messages"]
        assert draft["message"]["produced_text"]
        assert isinstance(draft["message"]["produced_text_version_pk"], int)
        await stage.call(self.SEND)
        (mine, *_) = (await stage.call("GET /message")).json()["messages"]
        assert mine["message"].keys() == {
            "text",
            "message_pk",
            "message_id",
            "user_task_execution_pk",
        }

    async def test_the_filter_by_execution(self, stage: Stage) -> None:
        own = {"user_task_execution_pk": stage.ada.done.execution_id}
        assert len((await stage.call("GET /message", changes=own)).json()["messages"]) == 1
        other = {"user_task_execution_pk": stage.ada.fresh.execution_id}
        assert (await stage.call("GET /message", changes=other)).json()["messages"] == []

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"session_id": "none"}, 404),
            ({"session_id": ""}, 404),
            ({"n_messages": "one"}, 500),
            ({"offset": "one"}, 500),
            ({"user_task_execution_pk": "one"}, 500),
        ],
    )
    async def test_failures_of_reading(
        self, changes: dict[str, Any], expected: int, stage: Stage
    ) -> None:
        assert told(await stage.call("GET /message", changes=changes)) == (expected, "error")

    async def test_a_foreign_session_answers_like_an_unknown_one(self, stage: Stage) -> None:
        for name, status in (("GET /message", 404), (self.SEND, 400)):
            foreign = await stage.call(name, changes={"session_id": stage.bob.session_id})
            unknown = await stage.call(name, changes={"session_id": unknown_session()})
            assert told(foreign) == (status, "error")
            assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text)

    async def test_the_answer_has_the_stored_message(self, stage: Stage) -> None:
        response = await stage.call(self.SEND)
        assert list(differences(response.json(), contract_routes()[self.SEND].success)) == []
        assert response.json()["text"] == "Shorter, please."

    async def test_sent_twice_it_is_stored_and_answered_once(self, stage: Stage) -> None:
        first = (await stage.call(self.SEND)).json()
        again = (await stage.call(self.SEND, changes={"text": "Something else"})).json()
        by_key = {"message_pk": str(first["message_pk"]), "message_id": "another"}
        assert again == first
        assert (await stage.call(self.SEND, changes=by_key)).json() == first
        await stage.work()
        senders = [item["sender"] for item in (await stage.call("GET /message")).json()["messages"]]
        assert senders == ["mojo", "user", "mojo"]

    async def test_a_foreign_message_key_reveals_nothing(self, stage: Stage) -> None:
        foreign = (await stage.call(self.SEND, person=stage.bob)).json()["message_pk"]
        response = await stage.call(self.SEND, changes={"message_pk": foreign})
        assert response.json()["message_pk"] != foreign

    @pytest.mark.parametrize("pk", ["", "null"])
    async def test_an_absent_message_key_may_be_spelled(self, pk: str, stage: Stage) -> None:
        assert (await stage.call(self.SEND, changes={"message_pk": pk})).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"origin": "elsewhere"},
            {"message_date": "yesterday"},
            {"message_date": "0001-01-01T00:00:00+14:00"},
            {"text": DROPPED},
            {"text": ""},
            {"message_id": ""},
            {"session_id": "none"},
            {"user_task_execution_pk": NOBODY_S},
            {"user_task_execution_pk": "one"},
        ],
    )
    async def test_failures_of_sending(self, changes: dict[str, Any], stage: Stage) -> None:
        assert told(await stage.call(self.SEND, changes=changes)) == (400, "error")

    async def test_an_execution_of_another_session_is_refused(self, stage: Stage) -> None:
        for execution in (stage.bob.done, stage.ada.fresh):
            changes = {"user_task_execution_pk": execution.execution_id}
            assert told(await stage.call(self.SEND, changes=changes)) == (400, "error")

    @pytest.mark.parametrize(
        "date", ["2026-11-02T10:30:00.123Z", "2026-11-02T10:30:00+01:00", "2026-11-02T10:30:00"]
    )
    async def test_dates_with_and_without_a_zone(self, date: str, stage: Stage) -> None:
        response = await stage.call(self.SEND, changes={"message_date": date})
        assert response.status_code == 200

    async def test_a_voice_recording_is_refused_clearly(self, stage: Stage) -> None:
        response = await stage.call(
            self.SEND,
            changes={"text": DROPPED, "platform": "mobile"},
            files={"file": ("note.wav", b"RIFF....WAVE", "audio/wav")},
        )
        assert told(response) == (400, "error")
        assert "recording" in response.json()["error"]
        assert len((await stage.call("GET /message")).json()["messages"]) == 1

    async def test_a_text_wins_over_a_file(self, stage: Stage) -> None:
        response = await stage.call(self.SEND, files={"file": ("note.wav", b"RIFF", "audio/wav")})
        assert response.status_code == 200


class TestSessions:
    async def test_form_sessions_and_empty_ones_are_not_listed(self, stage: Stage) -> None:
        opened = await stage.call("PUT /session")
        assert len(opened.json()["session_id"]) == 32
        assert (await stage.call("GET /session")).json() == {"sessions": []}

    @pytest.mark.parametrize("changes", [{"offset": "one"}, {"n_sessions": "one"}])
    async def test_failures(self, changes: dict[str, Any], stage: Stage) -> None:
        assert told(await stage.call("GET /session", changes=changes)) == (400, "error")


class TestTodos:
    async def test_an_honest_empty_list(self, stage: Stage) -> None:
        own = {"user_task_execution_fk": stage.ada.done.execution_id}
        for changes in ({}, own):
            assert (await stage.call("GET /todos", changes=changes)).json() == {
                "todos": [],
                "user_has_never_done_todo": True,
                "n_todos_not_read": 0,
            }

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"n_todos": "one"}, (500, "message")),
            ({"offset": "one"}, (500, "message")),
            ({"user_task_execution_fk": "one"}, (400, "error")),
            ({"user_task_execution_fk": NOBODY_S}, (404, "error")),
        ],
    )
    async def test_failures(
        self, changes: dict[str, Any], expected: tuple[int, str], stage: Stage
    ) -> None:
        assert told(await stage.call("GET /todos", changes=changes)) == expected

    async def test_a_foreign_execution_is_refused(self, stage: Stage) -> None:
        changes = {"user_task_execution_fk": stage.bob.done.execution_id}
        assert told(await stage.call("GET /todos", changes=changes)) == (404, "error")


class TestAdministration:
    async def test_a_definition_is_exported_as_it_can_be_sent(self, stage: Stage) -> None:
        exported = (await stage.call("GET /task")).json()
        route = contract_routes()["GET /task"]
        shape = route.success | route.variants[0]["extra_fields"]
        assert list(differences(exported, shape)) == []
        renamed = exported | {"datetime": "now", "name_for_system": "a_copy"}
        response = await stage.call("PUT /task", renamed)
        assert response.status_code == 200, response.text
        copy = await stage.call("GET /task", changes=response.json())
        assert copy.json() == exported | {"name_for_system": "a_copy"}

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"version": "0.4.11"}, 500),
            ({"task_type": "magic"}, 500),
            ({"name_for_system": "Not this"}, 500),
            ({"icon": DROPPED}, 500),
            ({"name_for_system": "spare_task"}, 500),
            ({"platforms": ["fridge"]}, 400),
        ],
    )
    async def test_failures_of_adding(
        self, changes: dict[str, Any], expected: int, stage: Stage
    ) -> None:
        assert told(await stage.call("PUT /task", changes=changes)) == (expected, "error")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"task_pk": NOBODY_S}, 404),
            ({"task_pk": "one"}, 500),
            ({"icon": 5}, 500),
            ({"unknown_key": 5}, 500),
            ({"platforms": ["fridge"]}, 400),
        ],
    )
    async def test_failures_of_changing(
        self, changes: dict[str, Any], expected: int, stage: Stage
    ) -> None:
        assert told(await stage.call("POST /task", changes=changes)) == (expected, "error")

    @pytest.mark.parametrize(("pk", "expected"), [(NOBODY_S, 404), ("one", 500)])
    async def test_failures_of_reading(self, pk: int | str, expected: int, stage: Stage) -> None:
        assert told(await stage.call("GET /task", changes={"task_pk": pk})) == (expected, "error")

    async def test_an_association_enables_the_task_at_once(self, stage: Stage) -> None:
        def keys(response: httpx.Response) -> set[int]:
            return {item["task_pk"] for item in response.json()["user_tasks"]}

        name = "PUT /product_task_association"
        assert stage.cast.spare_task_pk not in keys(await stage.call("GET /user_task"))
        assert (await stage.call(name)).status_code == 200
        assert stage.cast.spare_task_pk in keys(await stage.call("GET /user_task"))
        assert told(await stage.call(name)) == (400, "error")

    @pytest.mark.parametrize(
        "changes", [{"product_pk": NOBODY_S}, {"task_pk": NOBODY_S}, {"task_pk": "one"}]
    )
    async def test_failures_of_associating(self, changes: dict[str, Any], stage: Stage) -> None:
        response = await stage.call("PUT /product_task_association", changes=changes)
        assert told(response) == (400, "error")

    async def test_a_person_s_token_is_no_secret(self, stage: Stage) -> None:
        response = await stage.call("GET /task", token=stage.ada.token)
        assert told(response) == (403, "error")
