"""Connecting, rooms and the limits of a socket."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
import socketio
import socketio.exceptions

from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    ConnectionRefused,
    RoomRefused,
    ServerTiming,
    SocketServer,
    Streams,
    room_id,
    session_room,
    user_room,
)
from mojodex.platform.realtime import server as server_module
from tests.harness.wires import wires_to
from tests.platform.realtime.support import (
    ANN,
    BOB,
    QUICK,
    Client,
    ToyFace,
    Web,
    client,
    serving,
)


@pytest.mark.parametrize("namespace", ["/", "/toy"])
async def test_a_client_connects_and_is_answered(web: Web, namespace: str) -> None:
    async with client(web, namespace=namespace) as ann:
        assert await ann.sio.call("echo", {"a": "é\u2028"}, namespace) == {"a": "é\u2028"}
        assert ann.bodies("echo") == [{"a": "é\u2028"}]
        assert await ann.join(101) == {"ok": True}
        assert [peer.user_id for peer in web.server.peers()] == [ANN]
        assert web.server.peers()[0].rooms == {user_room(ANN), session_room(UUID(int=101))}
    await _until_empty(web)


async def _until_empty(web: Web) -> None:
    async with asyncio.timeout(30):
        while web.server.peers():
            await asyncio.sleep(0.01)


async def test_polling_is_enough(web: Web) -> None:
    """By hand: the library's own polling client leaves connections open when it ends."""
    async with httpx.AsyncClient(base_url=web.url, timeout=5) as http:
        address = "/socket.io/?EIO=4&transport=polling"
        opened = await http.get(address)
        address += f"&sid={json.loads(opened.text[1:])['sid']}"
        heard = ""

        async def listen(for_what: str) -> None:
            nonlocal heard
            while for_what not in heard:
                heard += (await http.get(address)).text

        await http.post(address, content='40/toy,{"token":"1:1"}')
        await listen("40/toy,")
        await http.post(address, content='42/toy,7["join",{"session":101}]')
        await listen('43/toy,7[{"ok":true}]')
        stream = web.streams.open(
            stream_id=UUID(int=9), room=session_room(UUID(int=101)), attempt=1
        )
        stream.append("message", "hello")
        await listen('"text":"hello"')
        await http.post(address, content="41/toy,")
    await _until_empty(web)


async def test_a_polling_client_is_upgraded(web: Web) -> None:
    async with client(web, transports=["polling", "websocket"]) as ann:
        await asyncio.sleep(0.1)
        stream = web.streams.open(
            stream_id=UUID(int=9), room=session_room(UUID(int=101)), attempt=1
        )
        await ann.join(101)
        stream.append("message", "hello")
        await ann.until(lambda: ann.texts() == {"message": "hello"})


async def test_the_handshake_is_what_released_clients_know(web: Web) -> None:
    async with httpx.AsyncClient(base_url=web.url) as http:
        answer = await http.get(
            "/socket.io/?EIO=4&transport=polling", headers={"Origin": "https://elsewhere.example"}
        )
        assert answer.status_code == 200
        assert '"pingInterval":15000' in answer.text
        assert '"pingTimeout":40000' in answer.text
        assert answer.headers["access-control-allow-origin"] == "https://elsewhere.example"
        assert "access-control-allow-credentials" not in answer.headers
        behind = await http.get("/anything")
        assert (behind.status_code, behind.text) == (404, "behind")


@pytest.mark.parametrize(
    ("auth", "message"),
    [({"token": 5}, "Invalid token"), (None, "Invalid token"), ({"token": "crash"}, "unavailable")],
)
async def test_a_refused_client_hears_why(web: Web, auth: object, message: str) -> None:
    heard: list[object] = []
    sio = socketio.AsyncClient(reconnection=False)
    sio.on("connect_error", heard.append, "/toy")
    with pytest.raises(Exception, match="One or more namespaces"):
        await sio.connect(
            web.url, auth=auth, transports=["websocket"], namespaces=["/toy"], wait_timeout=5
        )
    await sio.shutdown()
    assert heard
    assert isinstance(heard[0], dict)
    assert heard[0]["message"] == message
    assert web.server.peers() == []


async def test_nobody_is_let_into_a_namespace_without_a_face(web: Web) -> None:
    sio = socketio.AsyncClient(reconnection=False)
    with pytest.raises(Exception, match="One or more namespaces"):
        await sio.connect(web.url, transports=["websocket"], namespaces=["/other"], wait_timeout=5)
    await sio.shutdown()


