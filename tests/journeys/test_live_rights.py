"""Who loses a right loses it on open sockets too, within 5 s, on both wires and on REST."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
import socketio
from sqlalchemy import text

from mojodex.domains import identity
from mojodex.domains.chat import delete_session
from mojodex.domains.identity import Caller, CallerKind, Grant, LoginId
from mojodex.domains.purchases import PurchaseId, end_purchase
from mojodex.kit.ids import new_id
from mojodex.platform.llm import ScriptedModel
from mojodex.platform.realtime import ServerTiming
from tests.harness.listening import Listener, wait_until
from tests.harness.served import PASSWORD, Human, Served, serve
from tests.journeys.runs import LETTER, TITLED, Run, Runner

OFFICE = identity.secret_caller("backoffice")
QUICK = ServerTiming(recheck=0.2)


class Stage:
    """The served product and a model whose letters stop in the middle until told to go on."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()
        self.model = ScriptedModel()
        self.served: Served

    def script(self, *, is_paused: bool = False) -> None:
        letter: Any = [LETTER[:60], self.goes_on, LETTER[60:]] if is_paused else LETTER
        self.model.add(letter, label="instruct_run")
        self.model.add(TITLED, label="title_and_summary")

    async def finish_run(self, human: Human) -> Run:
        self.script()
        runner = Runner(self.served, human)
        return await runner.wait_for(await runner.start(), "done")

    async def log_in(self, human: Human) -> Human:
        """The same person once more, elsewhere."""
        login = await identity.log_in(
            self.served.db, email=human.user.email, password=PASSWORD, client="elsewhere"
        )
        return Human(user=human.user, token=login.token, password=PASSWORD)


@asynccontextmanager
async def staged(pg_url: str, timing: ServerTiming = QUICK) -> AsyncIterator[Stage]:
    stage = Stage()
    async with serve(pg_url, model=stage.model, socket_timing=timing) as served:
        stage.served = served
        yield stage


@asynccontextmanager
async def old_socket(stage: Stage, human: Human) -> AsyncIterator[socketio.AsyncClient]:
    """A socket as the released clients open it."""
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(
        stage.served.url, auth={"token": human.token}, transports=["websocket"], wait_timeout=5
    )
    try:
        yield client
    finally:
        await client.disconnect()


async def is_refused(stage: Stage, human: Human) -> str:
    """The code with which v1 refuses the token; the old wire's text is checked on the way."""
    async with stage.served.client(human) as client:
        answer = await client.get("/me")
        old = await client.get(
            f"{stage.served.url}/user_task",
            params={"datetime": "2026-11-02T09:30:00"},
            headers={"Authorization": human.token},
        )
    assert (answer.status_code, old.status_code) == (401, 403)
    assert old.json()["error"] in ("Expired token", "Invalid token")
    return str(answer.json()["code"])


