"""The default namespace with real sockets: who gets in, what is told, what clears it, and the
races that a fast server shows (the facts of the released clients, §2.5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused
from sqlalchemy import text

from mojodex.domains.chat import get_messages
from mojodex.domains.identity import authenticate, log_in, log_out
from mojodex.faces.mojodex import MojodexSocketFace
from mojodex.platform.llm import ModelRefused, ScriptedModel
from mojodex.platform.realtime import Resend
from tests.faces.mojodex.clients import OldClient, OldSocket, listening, stay_silent
from tests.faces.mojodex.contract import load_contract
from tests.faces.mojodex.shapes import differences
from tests.harness.listening import wait_until, wait_until_async
from tests.harness.served import SECRETS, Human, Served, serve

TITLE = "<title>Oars for the club</title><summary>An offer for oars.</summary>"
QUESTION = "<ask_user_primary_info>Whom is the mail for?</ask_user_primary_info>"
DRAFT = "<execution><title>Your oars</title><draft>Dear club, our offer.</draft></execution>"
FAST = Resend(every=timedelta(seconds=0.2), times=20)


def scripted(*answers: Any, title: Any = TITLE) -> ScriptedModel:
    """A model for one execution: its title, and its answers in order."""
    return ScriptedModel(*answers, by_label={"title_and_summary": [title]})


@dataclass
class Scene:
    """A served product with a person and an execution that waits for its form."""

    served: Served
    ada: Human
    web: OldClient
    pk: int
    session_id: str
    input_name: str

    async def run(self) -> None:
        await self.web.run(self.pk, {self.input_name: "Notes of a meeting"})

    async def single(self) -> dict[str, Any]:
        return await self.web.get("/user_task_execution", user_task_execution_pk=self.pk)

    async def wait_for_version(self) -> dict[str, Any]:
        """Until the text is there, read without counting as read: by the list."""

        async def is_there() -> bool:
            listed = (await self.web.get("/user_task_execution"))["user_task_executions"]
            return any(item["produced_text_pk"] for item in listed)

        async with asyncio.timeout(15):
            while not await is_there():
                await asyncio.sleep(0.05)
        return {}

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        return await self.web.send_form(
            "PUT",
            "/user_message",
            session_id=self.session_id,
            message_id=f"{text}_{self.session_id}",
            message_date="2026-11-02T10:30:00",
            text=text,
            **more,
        )


@asynccontextmanager
async def scene(pg_url: str, model: ScriptedModel) -> AsyncIterator[Scene]:
    async with serve(pg_url, model=model) as served:
        ada = await served.make_person("ada")
        async with OldClient(served.url, ada.token) as web:
            (task, *_) = (await web.get("/user_task"))["user_tasks"]
            made = await web.put("/user_task_execution", user_task_pk=task["user_task_pk"])
            yield Scene(
                served=served,
                ada=ada,
                web=web,
                pk=made["user_task_execution_pk"],
                session_id=made["session_id"],
                input_name=made["json_input"][0]["input_name"],
            )


def shape_of(event: str) -> Any:
    told = load_contract()["socketio"]["server_to_client"]
    return next(item["payload"] for item in told if item["event"] == event)


# Getting in.


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (None, "Missing token"),
        ({}, "Missing token"),
        ({"token": ""}, "Missing token"),
        ({"token": 5}, "Missing token"),
        (["token"], "Missing token"),
        ({"secret": SECRETS.purchase_updater_secret}, "Missing token"),
        ({"token": "wrong"}, "Invalid token"),
    ],
)
async def test_refusals_in_the_words_that_clients_compare(
    auth: object, words: str, pg_url: str
) -> None:
    async with serve(pg_url) as served:
        socket = OldSocket(served.url, auth)
        with pytest.raises(Refused):
            await socket.connect()
        assert socket.refusal == {"message": words}


async def test_an_ended_log_in_is_told_so_and_polling_works_too(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        login = await log_in(
            served.db, email=ada.user.email, password=ada.password, client="old phone"
        )
        async with served.db.begin() as tx:
            await log_out(tx, await authenticate(tx, token=login.token))
        socket = OldSocket(served.url, {"token": login.token})
        with pytest.raises(Refused):
            await socket.connect()
        assert socket.refusal == {"message": "Expired token"}
        polling = OldSocket(served.url, {"token": ada.token})
        await polling.connect("polling")
        await polling.client.disconnect()


async def test_a_live_socket_ends_with_its_log_in(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with listening(served.url, ada.token) as socket:
            async with served.db.begin() as tx:
                await log_out(tx, await authenticate(tx, token=ada.token))
            await wait_until(lambda: not socket.client.connected, 6)


# Joining.


@pytest.mark.parametrize("version", ["0.4.11", "", "banana", 7, None])
async def test_versions_may_be_anything(version: object, pg_url: str) -> None:
    async with scene(pg_url, scripted()) as it, listening(it.served.url, it.ada.token) as socket:
        assert await socket.start_session(it.session_id, version=version) is None
        assert socket.told == []


async def test_a_foreign_session_is_told_by_a_bare_text_and_not_joined(pg_url: str) -> None:
    async with scene(pg_url, scripted(DRAFT)) as it:
        bob = await it.served.make_person("bob")
        async with listening(it.served.url, bob.token) as stranger:
            for session_id in (it.session_id, "f" * 32, "none", 5, None, ["a"]):
                stranger.told.clear()
                assert await stranger.start_session(session_id) is None
                (error,) = stranger.of("error")
                assert isinstance(error, str), session_id
            stranger.told.clear()
            await it.run()
            await it.wait_for_version()
            await asyncio.sleep(0.3)
            assert stranger.told == []


@pytest.mark.parametrize(
    ("payload", "session_id"),
    [
        ({}, None),
        ({"session_id": "abc"}, "abc"),
        ({"version": "0.4.11"}, None),
        (None, None),
        ("hello", None),
        ([], None),
        (5, None),
    ],
)
async def test_an_incomplete_start_is_told_by_an_object(
    payload: Any, session_id: str | None, pg_url: str
) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with listening(served.url, ada.token) as socket:
            await socket.call("start_session", payload)
            (error,) = await socket.wait_for("error")
            assert list(differences(error, shape_of("error") | {"session_id": "string|null"})) == []
            assert error["session_id"] == session_id


async def test_both_sockets_of_a_page_are_told(pg_url: str) -> None:
    async with (
        scene(pg_url, scripted(DRAFT)) as it,
        listening(it.served.url, it.ada.token) as chat,
        listening(it.served.url, it.ada.token, ack=stay_silent) as detail,
    ):
        for socket in (chat, detail, chat):
            await socket.start_session(it.session_id)
        await it.run()
        (first,) = await chat.wait_for("draft_message")
        (second,) = await detail.wait_for("draft_message")
        assert first == second
        assert len(chat.of("user_task_execution_start")) == 1


# What is told.


async def test_question_then_delivery_with_every_event_in_its_shape(pg_url: str) -> None:
    model = scripted(QUESTION, DRAFT)
    async with scene(pg_url, model) as it, listening(it.served.url, it.ada.token) as socket:
        await socket.start_session(it.session_id)
        await it.run()
        (question,) = await socket.wait_for("mojo_message")
        assert question["text"] == "Whom is the mail for?"
        assert "produced_text" not in question
        tokens = [token["text"] for token in socket.of("mojo_token")]
        assert tokens[-1] == question["text"]
        assert all(question["text"].startswith(text) for text in tokens)
        await it.say("For the club.")
        (draft,) = await socket.wait_for("draft_message")
        assert (draft["produced_text_title"], draft["produced_text"]) == (
            "Your oars",
            "Dear club, our offer.",
        )
        assert draft["message_pk"] != question["message_pk"]
        await socket.wait_for("user_task_execution_title")
        for event, payload in socket.told:
            assert list(differences(payload, shape_of(event))) == [], event
        assert socket.names.index("user_message_reception") < socket.names.index("draft_token")


async def test_a_failure_names_what_failed_and_is_told_again_to_who_joins(pg_url: str) -> None:
    refusal = ModelRefused()
    async with scene(pg_url, scripted(refusal, refusal)) as it:
        async with listening(it.served.url, it.ada.token) as socket:
            await socket.start_session(it.session_id)
            await it.run()
            (error,) = await socket.wait_for("error")
            assert error["user_task_execution_pk"] == it.pk
            message = await it.say("Again, please.")
            error = (await socket.wait_for("error", 2))[1]
            assert error["user_message_pk"] == message["message_pk"]
            assert list(differences(error, shape_of("error"))) == []
            assert "model" in error["error"]
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            assert [told["user_message_pk"] for told in await late.wait_for("error")] == [
                message["message_pk"]
            ]


async def test_a_french_person_reads_failures_in_french(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada", language="fr")
        async with listening(served.url, ada.token) as socket:
            await socket.start_session("f" * 32)
            (error,) = await socket.wait_for("error")
            assert "conversation" in error
            assert "n'existe pas" in error or "n’existe pas" in error


# Acknowledgements.


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not acknowledged is sent again soon, not after five seconds."""
    monkeypatch.setattr(MojodexSocketFace, "resend_policy", FAST)


