"""The `/v1` socket alone: who gets in, who may join what, how much is sent and acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from socketio.exceptions import ConnectionError as Refused
from starlette.applications import Starlette

from mojodex.domains.chat import Platform, SessionMode, open_session
from mojodex.domains.identity import (
    authenticate,
    create_user,
    live_logins,
    log_in,
    log_out,
    secret_caller,
)
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.edge import LOGIN_COOKIE
from mojodex.faces.v1 import V1Config, V1SocketFace
from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    Resend,
    ServerTiming,
    SocketServer,
    Streams,
    announce,
    session_room,
    user_room,
)
from tests.harness.listening import Listener, wait_until
from tests.harness.serving import serve_asgi

PASSWORD = "correct horse battery"


@dataclass
class Someone:
    user_id: UUID
    token: str
    session_id: UUID


@dataclass
class Stage:
    """A server of sockets with v1 alone, and two people."""

    url: str
    db: Database
    streams: Streams
    ada: Someone
    bob: Someone

    async def announce(self, person: Someone, kind: str, room: str | None = None) -> None:
        async with self.db.begin() as tx:
            await announce(
                tx,
                room=room or user_room(person.user_id),
                user_id=person.user_id,
                kind=kind,
                ids={"execution_id": 12, "session_id": str(person.session_id)},
                needs_ack=True,
            )


async def make_person(db: Database, name: str) -> Someone:
    email = f"{name}@example.org"
    user = await create_user(
        db,
        secret_caller(BACKOFFICE),
        email=email,
        name=name,
        password=PASSWORD,
        language_code="fr",
        accept_terms=True,
    )
    login = await log_in(db, email=email, password=PASSWORD, client="tests")
    async with db.begin() as tx:
        caller = await authenticate(tx, token=login.token)
        session = await open_session(tx, caller, mode=SessionMode.CHAT, platform=Platform.WEBAPP)
    return Someone(user_id=user.user_id, token=login.token, session_id=session.session_id)


@pytest.fixture
async def stage(committed_db: Database) -> AsyncIterator[Stage]:
    db = committed_db
    streams = Streams(db)

    async def recheck(login_ids: Sequence[UUID]) -> set[UUID]:
        async with db.begin() as tx:
            return await live_logins(tx, login_ids=login_ids)

    timing = ServerTiming(poll=0.2, resend=0.1, recheck=0.2)
    server = SocketServer(db, streams, recheck=recheck, timing=timing)
    config = V1Config(version="test", public_url="https://us.example")
    server.add_face(V1SocketFace(db, config))
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    ada, bob = await make_person(db, "ada"), await make_person(db, "bob")
    async with serve_asgi(server.asgi(Starlette())) as url:
        yield Stage(url=url, db=db, streams=streams, ada=ada, bob=bob)
    stop.set()
    await running
    await streams.close_all()


@pytest.mark.parametrize("token", [None, "", "nonsense", "a" * 5000])
async def test_strangers_do_not_get_in(stage: Stage, token: str | None) -> None:
    listener = Listener(stage.url, token)
    with pytest.raises(Refused):
        await listener.connect()
    await listener.close()


async def test_people_get_in_by_token(stage: Stage) -> None:
    async with Listener(stage.url, stage.ada.token) as ada:
        assert await ada.join(stage.ada.session_id) == {"ok": True, "error": None}


@pytest.mark.parametrize(
    ("origin", "enters"),
    [
        (None, True),
        ("{url}", True),
        ("https://us.example", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_a_cookie_opens_a_socket_only_for_our_pages(
    stage: Stage, origin: str | None, enters: bool
) -> None:
    headers = {"Cookie": f"{LOGIN_COOKIE}={stage.ada.token}"}
    if origin is not None:
        headers["Origin"] = origin.format(url=stage.url)
    listener = Listener(stage.url, None)
    if enters:
        await listener.connect(headers=headers)
        assert (await listener.join(stage.ada.session_id))["ok"]
    else:
        with pytest.raises(Refused):
            await listener.connect(headers=headers)
    await listener.close()


async def test_nobody_joins_or_resumes_a_foreign_session(stage: Stage) -> None:
    stream = stage.streams.open(
        stream_id=UUID(int=9), room=session_room(stage.ada.session_id), attempt=1
    )
    async with Listener(stage.url, stage.bob.token) as bob:
        for session_id in (stage.ada.session_id, UUID(int=0), stage.ada.user_id, "nonsense"):
            answer = await bob.join(session_id)
            assert answer["ok"] is False
            assert answer["error"]["code"] == "session_not_found"
            assert answer["error"]["detail"].startswith("Cette conversation")
        stream.append("message", "for Ada only")
        await stage.announce(stage.ada, "execution.deleted", session_room(stage.ada.session_id))
        await stage.announce(stage.bob, "execution.deleted")
        await bob.wait_for("execution_deleted")
        assert len(bob.notices) == 1


@pytest.mark.parametrize(
    "payload", [None, 1, "x", [], {}, {"session_id": 1}, {"session_id": None}, {"x": 1}]
)
async def test_payloads_that_are_none_are_refused_in_words(stage: Stage, payload: object) -> None:
    async with Listener(stage.url, stage.ada.token) as ada:
        for event in ("join", "leave"):
            answer = await ada.call(event, payload)
            assert answer["error"]["code"] == "invalid_request"


async def test_a_joiner_gets_the_text_so_far_then_every_delta(stage: Stage) -> None:
    room = session_room(stage.ada.session_id)
    stream = stage.streams.open(stream_id=UUID(int=9), room=room, attempt=1)
    stream.append("draft_title", "Title")
    async with Listener(stage.url, stage.ada.token) as ada:
        await ada.join(stage.ada.session_id)
        for word in ("one ", "two ", "three"):
            stream.append("draft_body", word)
            await asyncio.sleep(0.03)
        await ada.wait_for("turn_delta", 3)
        [snapshot] = ada.of("turn_snapshot")
        assert snapshot["texts"] == {"message": "", "draft_title": "Title", "draft_body": ""}
        deltas = ada.of("turn_delta")
        first = snapshot["seq"] + 1
        assert [delta["seq"] for delta in deltas] == list(range(first, first + len(deltas)))
        assert "".join(delta["text"] for delta in deltas) == "one two three"
        assert {delta["channel"] for delta in deltas} == {"draft_body"}
        await ada.call("leave", {"session_id": str(stage.ada.session_id)})
        stream.append("draft_body", " unheard")
        await asyncio.sleep(0.1)
        assert len(ada.of("turn_delta")) == len(deltas)


async def test_who_comes_back_gets_a_long_text_in_small_parts(stage: Stage) -> None:
    room = session_room(stage.ada.session_id)
    stream = stage.streams.open(stream_id=UUID(int=9), room=room, attempt=2)
    body = "Ünïcödé “words” \U0001d11e\n" * 8_000
    stream.append("draft_body", body)
    async with Listener(stage.url, stage.ada.token) as ada:
        await ada.join(stage.ada.session_id)
        n_parts = (await ada.wait_for("turn_snapshot"))[0]["n_parts"]
        parts = await ada.wait_for("turn_snapshot", n_parts)
        assert n_parts > 3
        assert "".join(part["texts"]["draft_body"] for part in parts) == body


async def test_a_final_is_sent_until_it_is_acknowledged_in_the_right_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(
        V1SocketFace, "resend_policy", Resend(every=timedelta(seconds=0.2), times=100)
    )
    acks: list[object] = [None, {}, {"delivery_id": "0"}, "yes", {"delivery_id": 1, "x": 1}]

    def ack(notice: dict[str, object]) -> object:
        return acks.pop(0) if acks else {"delivery_id": notice["delivery_id"]}

    listener = Listener(stage.url, stage.ada.token, ack=ack)
    async with listener as ada:
        await stage.announce(stage.ada, "execution.deleted")
        await ada.wait_for("execution_deleted", 6)
        await asyncio.sleep(0.8)
        assert len(ada.of("execution_deleted")) == 6
        assert len({notice["delivery_id"] for notice in ada.notices}) == 1
    async with Listener(stage.url, stage.ada.token) as again:
        await asyncio.sleep(0.3)
        assert again.notices == []


async def test_what_was_not_acknowledged_waits_for_the_next_socket(stage: Stage) -> None:
    await stage.announce(stage.ada, "execution.deleted")
    async with Listener(stage.url, stage.ada.token) as ada:
        [notice] = await ada.wait_for("execution_deleted")
        assert notice["execution_id"] == "12"


async def test_a_log_out_ends_live_sockets(stage: Stage) -> None:
    async with Listener(stage.url, stage.ada.token) as ada:
        async with stage.db.begin() as tx:
            await log_out(tx, await authenticate(tx, token=stage.ada.token))
        await wait_until(lambda: not ada.client.connected, 5)