async def test_a_revoked_login_is_out_on_every_wire(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada = await stage.served.make_person("ada")
        phone = await stage.log_in(ada)
        stage.script(is_paused=True)
        run = await Runner(stage.served, ada).start()
        async with (
            Listener(stage.served.url, ada.token) as here,
            Listener(stage.served.url, phone.token) as there,
            old_socket(stage, phone) as old,
        ):
            for listener in (here, there):
                assert (await listener.join(run["session_id"]))["ok"]
            await there.wait_for("turn_snapshot")
            async with stage.served.client(ada) as client:
                logins = (await client.get("/logins")).json()["items"]
                other = next(one for one in logins if not one["is_current"])
                assert (await client.delete(f"/logins/{other['id']}")).status_code == 204
            assert await is_refused(stage, phone) == "token_expired"
            await wait_until(lambda: not there.client.connected and not old.connected, 5)
            stage.goes_on.set()
            await here.wait_for("turn_finished")
            assert here.client.connected
            assert there.of("turn_finished") == []
            with pytest.raises(socketio.exceptions.ConnectionError):
                async with Listener(stage.served.url, phone.token):
                    pytest.fail("a revoked log-in was let in")


async def test_the_house_keeps_its_five_seconds(pg_url: str) -> None:
    """With the timing of a real installation; that the first look is enough, the room's own tests
    say (`test_an_ended_login_is_disconnected`)."""
    assert ServerTiming().recheck < 5
    async with staged(pg_url, ServerTiming()) as stage:
        ada = await stage.served.make_person("ada")
        async with Listener(stage.served.url, ada.token) as listener:
            async with stage.served.client(ada) as client:
                assert (await client.delete("/logins/current")).status_code == 204
            await wait_until(lambda: not listener.client.connected, 30)


async def test_who_was_removed_is_out_and_nothing_is_written_for_them(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada, bob = [await stage.served.make_person(name) for name in ("ada", "bob")]
        stage.script(is_paused=True)
        run = await Runner(stage.served, ada).start()
        async with (
            Listener(stage.served.url, ada.token) as hers,
            Listener(stage.served.url, bob.token) as his,
            old_socket(stage, ada) as old,
        ):
            assert (await hers.join(run["session_id"]))["ok"]
            await hers.wait_for("turn_snapshot")
            async with stage.served.db.begin() as tx:
                await identity.delete_user(tx, OFFICE, user_id=ada.user.user_id)
            assert await is_refused(stage, ada) == "token_expired"
            await wait_until(lambda: not hers.client.connected and not old.connected, 5)
            await wait_until(lambda: stage.model.n_abandoned >= 1, 2)
            assert his.client.connected
        async with stage.served.client(bob) as client:
            assert (await client.get("/me")).status_code == 200


async def test_a_deleted_session_is_left_and_not_entered_again(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada = await stage.served.make_person("ada")
        gone, kept = await stage.finish_run(ada), await stage.finish_run(ada)
        me = Caller(kind=CallerKind.USER, user_id=ada.user.user_id)
        async with Listener(stage.served.url, ada.token) as listener:
            for run in (gone, kept):
                assert (await listener.join(run["session_id"]))["ok"]
            (peer,) = (stage.served.runtime.sockets or pytest.fail("no sockets")).peers()
            async with stage.served.db.begin() as tx:
                await delete_session(tx, me, session_id=UUID(gone["session_id"]))
            room, other = f"session:{gone['session_id']}", f"session:{kept['session_id']}"
            await wait_until(lambda: room not in peer.rooms, 5)
            assert peer.rooms >= {other, f"user:{ada.user_id}"}
            refused = await listener.join(gone["session_id"])
            assert (refused["ok"], refused["error"]["code"]) == (False, "session_not_found")
            assert (await listener.join(kept["session_id"]))["ok"]
            async with stage.served.client(ada) as client:
                answer = await client.get(f"/sessions/{gone['session_id']}/messages")
                assert answer.status_code == 404
                assert (await client.get(f"/executions/{gone['id']}")).status_code == 404
                # The deletion can be taken back, and the room entered again.
                assert (await client.post(f"/executions/{gone['id']}/restore")).status_code == 200
            assert (await listener.join(gone["session_id"]))["ok"]


async def lose_task(stage: Stage, human: Human) -> None:
    async with stage.served.db.begin() as tx:
        number = await tx.scalar(
            text("SELECT purchase_pk FROM md_purchase WHERE user_id = :id AND active"),
            {"id": human.user_id},
        )
        await end_purchase(tx, OFFICE, purchase_id=PurchaseId(int(number or 0)))


async def say(client: httpx.AsyncClient, run: Run) -> httpx.Response:
    return await client.post(
        f"/sessions/{run['session_id']}/messages",
        json={"client_id": str(new_id()), "text": "Shorter, please."},
    )


async def test_who_lost_a_task_reads_on_but_runs_no_more(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada = await stage.served.make_person("ada")
        done = await stage.finish_run(ada)
        stage.script(is_paused=True)
        running = await Runner(stage.served, ada).start()
        async with Listener(stage.served.url, ada.token) as listener:
            for run in (done, running):
                assert (await listener.join(run["session_id"]))["ok"]
            await listener.wait_for("turn_snapshot")
            await lose_task(stage, ada)
            async with stage.served.client(ada) as client:
                for answer in (
                    await say(client, done),
                    await say(client, running),
                    await client.post("/executions", json={"task_id": done["task"]["id"]}),
                ):
                    assert answer.status_code == 403, answer.text
                    assert answer.json()["code"] == "task_not_enabled"
                # What was accepted before is finished, read and heard.
                await asyncio.sleep(3 * QUICK.recheck)
                stage.goes_on.set()
                await listener.wait_for("turn_finished")
                await Runner(stage.served, ada).wait_for(running, "done")
                assert (await listener.join(done["session_id"]))["ok"]
                messages = await client.get(f"/sessions/{done['session_id']}/messages")
                assert len(messages.json()["items"]) == 1
                version = (await Runner(stage.served, ada).read(done))["text"]
                edited = await client.post(
                    f"/executions/{done['id']}/versions",
                    json={
                        "title": "Mine",
                        "body": "My own words.",
                        "base_version_id": version["version_id"],
                    },
                )
                assert edited.status_code == 201


async def test_a_failed_answer_of_a_lost_task_is_not_tried_again(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada = await stage.served.make_person("ada")
        stage.model.add(" ", label="instruct_run")
        stage.model.add(TITLED, label="title_and_summary")
        run = await Runner(stage.served, ada).start()
        await Runner(stage.served, ada).wait_for(run, "failed")
        turn = (await Runner(stage.served, ada).read(run))["turn"]
        assert turn["error"]["code"] == "empty_answer"
        await lose_task(stage, ada)
        async with stage.served.client(ada) as client:
            answer = await client.post(f"/turns/{turn['id']}/retry")
            assert (answer.status_code, answer.json()["code"]) == (403, "task_not_enabled")
        assert (await Runner(stage.served, ada).read(run))["state"] == "failed"


async def test_whatever_ends_a_login_ends_its_sockets(pg_url: str) -> None:
    """A new password ends the other log-ins, and time ends each; on both wires, and no others."""
    async with staged(pg_url) as stage:
        ada = await stage.served.make_person("ada")
        phone, tablet = await stage.log_in(ada), await stage.log_in(ada)
        async with (
            Listener(stage.served.url, ada.token) as here,
            Listener(stage.served.url, phone.token) as there,
            Listener(stage.served.url, tablet.token) as old,
            old_socket(stage, ada) as old_here,
            old_socket(stage, phone) as old_there,
            old_socket(stage, tablet) as older,
        ):
            async with stage.served.db.begin() as tx:
                newest = "SELECT login_id FROM md_login ORDER BY created_at DESC LIMIT 1"
                await tx.execute(
                    text(f"UPDATE md_login SET expires_at = now() WHERE login_id = ({newest})")
                )
            await wait_until(lambda: not old.client.connected and not older.connected, 5)
            assert there.client.connected
            assert await is_refused(stage, tablet) == "token_expired"
            change = {"current_password": PASSWORD, "new_password": "another horse battery"}
            async with stage.served.client(ada) as client:
                assert (await client.put("/me/password", json=change)).status_code == 204
            await wait_until(lambda: not there.client.connected and not old_there.connected, 5)
            assert await is_refused(stage, phone) == "token_expired"
            assert here.client.connected
            assert old_here.connected


async def test_who_lost_a_grant_administrates_no_more_and_stays(pg_url: str) -> None:
    """From the next request on, with the same log-in; what is one's own stays, sockets too."""
    async with staged(pg_url) as stage:
        root = await stage.served.make_person("root", Grant.ADMIN)
        run = await stage.finish_run(root)
        async with (
            Listener(stage.served.url, root.token) as listener,
            stage.served.client(root) as client,
        ):
            assert (await client.get("/products")).status_code == 200
            async with stage.served.db.begin() as tx:
                await identity.remove_grant(
                    tx, OFFICE, user_id=root.user.user_id, grant=Grant.ADMIN
                )
            refused = await client.get("/products")
            assert (refused.status_code, refused.json()["code"]) == (403, "grant_missing")
            await asyncio.sleep(3 * QUICK.recheck)
            assert listener.client.connected
            assert (await listener.join(run["session_id"]))["ok"]


async def test_only_own_logins_are_revoked(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        ada, bob = [await stage.served.make_person(name) for name in ("ada", "bob")]
        async with Listener(stage.served.url, ada.token) as listener:
            async with stage.served.db.begin() as tx:
                number = await tx.scalar(
                    text("SELECT login_id FROM md_login WHERE user_id = :id"), {"id": ada.user_id}
                )
            async with stage.served.client(bob) as client:
                answer = await client.delete(f"/logins/{LoginId(UUID(str(number)))}")
                assert answer.status_code == 404
            await asyncio.sleep(3 * QUICK.recheck)
            assert listener.client.connected