@pytest.mark.usefixtures("_impatient")
async def test_without_an_acknowledgement_it_is_sent_again(pg_url: str) -> None:
    async with (
        scene(pg_url, scripted(DRAFT)) as it,
        listening(it.served.url, it.ada.token, ack=stay_silent) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        first, second, *_ = await socket.wait_for("draft_message", 2)
        assert first == second


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("event", ["mojo_message", "draft_message"])
async def test_one_acknowledgement_of_any_socket_clears_it(event: str, pg_url: str) -> None:
    answer = QUESTION if event == "mojo_message" else DRAFT
    async with (
        scene(pg_url, scripted(answer)) as it,
        listening(it.served.url, it.ada.token) as chat,
        listening(it.served.url, it.ada.token, ack=stay_silent) as detail,
    ):
        await chat.start_session(it.session_id)
        await detail.start_session(it.session_id)
        await it.run()
        await chat.wait_for(event)
        await asyncio.sleep(2.5)
        assert len(chat.of(event)) == 1
        assert len(detail.of(event)) <= 2
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            await asyncio.sleep(0.3)
            assert late.of(event) == []


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "wrong",
    [
        lambda told: {"message_pk": told["message_pk"]},
        lambda told: {"produced_text_version_pk": told["produced_text_version_pk"] + 1},
        lambda told: {
            "produced_text_version_pk": told["produced_text_version_pk"],
            "backend_event_manager": True,
        },
        lambda told: "thanks",
        lambda told: [told["produced_text_version_pk"]],
    ],
    ids=["message key", "foreign", "internal client", "text", "list"],
)
async def test_a_wrong_acknowledgement_of_a_draft_clears_nothing(wrong: Any, pg_url: str) -> None:
    def ack(event: str, told: Any) -> object:
        return wrong(told) if event == "draft_message" else None

    async with (
        scene(pg_url, scripted(DRAFT)) as it,
        listening(it.served.url, it.ada.token, ack=ack) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        await socket.wait_for("draft_message", 2)


async def test_what_was_acknowledged_is_read(pg_url: str) -> None:
    async with (
        scene(pg_url, scripted(QUESTION)) as it,
        listening(it.served.url, it.ada.token) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        (question,) = await socket.wait_for("mojo_message")
        pk = question["message_pk"]

        async def is_read() -> bool:
            async with it.served.db.begin() as tx:
                found = await get_messages(tx, message_ids=[pk])
            return next(iter(found.values())).read_at is not None

        await wait_until_async(is_read, 3)


async def test_a_socket_in_too_many_sessions_leaves_the_oldest(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mojodex.platform.realtime.server.MAX_ROOMS", 3)
    async with scene(pg_url, scripted()) as it, listening(it.served.url, it.ada.token) as socket:
        sessions = [(await it.web.put("/session", platform="mobile"))["session_id"] for _ in "123"]
        for session_id in sessions:
            assert await socket.start_session(session_id) is None
        sockets = it.served.runtime.sockets
        assert sockets is not None
        [peer] = sockets.peers()
        joined = {room.removeprefix("session:").replace("-", "") for room in peer.rooms}
        assert set(sessions) - joined == {sessions[0]}
        assert socket.of("error") == []


# Placeholders.


async def test_placeholders_answer_without_a_model(pg_url: str) -> None:
    model = ScriptedModel()
    async with scene(pg_url, model) as it, listening(it.served.url, it.ada.token) as socket:
        await socket.start_session(it.session_id)
        await it.say("Hi", use_message_placeholder="true", use_draft_placeholder="false")
        (message,) = await socket.wait_for("mojo_message")
        assert message["text"] == "Hello World"
        await it.say("Write", use_message_placeholder="false", use_draft_placeholder="true")
        (draft,) = await socket.wait_for("draft_message")
        assert draft["produced_text_title"]
        assert draft["produced_text"]
        assert model.requests == []


# The races of §2.5.


async def test_race_1_an_answer_that_was_ready_before_the_page_joined_is_told_at_once(
    pg_url: str,
) -> None:
    async with scene(pg_url, scripted(DRAFT)) as it:
        await it.run()
        await it.wait_for_version()
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            (draft,) = await late.wait_for("draft_message", seconds=1)
            assert draft["produced_text"] == "Dear club, our offer."


async def test_race_2_what_was_read_by_rest_is_not_told_again(pg_url: str) -> None:
    async with scene(pg_url, scripted(QUESTION)) as it:
        await it.run()
        async with asyncio.timeout(15):
            while not (await it.web.get("/message", session_id=it.session_id))["messages"]:
                await asyncio.sleep(0.05)
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            await late.wait_for("user_task_execution_title")
            await asyncio.sleep(0.5)
            assert late.of("mojo_message") == []


@pytest.mark.usefixtures("_impatient")
async def test_race_2_reading_by_rest_ends_the_resending(pg_url: str) -> None:
    async with (
        scene(pg_url, scripted(QUESTION)) as it,
        listening(it.served.url, it.ada.token, ack=stay_silent) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        await socket.wait_for("mojo_message")
        await it.web.get("/message", session_id=it.session_id)
        n_told = len(socket.of("mojo_message"))
        await asyncio.sleep(2.5)
        assert len(socket.of("mojo_message")) <= n_told + 1


async def test_race_3_the_version_of_the_execution_that_was_read_is_not_told_again(
    pg_url: str,
) -> None:
    async with scene(pg_url, scripted(DRAFT)) as it:
        await it.run()
        await it.wait_for_version()
        assert (await it.single())["produced_text_version_index"] == 1
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            await late.wait_for("user_task_execution_title")
            await asyncio.sleep(0.5)
            assert late.of("draft_message") == []


async def test_race_5_a_title_found_before_the_page_joined_is_told_at_the_join(
    pg_url: str,
) -> None:
    async with scene(pg_url, scripted(DRAFT)) as it:
        await it.run()
        async with asyncio.timeout(15):
            while (await it.single())["title"] is None:
                await asyncio.sleep(0.05)
        async with listening(it.served.url, it.ada.token) as late:
            await late.start_session(it.session_id)
            (title,) = await late.wait_for("user_task_execution_title", seconds=1)
            assert title == {"title": "Oars for the club", "session_id": it.session_id}


async def test_race_5_the_title_does_not_wait_for_the_draft(pg_url: str) -> None:
    """It is written beside the answer, so a page has it while the draft is still growing."""
    go_on = asyncio.Event()
    slow = ["<execution><title>Your", go_on, " oars</title><draft>Dear club</draft></execution>"]
    async with (
        scene(pg_url, scripted(slow)) as it,
        listening(it.served.url, it.ada.token) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        await socket.wait_for("user_task_execution_title")
        assert socket.of("draft_message") == []
        go_on.set()
        await socket.wait_for("draft_message")


async def test_race_6_the_streamed_text_is_the_body_alone(pg_url: str) -> None:
    async with (
        scene(pg_url, scripted(DRAFT)) as it,
        listening(it.served.url, it.ada.token) as socket,
    ):
        await socket.start_session(it.session_id)
        await it.run()
        (draft,) = await socket.wait_for("draft_message")
        for token in socket.of("draft_token"):
            assert draft["produced_text"].startswith(token["text"])
            assert token["text"] == token["produced_text"]
            assert draft["produced_text_title"].startswith(token["produced_text_title"])


async def test_who_joins_in_the_middle_gets_the_text_so_far_and_the_rest(pg_url: str) -> None:
    go_on = asyncio.Event()
    slow = ["<execution><title>Oars</title><draft>Dear", go_on, " club</draft></execution>"]
    async with scene(pg_url, scripted(slow)) as it:
        await it.run()
        async with listening(it.served.url, it.ada.token) as late:
            await asyncio.sleep(0.5)
            await late.start_session(it.session_id)
            (token,) = await late.wait_for("draft_token")
            assert (token["produced_text_title"], token["text"]) == ("Oars", "Dear")
            go_on.set()
            await late.wait_for("draft_message")
            assert late.of("draft_token")[-1]["text"] == "Dear club"


async def test_a_growing_text_is_checkpointed_as_it_is_shown(pg_url: str) -> None:
    """Whoever finishes it after a crash, and whoever reads it elsewhere, starts from there."""
    go_on = asyncio.Event()
    slow = ["<execution><title>Oars</title><draft>Dear", go_on, " club</draft></execution>"]
    async with scene(pg_url, scripted(slow)) as it:
        await it.run()

        async def kept() -> Any:
            async with it.served.db.begin() as tx:
                return await tx.scalar(text("SELECT texts FROM md_stream"))

        async def is_kept() -> bool:
            return bool(await kept())

        await wait_until_async(is_kept, 5)
        assert await kept() == {"draft_title": "Oars", "draft_body": "Dear"}
        go_on.set()
        await it.wait_for_version()


# What else clients may send.


async def test_a_message_by_socket_is_the_same_use_case(pg_url: str) -> None:
    model = scripted(DRAFT)
    async with scene(pg_url, model) as it, listening(it.served.url, it.ada.token) as socket:
        await socket.start_session(it.session_id)
        payload = {
            "session_id": it.session_id,
            "message_id": "m1",
            "message_date": "2026-11-02T10:30:00",
            "text": "Write to the club about its oars, with our offer.",
            "version": "0.4.13",
        }
        assert await socket.call("user_message", payload) is None
        (reception,) = await socket.wait_for("user_message_reception")
        assert list(differences(reception, shape_of("user_message_reception"))) == []
        await socket.wait_for("draft_message")
        assert await socket.call("user_message", payload) is None
        await socket.wait_for("user_message_reception", 2)
        messages = (await it.web.get("/message", session_id=it.session_id))["messages"]
        assert [item["sender"] for item in messages] == ["mojo", "user"]


async def test_a_message_by_socket_into_a_foreign_session_is_refused(pg_url: str) -> None:
    async with scene(pg_url, scripted()) as it:
        bob = await it.served.make_person("bob")
        async with listening(it.served.url, bob.token) as stranger:
            payload = {
                "session_id": it.session_id,
                "message_id": "m1",
                "message_date": "2026-11-02T10:30:00",
                "text": "Hello",
            }
            for sent in (payload, {**payload, "user_task_execution_pk": it.pk}, {}, None, "x"):
                stranger.told.clear()
                assert await stranger.call("user_message", sent) is None
                (error,) = await stranger.wait_for("error")
                assert error.keys() == {"error", "session_id"}
        messages = (await it.web.get("/message", session_id=it.session_id))["messages"]
        assert messages == []


@pytest.mark.parametrize("secret", [SECRETS.purchase_updater_secret, "wrong", "", None, 5])
async def test_the_internal_client_s_event_opens_nothing(secret: object, pg_url: str) -> None:
    async with scene(pg_url, scripted(DRAFT)) as it:
        bob = await it.served.make_person("bob")
        async with listening(it.served.url, bob.token) as stranger:
            payload = {"room": it.session_id, "secret": secret}
            assert await stranger.call("manage_session_events", payload) is None
            assert await stranger.call("manage_session_events", "x") is None
            await it.run()
            await it.wait_for_version()
            await asyncio.sleep(0.3)
            assert stranger.told == []


async def test_unknown_events_are_ignored(pg_url: str) -> None:
    async with serve(pg_url) as served:
        ada = await served.make_person("ada")
        async with listening(served.url, ada.token) as socket:
            await socket.client.emit("leave_session", {"session_id": "x"})
            await socket.start_session("f" * 32)
            assert await socket.wait_for("error")


async def test_a_long_draft_stays_below_256_kilobytes_a_second(pg_url: str) -> None:
    """Cumulative texts grow with the square of the answer; unspaced, this one is 40 MB."""
    body = "A line of forty characters, more or less.\n" * 1_500
    answer = f"<execution><title>Long</title><draft>{body}</draft></execution>"
    model = ScriptedModel(answer, by_label={"title_and_summary": [TITLE]}, chunk_size=50)
    async with scene(pg_url, model) as it, listening(it.served.url, it.ada.token) as socket:
        await socket.start_session(it.session_id)
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        await it.run()
        (draft,) = await socket.wait_for("draft_message", seconds=30)
        seconds = loop.time() - started_at
        n_chars = sum(len(token["text"]) * 2 for token in socket.of("draft_token"))
        assert len(draft["produced_text"]) == len(body.strip())
        # One text may always be sent, and the last one is sent whatever the pace.
        assert n_chars <= 256_000 * seconds + 4 * len(body)
