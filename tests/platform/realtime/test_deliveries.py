"""Finals: saved first, told second, told again until somebody has them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database
from mojodex.platform.realtime import (
    RoomRefused,
    ServerTiming,
    announce,
    announce_to_people,
    courier,
    mark_delivered,
    session_room,
    user_room,
)
from mojodex.platform.realtime.checkpoints import purge_checkpoints
from mojodex.platform.realtime.deliveries import latest_delivery_id, purge_deliveries
from tests.domains.counting import statements
from tests.platform.realtime.support import ANN, BOB, QUICK, Client, Web, client, serving

ROOM = session_room(UUID(int=101))


async def _announce(
    db: Database, number: int, *, room: str = ROOM, needs_ack: bool = True, kind: str = "message"
) -> None:
    async with db.begin() as tx:
        await announce(
            tx, room=room, user_id=ANN, kind=kind, ids={"number": number}, needs_ack=needs_ack
        )


async def _rows(db: Database) -> list[tuple[int, bool]]:
    """Rounds of sending and whether it was delivered, by row."""
    async with db.begin() as tx:
        rows = await tx.execute(
            text("SELECT n_sent, delivered_at IS NOT NULL AS done FROM md_delivery ORDER BY 1")
        )
        return [(row.n_sent, row.done) for row in rows]


def _numbers(ann: Client) -> list[int]:
    return [body["number"] for body in ann.bodies("final")]


async def _until_delivered(db: Database, expected: int = 1) -> None:
    async with asyncio.timeout(5):
        while [done for _, done in await _rows(db)].count(True) != expected:
            await asyncio.sleep(0.01)


async def _until_heard(web: Web, expected: int) -> None:
    """Until the notifications of so many deliveries have arrived."""
    async with asyncio.timeout(5):
        while len(web.server._courier._seen) < expected:
            await asyncio.sleep(0.01)


def _nothing(_: Any) -> None:
    """An empty acknowledgement."""


async def test_many_people_are_told_in_their_own_rooms(web: Web) -> None:
    async with client(web) as ann, client(web, "2:2") as bob:
        async with web.db.begin() as tx:
            await announce_to_people(tx, user_ids=[], kind="nothing")
            await announce_to_people(tx, user_ids={BOB, ANN}, kind="news")
            rooms = await tx.scalars(text("SELECT room FROM md_delivery ORDER BY delivery_id"))
            assert list(rooms) == [user_room(ANN), user_room(BOB)]
        await ann.until(lambda: ann.bodies("final"))
        await bob.until(lambda: bob.bodies("final"))
        assert [body["kind"] for body in ann.bodies("final")] == ["news"]
        assert [body["kind"] for body in bob.bodies("final")] == ["news"]


async def test_what_was_rolled_back_is_never_told(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        with pytest.raises(ZeroDivisionError):
            async with web.db.begin() as tx:
                await announce(tx, room=ROOM, user_id=ANN, kind="message", ids={"number": 1})
                raise ZeroDivisionError
        await _announce(web.db, 2)
        await ann.until(lambda: ann.bodies("final"))
        await asyncio.sleep(0.4)
        assert _numbers(ann) == [2]
        assert await _rows(web.db) == [(1, True)]


async def test_finals_come_in_the_order_of_their_commits(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        async with web.db.begin() as tx:
            for number in range(10):
                await announce(tx, room=ROOM, user_id=ANN, kind="message", ids={"number": number})
        for number in range(10, 20):
            await _announce(web.db, number)
        await ann.until(lambda: len(ann.bodies("final")) == 20)
        assert _numbers(ann) == list(range(20))


@pytest.mark.parametrize("n_facts", [1, 25])
async def test_what_waits_is_told_and_noted_in_a_constant_number_of_statements(
    committed_db: Database, n_facts: int
) -> None:
    """Facts of one transaction, and whatever came while the face was asked for the one before."""
    never = ServerTiming(poll=60, resend=60, recheck=60)
    async with serving(committed_db, timing=never) as web, client(web) as ann:
        await ann.join(101)
        web.toy.is_free.clear()
        await _announce(committed_db, 0, needs_ack=False)
        await ann.until(lambda: web.toy.encoded)
        for number in range(1, n_facts + 1):
            await _announce(committed_db, number)
        await _until_heard(web, n_facts + 1)
        with statements() as seen:
            web.toy.is_free.set()
            await ann.until(lambda: len(web.toy.read) == n_facts)
        assert _numbers(ann) == list(range(n_facts + 1))
        assert web.toy.n_asked == 2
        noted = [one for one in seen if "SET delivered_at" in one]
        # Acknowledgements come with the packets of one client, maybe not all within a moment.
        assert len(noted) <= 1 + n_facts // 5, seen
        assert len(seen) == len(noted), seen


async def test_joining_asks_the_database_little(committed_db: Database) -> None:
    """The streams that ended there, unless somebody is in, and what waits: beside the face's own
    question for access."""
    never = ServerTiming(poll=60, resend=60, recheck=60)
    async with (
        serving(committed_db, timing=never) as web,
        client(web) as ann,
        client(web, "1:2") as other,
    ):
        for number in range(30):
            await _announce(committed_db, number)
        ann.ack = other.ack = _nothing
        for who, expected in ((ann, 2), (other, 1)):
            with statements() as seen:
                await who.join(101)
            assert _numbers(who) == list(range(30))
            # Checkpoints are read beside it, where nobody answers.
            asked = [one for one in seen if "AS known (stream_id" not in one]
            assert len(asked) == expected, asked


async def test_many_who_join_at_once_are_told_what_waits_for_them(committed_db: Database) -> None:
    async with serving(committed_db) as web, client(web) as ann, client(web, "2:2") as bob:
        ann.ack = bob.ack = _nothing
        async with committed_db.begin() as tx:
            for user, session in ((ANN, 101), (ANN, 102), (BOB, 201)):
                room = session_room(UUID(int=session))
                await announce(
                    tx, room=room, user_id=user, kind="m", ids={"number": session}, needs_ack=True
                )
        web.toy.is_free.clear()
        await _announce(committed_db, 0, room=user_room(ANN), needs_ack=False)
        await ann.until(lambda: web.toy.encoded)
        joins = [
            asyncio.create_task(who.join(session))
            for who, session in ((ann, 101), (bob, 201), (ann, 102))
        ]
        await ann.until(lambda: len(web.server._courier._waiting) == 2)
        web.toy.is_free.set()
        assert await asyncio.gather(*joins) == [{"ok": True}] * 3
        assert _numbers(ann) == [0, 101, 102]
        assert _numbers(bob) == [201]


async def test_an_acknowledged_final_is_told_once(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        await _announce(web.db, 1)
        await _until_delivered(web.db)
        await asyncio.sleep(0.5)
        assert _numbers(ann) == [1]
        async with client(web, "1:2") as later:
            await later.join(101)
            assert later.events == []
    assert len(web.toy.read) == 1


@pytest.mark.parametrize(
    "answer",
    [_nothing, lambda body: {"delivery_id": body["delivery_id"] + 1}, lambda body: "yes"],
    ids=["empty", "foreign", "nonsense"],
)
async def test_a_wrong_acknowledgement_clears_nothing(web: Web, answer: Any) -> None:
    async with client(web) as ann:
        ann.ack = answer
        await ann.join(101)
        await _announce(web.db, 1)
        await ann.until(lambda: len(ann.bodies("final")) >= 3)
        ann.ack = Client("/toy").ack
        await _until_delivered(web.db)
        heard = len(ann.bodies("final"))
        await asyncio.sleep(0.4)
        assert len(ann.bodies("final")) == heard
        assert _numbers(ann) == [1] * heard


async def test_sending_again_ends_with_the_policy(web: Web) -> None:
    """Five times in all; then only a joining socket is told."""
    async with client(web) as ann:
        ann.ack = _nothing
        await ann.join(101)
        await _announce(web.db, 1)
        await ann.until(lambda: len(ann.bodies("final")) == 5, 4)
        await asyncio.sleep(0.5)
        assert _numbers(ann) == [1] * 5
        assert await _rows(web.db) == [(5, False)]
        async with client(web, "1:2") as later:
            await later.join(101)
            await _until_delivered(web.db)
            assert _numbers(later) == [1]


async def test_one_of_two_sockets_is_enough(web: Web) -> None:
    """As the released web client does: two sockets of a page, only one acknowledges."""
    async with client(web, namespace="/") as chat, client(web, namespace="/") as detail:
        detail.ack = _nothing
        await detail.join(101)
        await chat.join(101)
        await _announce(web.db, 1)
        await _until_delivered(web.db)
        await asyncio.sleep(0.5)
        assert _numbers(chat) == [1]
        assert _numbers(detail) == [1]
    assert len(web.whole.read) == 1


async def test_several_faces_share_one_row(web: Web) -> None:
    async with client(web, namespace="/") as old, client(web) as new:
        old.ack = _nothing
        await old.join(101)
        await new.join(101)
        await _announce(web.db, 1)
        await _until_delivered(web.db)
        assert (len(web.whole.read), len(web.toy.read)) == (0, 1)
        await old.until(lambda: _numbers(old))
        assert set(_numbers(old)) == set(_numbers(new)) == {1}


async def test_another_persons_acknowledgement_clears_nothing(web: Web) -> None:
    async with client(web, "2:2") as bob:
        async with web.db.begin() as tx:
            await announce(
                tx, room=session_room(UUID(int=201)), user_id=ANN, kind="m", ids={}, needs_ack=True
            )
            await announce(
                tx, room=session_room(UUID(int=201)), user_id=BOB, kind="m", ids={}, needs_ack=True
            )
        await _until_heard(web, 2)
        await bob.join(201)
        await _until_delivered(web.db)
        # Who joins is told what is theirs; what another's fact in the room is, only at once.
        assert len(bob.bodies("final")) == 1
        async with web.db.begin() as tx:
            await announce(
                tx, room=session_room(UUID(int=201)), user_id=ANN, kind="m", ids={}, needs_ack=True
            )
        await bob.until(lambda: len(bob.bodies("final")) >= 3)
        assert [done for _, done in await _rows(web.db)].count(True) == 1


async def test_what_was_missed_is_told_at_the_join_at_once(web: Web) -> None:
    await _announce(web.db, 1)
    await _announce(web.db, 2, needs_ack=False)
    await _announce(web.db, 3)
    async with client(web) as ann:
        await ann.join(101)
        # The answer to the join comes after what it brings.
        assert _numbers(ann) == [1, 3]
        await _until_delivered(web.db, 2)


async def test_joining_again_tells_again_at_once(web: Web) -> None:
    async with client(web) as ann:
        ann.ack = _nothing
        await ann.join(101)
        await _announce(web.db, 1)
        await ann.until(lambda: ann.bodies("final"))
        await ann.join(101)
        assert _numbers(ann) == [1, 1]


async def test_facts_for_a_person_reach_all_their_sockets(web: Web) -> None:
    await _announce(web.db, 1, room=user_room(ANN))
    async with client(web, "1:1") as one, client(web, "1:2", namespace="/") as two:
        await one.until(lambda: _numbers(one) == [1])
        await _announce(web.db, 2, room=user_room(ANN))
        await one.until(lambda: _numbers(one) == [1, 2])
        await two.until(lambda: 2 in _numbers(two))


async def test_what_was_read_by_other_means_is_not_told_again(web: Web) -> None:
    async with client(web) as ann:
        ann.ack = _nothing
        await ann.join(101)
        for number in (1, 2, 3):
            await _announce(web.db, number)
        await ann.until(lambda: len(ann.bodies("final")) == 3)
        async with web.db.begin() as tx:
            for user_id, ids in ((ANN, [1, 2]), (ANN, []), (BOB, [3])):
                await mark_delivered(tx, user_id=user_id, kind="message", id_name="number", ids=ids)
            await mark_delivered(tx, user_id=ANN, kind="other", id_name="number", ids=[3])
        await ann.until(lambda: len(ann.bodies("final")) >= 5)
        assert _numbers(ann)[3:] == [3] * len(_numbers(ann)[3:])
        async with client(web, "1:2") as later:
            await later.join(101)
            assert _numbers(later) == [3]


async def test_a_restarted_server_tells_what_was_left(committed_db: Database) -> None:
    async with serving(committed_db) as first:
        port = int(first.url.rpartition(":")[2])
        async with client(first) as ann:
            ann.ack = _nothing
            await ann.join(101)
            await _announce(committed_db, 1)
            await ann.until(lambda: ann.bodies("final"))
    await _announce(committed_db, 2)
    async with serving(committed_db, port=port) as second, client(second) as ann:
        await ann.join(101)
        assert _numbers(ann) == [1, 2]
        await _until_delivered(committed_db, 2)


async def test_a_lost_notification_is_found_by_the_poll(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        async with web.db.begin() as tx:
            await tx.execute(
                text(
                    "INSERT INTO md_delivery (room, user_id, kind, ids)"
                    " VALUES (:room, :user_id, 'silent', '{\"number\": 1}')"
                ),
                {"room": ROOM, "user_id": ANN},
            )
        await ann.until(lambda: _numbers(ann) == [1])
        await asyncio.sleep(0.7)
        assert _numbers(ann) == [1]


async def test_a_lost_listener_makes_the_server_look_at_once(committed_db: Database) -> None:
    slow_poll = ServerTiming(poll=60, resend=60, recheck=60)
    async with serving(committed_db, timing=slow_poll) as web, client(web) as ann:
        await ann.join(101)
        async with committed_db.begin() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            )
            await announce(tx, room=ROOM, user_id=ANN, kind="message", ids={"number": 1})
        await ann.until(lambda: _numbers(ann) == [1])


async def test_what_was_missed_and_read_meanwhile_is_no_news_to_who_joins_later(
    committed_db: Database, clock: FrozenClock
) -> None:
    """Whoever was in the room is told all the same: another socket may have acknowledged it."""
    slow_poll = ServerTiming(poll=60, resend=60, recheck=60)
    async with serving(committed_db, timing=slow_poll) as web, client(web) as early:
        await early.join(101)
        clock.advance(timedelta(seconds=1))
        async with committed_db.begin() as tx:
            await tx.execute(
                text(
                    "INSERT INTO md_delivery (room, user_id, kind, ids, needs_ack, delivered_at)"
                    " VALUES (:room, :user_id, 'message', '{\"number\": 1}', true, :now)"
                ),
                {"room": ROOM, "user_id": ANN, "now": clock.now()},
            )
        clock.advance(timedelta(seconds=1))
        async with client(web, "1:2") as late:
            await late.join(101)
            async with committed_db.begin() as tx:
                await tx.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                    )
                )
            await early.until(lambda: _numbers(early) == [1])
            await _announce(committed_db, 2)
            await late.until(lambda: 2 in _numbers(late))
            assert _numbers(late) == [2]


@pytest.mark.parametrize(("was_read", "told"), [(True, [2]), (False, [1, 2])])
async def test_what_is_told_late_goes_to_who_entered_later_only_when_it_waits(
    web: Web, was_read: bool, told: list[int]
) -> None:
    async with client(web) as early, client(web, "1:2") as late:
        early.ack = lambda _body: None
        await early.join(101)
        web.toy.is_free.clear()
        await _announce(web.db, 1)
        await early.until(lambda: web.toy.encoded)
        if was_read:
            async with web.db.begin() as tx:
                await mark_delivered(tx, user_id=ANN, kind="message", id_name="number", ids=[1])
        joining = asyncio.create_task(late.join(101))
        await late.until(lambda: len(list(web.server._fanout.links(ROOM))) == 2)
        web.toy.is_free.set()
        await joining
        await _announce(web.db, 2)
        await late.until(lambda: 2 in _numbers(late))
        assert _numbers(late) == told
        await early.until(lambda: {1, 2} <= set(_numbers(early)))


async def test_what_is_told_once_is_told_again_to_who_enters_again(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        [peer] = web.server.peers()
        for _ in range(2):
            await web.server.emit(peer, "echo", {"n": 1}, once="failed")
        await web.server.emit(peer, "echo", {"n": 2}, once="other")
        await ann.join(101)
        await web.server.emit(peer, "echo", {"n": 3}, once="failed")
        await ann.until(lambda: len(ann.bodies("echo")) >= 3)
        assert [body["n"] for body in ann.bodies("echo")] == [1, 2, 3]


async def test_a_number_that_commits_late_is_told(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        async with web.db.begin() as slow:
            await announce(slow, room=ROOM, user_id=ANN, kind="message", ids={"number": 1})
            await _announce(web.db, 2)
            await asyncio.sleep(0.7)
        await ann.until(lambda: _numbers(ann) == [2, 1])


async def test_a_fact_that_a_face_does_not_tell_waits_for_one_that_does(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        await _announce(web.db, 1, kind="untold")
        await _announce(web.db, 2)
        await ann.until(lambda: _numbers(ann) == [2])
        await _until_delivered(web.db)
        assert [done for _, done in await _rows(web.db)] == [False, True]


async def test_a_face_that_fails_is_tried_again_and_holds_up_nobody(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        web.toy.broken_kinds = {"bad"}
        await _announce(web.db, 1, kind="bad", needs_ack=False)
        # Nor this, or a slow machine would tell it twice before it notes the acknowledgement.
        await _announce(web.db, 2, needs_ack=False)
        await ann.until(lambda: _numbers(ann) == [2])
        web.toy.broken_kinds = set()
        await ann.until(lambda: _numbers(ann) == [2, 1])


async def test_what_failed_late_is_told_all_the_same(
    committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poll does not look for old numbers; a fact may be old when its turn comes and fails."""
    monkeypatch.setattr(courier, "LATE_COMMIT_SECONDS", 0.0)
    async with serving(committed_db) as web, client(web) as ann:
        await ann.join(101)
        web.toy.broken_kinds = {"bad"}
        await _announce(web.db, 1, kind="bad", needs_ack=False)
        async with web.db.begin() as tx:
            latest = await latest_delivery_id(tx)
        await ann.until(lambda: (web.server._courier._floor or 0) >= latest, 30)
        web.toy.broken_kinds = set()
        await ann.until(lambda: _numbers(ann) == [1], 30)