async def test_nobody_is_let_in_before_the_server_listens(
    committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who joined before could miss a fact and never know."""
    async with serving(committed_db, timing=ServerTiming(poll=60)) as web:
        async with client(web):
            web.server._ready.clear()
        asyncio.get_running_loop().call_later(0.2, web.server._ready.set)
        async with client(web) as ann:
            assert await ann.join(101) == {"ok": True}
        web.server._ready.clear()
        monkeypatch.setattr(server_module, "READY_SECONDS", 0.1)
        with pytest.raises(Exception, match="One or more namespaces"):
            async with client(web):
                pass


async def test_a_foreign_room_is_refused(web: Web) -> None:
    async with client(web, "1:1") as ann, client(web, "2:2") as bob:
        assert await bob.join(101) == {"error": "room_refused"}
        assert await ann.join(101) == {"ok": True}
        stream = web.streams.open(
            stream_id=UUID(int=9), room=session_room(UUID(int=101)), attempt=1
        )
        stream.append("message", "secret")
        await ann.until(lambda: ann.texts() == {"message": "secret"})
        assert bob.events == []
        # The server itself refuses a room that is another's, whatever a face does.
        bobs = next(peer for peer in web.server.peers() if peer.user_id == BOB)
        for room in (
            user_room(ANN),
            "session:x",
            "nonsense",
            "session:" + "0" * 31,
            ":" + str(ANN),
        ):
            with pytest.raises(RoomRefused):
                await web.server.join(bobs, room)


def test_a_room_tells_whose_it_is() -> None:
    assert room_id(user_room(ANN)) == ANN
    for name in ("session", "session:", f"session:{ANN.hex}", f"ses-sion:{ANN}", f":{ANN}"):
        with pytest.raises(RoomRefused):
            room_id(name)


async def test_rooms_are_guarded_and_rights_are_rechecked(committed_db: Database) -> None:
    async with serving(committed_db, has_guard=True) as web, client(web) as ann:
        room = session_room(UUID(int=101))
        web.claims = {(ANN, room)}
        assert await ann.join(102) == {"error": "room_refused"}
        assert await ann.join(101) == {"ok": True}
        web.claims = set()
        await ann.until(lambda: web.server.peers()[0].rooms == {user_room(ANN)})
        stream = web.streams.open(stream_id=UUID(int=9), room=room, attempt=1)
        stream.append("message", "secret")
        await ann.sio.call("echo", 1, "/toy")
        assert ann.bodies("snapshot") + ann.bodies("delta") == []


async def test_an_ended_login_is_disconnected(web: Web) -> None:
    """By the first look after its end: no second one has to ask about it."""
    async with client(web, "1:1") as gone, client(web, "1:2") as stays:
        web.live_logins.discard(UUID(int=1))
        before = len(web.looks)
        async with asyncio.timeout(30):
            await gone.disconnected.wait()
        await stays.until(lambda: len(web.looks) > before + 1, 30)
        assert sum(UUID(int=1) in logins for logins in web.looks[before:]) == 1
        assert await stays.sio.call("echo", 1, "/toy") == 1
        assert [peer.login_id for peer in web.server.peers()] == [UUID(int=2)]


async def test_a_recheck_that_fails_disconnects_nobody(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(web) as ann:

        async def broken(_: object) -> set[UUID]:
            raise OSError("no database")

        monkeypatch.setattr(web.server, "_recheck", broken)
        await asyncio.sleep(0.3)
        assert await ann.sio.call("echo", 1, "/toy") == 1


async def test_a_bug_in_a_handler_is_answered(web: Web) -> None:
    async with client(web) as ann:
        assert await ann.sio.call("fail", None, "/toy") == {"error": "internal"}
        assert await ann.sio.call("echo", 2, "/toy") == 2
        await ann.sio.emit("unknown", {"x": 1}, "/toy")
        assert await ann.sio.call("echo", 3, "/toy") == 3


async def test_events_of_one_client_are_handled_in_order(web: Web) -> None:
    async with client(web) as ann:
        for _ in range(20):
            await ann.sio.emit("join", {"session": 101}, "/toy")
            await ann.sio.emit("leave", {"session": 101}, "/toy")
        await ann.sio.call("echo", 1, "/toy")
        assert web.server.peers()[0].rooms == {user_room(ANN)}


async def test_a_socket_is_in_a_limited_number_of_rooms(web: Web) -> None:
    async with client(web, "7:7") as greedy:
        peer = web.server.peers()[0]
        for number in range(199):
            await web.server.join(peer, session_room(UUID(int=number)))
        assert await greedy.join(799) == {"error": "too_many_rooms"}


async def test_a_peer_that_left_is_told_nothing(web: Web) -> None:
    async with client(web) as ann:
        peer = web.server.peers()[0]
    await _until_empty(web)
    assert await web.server.join(peer, session_room(UUID(int=101))) == ()
    await web.server.leave(peer, session_room(UUID(int=101)))
    await web.server.emit(peer, "echo", 1)
    assert ann.bodies("echo") == []


async def test_too_large_a_message_ends_the_connection(web: Web) -> None:
    async with client(web) as ann:
        await ann.sio.emit("echo", "x" * 1_100_000, "/toy")
        async with asyncio.timeout(5):
            await ann.disconnected.wait()


async def test_a_connection_that_is_silently_lost_is_let_go_by_both_sides(
    committed_db: Database,
) -> None:
    """No packet arrives any more and nobody says farewell: the ping that is not answered tells."""
    timing = replace(QUICK, ping=1, ping_timeout=1)
    async with serving(committed_db, timing=timing) as web, wires_to(web.url) as wires:
        async with client(replace(web, url=wires.url)) as ann:
            assert await ann.join(101) == {"ok": True}
            wires.silence()
            async with asyncio.timeout(30):
                await ann.disconnected.wait()
        await _until_empty(web)


def test_a_namespace_has_one_face(db: Database) -> None:
    async def recheck(_: object) -> set[UUID]:
        return set()

    server = SocketServer(db, Streams(db), recheck=recheck)
    server.add_face(ToyFace())
    with pytest.raises(ValueError, match="two faces"):
        server.add_face(ToyFace())


def test_a_refusal_says_why() -> None:
    refusal = ConnectionRefused("Expired token", {"code": "token_expired"})
    assert (refusal.message, refusal.data) == ("Expired token", {"code": "token_expired"})
    assert Client("/").texts() == {}
