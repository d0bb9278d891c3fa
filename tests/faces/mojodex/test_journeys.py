"""Whole ways of the released clients through the product, over real HTTP and real sockets."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx

from tests.faces.mojodex.clients import (
    OldClient,
    acknowledge_as_mobile,
    listening,
    stay_silent,
)
from tests.faces.mojodex.contract import load_contract
from tests.faces.mojodex.shapes import differences
from tests.harness.listening import wait_until
from tests.harness.served import serve

NOTES = (
    "Met Ada and Bo of the rowing club on Monday: they want twenty new oars before the season, "
    "delivered in March, and an offer until Friday. Bo pays by invoice."
)


def shape_of(event: str) -> Any:
    told = load_contract()["socketio"]["server_to_client"]
    return next(item["payload"] for item in told if item["event"] == event)


async def sign_in(url: str, email: str, password: str, platform: str) -> OldClient:
    async with OldClient(url, "", platform=platform) as nobody:
        answer = await nobody.post(
            "/user", email=email, password=password, login_method="email_password"
        )
    assert answer["terms_and_conditions_agreed"] is True
    return OldClient(url, answer["token"], platform=platform)


async def test_the_web_app_from_log_in_to_the_second_version(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with await sign_in(served.url, ada.user.email, ada.password, "webapp") as web:
            await web.get("/onboarding")
            await open_the_first_page(web)
            (task, *_) = (await web.get("/user_task"))["user_tasks"]
            created = await web.put("/user_task_execution", user_task_pk=task["user_task_pk"])
            pk, session_id = created["user_task_execution_pk"], created["session_id"]
            (item,) = created["json_input"]
            async with (
                listening(served.url, web.token) as chat,
                listening(served.url, web.token, ack=stay_silent) as detail,
            ):
                assert await chat.start_session(session_id) is None
                await detail.client.emit(
                    "start_session", {"session_id": session_id, "version": "0.4.11"}
                )
                assert await web.run(pk, {item["input_name"]: NOTES}) == {"success": "ok"}
                await chat.wait_for("user_task_execution_title")
                (draft,) = await chat.wait_for("draft_message")
                await detail.wait_for("draft_message")

                check_the_stream(chat.of("draft_token"), draft)
                assert list(differences(draft, shape_of("draft_message"))) == []
                single = await web.get("/user_task_execution", user_task_execution_pk=pk)
                assert single["produced_text_production"] == draft["produced_text"]
                assert single["produced_text_version_index"] == 1
                assert single["title"] == chat.of("user_task_execution_title")[-1]["title"]

                await say(web, session_id, pk, "Please make it shorter.")
                second = (await chat.wait_for("draft_message", 2))[1]
                assert chat.of("user_message_reception")[0]["session_id"] == session_id
                version = await web.get(
                    "/user_task_execution_produced_text",
                    user_task_execution_pk=pk,
                    produced_text_version_index=2,
                )
                assert version["produced_text_version_pk"] == second["produced_text_version_pk"]

                messages = (await web.get("/message", session_id=session_id))["messages"]
                assert [item["sender"] for item in messages] == ["mojo", "user", "mojo"]
                saved = await web.post(
                    "/produced_text",
                    produced_text_pk=draft["produced_text_pk"],
                    production="By hand",
                    title="Mine",
                )
                single = await web.get("/user_task_execution", user_task_execution_pk=pk)
                assert single["produced_text_version_index"] == 3
                assert single["produced_text_version_pk"] == saved["produced_text_version_pk"]
                assert chat.of("error") == detail.of("error") == []


async def open_the_first_page(web: OldClient) -> None:
    """What the web app asks of the server whenever a page opens, in its order."""
    purchase = await web.get("/purchase")
    assert len(purchase["current_purchases"]) == 1
    await web.get("/todos", n_todos=50, offset=0)
    await web.post("/timezone", timezone_offset="0")
    await web.post("/language", language_code="en")
    await web.get("/session", learned_by_mojo="false", n_sessions=10, offset=0)
    await web.get("/user_task_execution", n_user_task_executions=20, offset=0, search_filter="")


def check_the_stream(tokens: list[dict[str, Any]], draft: dict[str, Any]) -> None:
    """Each token holds the one before and more; the last is what the message brings."""
    assert tokens
    for before, after in pairwise(tokens):
        assert after["produced_text_title"].startswith(before["produced_text_title"])
        assert after["produced_text"].startswith(before["produced_text"])
    assert all(token["text"] == token["produced_text"] for token in tokens)
    assert tokens[-1]["produced_text"] == draft["produced_text"]
    assert tokens[-1]["produced_text_title"] == draft["produced_text_title"]


async def say(web: OldClient, session_id: str, pk: int, text: str) -> dict[str, Any]:
    """A chat message as the web app sends it."""
    return await web.send_form(
        "PUT",
        "/user_message",
        text=text,
        session_id=session_id,
        message_id=f"{datetime.now(UTC).isoformat()}_{session_id}",
        message_date=datetime.now(UTC).replace(tzinfo=None).isoformat(),
        use_message_placeholder="false",
        use_draft_placeholder="false",
        origin="task",
        user_task_execution_pk=pk,
        datetime="now",
        version="0.4.11",
        platform="webapp",
    )


async def test_the_cli_by_messages_alone(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with await sign_in(served.url, ada.user.email, ada.password, "mobile") as cli:
            listed = await cli.get("/user_task_execution", offset=0, n_user_task_executions=20)
            assert listed["user_task_executions"] == []
            tasks = (await cli.get("/user_task"))["user_tasks"]
            assert len(tasks) == 6
            created = await cli.put("/user_task_execution", user_task_pk=tasks[0]["user_task_pk"])
            session_id = created["session_id"]
            assert created["json_input"][0]["placeholder"] is not None
            async with listening(served.url, cli.token, ack=acknowledge_as_mobile) as socket:
                await socket.start_session(session_id, timezone_offset="-60")
                told = await speak(cli, session_id, NOTES)
                assert told["text"] == NOTES
                (start,) = await socket.wait_for("user_task_execution_start")
                assert list(differences(start, shape_of("user_task_execution_start"))) == []
                await wait_until(
                    lambda: socket.of("mojo_message") or socket.of("draft_message"), 15
                )
                for event in ("mojo_message", "draft_message"):
                    for payload in socket.of(event):
                        assert list(differences(payload, shape_of(event))) == []
                        assert type(payload["message_pk"]) is int
                        assert type(payload["audio"]) is bool
            await check_the_history(cli)


async def speak(cli: OldClient, session_id: str, text: str) -> dict[str, Any]:
    """Multipart, without origin and without the key of an execution."""
    return await cli.send_form(
        "PUT",
        "/user_message",
        session_id=session_id,
        message_id=datetime.now().astimezone().isoformat(),
        message_date=datetime.now().astimezone().replace(tzinfo=None).isoformat(),
        datetime="now",
        platform="mobile",
        version="0.4.13",
        text=text,
    )


async def check_the_history(cli: OldClient) -> None:
    """The CLI subtracts the start from an aware now, and wants every key."""
    (entry,) = (await cli.get("/user_task_execution"))["user_task_executions"]
    assert datetime.now(UTC) - datetime.fromisoformat(entry["start_date"]) is not None
    keys = {"icon", "title", "summary", "produced_text_pk", "user_task_execution_pk"}
    assert keys <= entry.keys()


async def test_a_recording_answers_clearly_while_nothing_can_hear(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with OldClient(served.url, ada.token, platform="mobile") as cli:
            task = (await cli.get("/user_task"))["user_tasks"][0]
            created = await cli.put("/user_task_execution", user_task_pk=task["user_task_pk"])
        async with httpx.AsyncClient(base_url=served.url) as client:
            response = await client.put(
                "/user_message",
                headers={"Authorization": ada.token},
                data={
                    "session_id": created["session_id"],
                    "message_id": "2026-11-02T10:30:00",
                    "message_date": "2026-11-02T10:30:00",
                    "datetime": "now",
                    "platform": "mobile",
                    "version": "0.4.13",
                },
                files={"file": ("note.wav", b"RIFF....WAVEfmt ", "audio/wav")},
            )
        assert response.status_code == 400
        assert "cannot understand recordings" in response.json()["error"]