async def test_a_fact_that_never_can_be_told_is_given_up(web: Web) -> None:
    async with client(web) as ann:
        await ann.join(101)
        web.toy.broken_kinds = {"bad"}
        await _announce(web.db, 1, kind="bad")
        await asyncio.sleep(2.2)
        assert len(web.toy.encoded) == 5
        await ann.join(101)
        assert await ann.sio.call("echo", 1, "/toy") == 1


async def test_a_failure_while_sending_again_is_no_end(web: Web) -> None:
    async with client(web) as ann:
        ann.ack = _nothing
        await ann.join(101)
        await _announce(web.db, 1)
        await ann.until(lambda: ann.bodies("final"))
        web.toy.broken_kinds = {"message"}
        await asyncio.sleep(0.5)
        heard = len(ann.bodies("final"))
        web.toy.broken_kinds = set()
        await ann.until(lambda: len(ann.bodies("final")) > heard)


async def test_an_acknowledgement_that_cannot_be_noted_is_asked_for_again(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(web) as ann:
        await ann.join(101)
        monkeypatch.setattr(web.toy, "acknowledged", lambda tx, peer, delivery: 1 / 0)
        await _announce(web.db, 1)
        await ann.until(lambda: ann.bodies("final"))
        await asyncio.sleep(0.1)
        assert [done for _, done in await _rows(web.db)] == [False]
        monkeypatch.undo()
        await _until_delivered(web.db)


async def test_two_web_processes_tell_their_own_sockets(committed_db: Database) -> None:
    async with (
        serving(committed_db) as one,
        serving(committed_db) as two,
        client(one, "1:1") as ann,
        client(two, "1:2") as other,
    ):
        await ann.join(101)
        await other.join(101)
        await _announce(committed_db, 1, needs_ack=False)
        await ann.until(lambda: _numbers(ann) == [1])
        await other.until(lambda: _numbers(other) == [1])
        other.ack = _nothing
        await _announce(committed_db, 2)
        await _until_delivered(committed_db)
        await asyncio.sleep(0.5)
        # The one that did not acknowledge is told no more once the row says delivered.
        assert _numbers(other).count(2) <= 2


async def test_a_delivery_carries_ids_not_contents(db: Database) -> None:
    async with db.begin() as tx:
        with pytest.raises(ValueError, match="not contents"):
            await announce(tx, room=ROOM, user_id=ANN, kind="m", ids={"text": "x" * 5_000})
        with pytest.raises(RoomRefused):
            await announce(tx, room=user_room(BOB), user_id=ANN, kind="m", ids={})


async def test_old_rows_are_forgotten(db: Database, clock: FrozenClock) -> None:
    for number, needs_ack in ((1, False), (2, True), (3, True)):
        await _announce(db, number, needs_ack=needs_ack)
    async with db.begin() as tx:
        await mark_delivered(tx, user_id=ANN, kind="message", id_name="number", ids=[2])
    clock.advance(timedelta(days=2))
    await _announce(db, 4, needs_ack=False)
    async with db.begin() as tx:
        await purge_deliveries(tx)
        await purge_checkpoints(tx)
    assert [done for _, done in await _rows(db)] == [False, False]
    clock.advance(timedelta(days=31))
    async with db.begin() as tx:
        await purge_deliveries(tx)
    assert await _rows(db) == []


async def test_the_server_purges_by_itself(committed_db: Database, clock: FrozenClock) -> None:
    await _announce(committed_db, 1, needs_ack=False)
    clock.advance(timedelta(days=2))
    quick = ServerTiming(poll=QUICK.poll, purge=0.1)
    async with serving(committed_db, timing=quick):
        async with asyncio.timeout(5):
            while await _rows(committed_db):
                await asyncio.sleep(0.02)
