"""Opening, listing and hiding sessions."""

from datetime import timedelta

import pytest

from mojodex.domains.chat import (
    Platform,
    SessionId,
    SessionMode,
    SessionNotFound,
    TermsNotAccepted,
    TurnState,
    access_session,
    delete_session,
    list_sessions,
    open_session,
    post_message,
    readable_sessions,
)
from mojodex.domains.identity import create_user, secret_caller
from mojodex.kit.clock import FrozenClock
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Window
from tests.domains.chat.conftest import KIND, Stage, new_person, person
from tests.domains.chat.speaking import read_turn, say, turn_of
from tests.domains.counting import statements


async def test_a_session_speaks_the_language_of_its_person(stage: Stage) -> None:
    assert stage.session.language == "en"
    assert stage.session.platform is Platform.WEBAPP
    async with stage.db.begin() as tx:
        found = await access_session(tx, stage.caller, session_id=stage.session.session_id)
    assert found == stage.session


async def test_opening_is_idempotent_by_id(stage: Stage) -> None:
    session_id = new_id()
    async with stage.db.begin() as tx:
        first = await open_session(
            tx, stage.caller, mode=SessionMode.CHAT, platform=None, session_id=session_id
        )
        again = await open_session(
            tx, stage.caller, mode=SessionMode.CHAT, platform=None, session_id=session_id
        )
    assert first == again


async def test_nobody_opens_a_session_of_somebody_else(stage: Stage) -> None:
    bob = person(await new_person(stage.db, "bob@example.com"))
    async with stage.db.begin() as tx:
        with pytest.raises(SessionNotFound):
            await open_session(
                tx,
                bob,
                mode=SessionMode.CHAT,
                platform=None,
                session_id=stage.session.session_id,
            )
        with pytest.raises(SessionNotFound):
            await access_session(tx, bob, session_id=stage.session.session_id)
        with pytest.raises(SessionNotFound):
            await delete_session(tx, bob, session_id=stage.session.session_id)


async def test_terms_come_first(stage: Stage) -> None:
    eve = await create_user(
        stage.db, secret_caller("backoffice"), email="eve@example.com", name="Eve", password=None
    )
    async with stage.db.begin() as tx:
        with pytest.raises(TermsNotAccepted):
            await open_session(tx, person(eve), mode=SessionMode.CHAT, platform=None)


async def test_the_list_shows_chats_with_a_message_newest_first(
    stage: Stage, clock: FrozenClock
) -> None:
    async def open_and_say(mode: SessionMode, *, is_silent: bool = False) -> SessionId:
        clock.advance(timedelta(seconds=1))
        async with stage.db.begin() as tx:
            session = await open_session(tx, stage.caller, mode=mode, platform=None)
            if not is_silent:
                await post_message(
                    tx,
                    stage.caller,
                    session_id=session.session_id,
                    client_message_id="1",
                    text="Hello",
                    written_at=clock.now(),
                    assistant_kind=KIND,
                )
        return session.session_id

    chats = [await open_and_say(SessionMode.CHAT) for _ in range(3)]
    await open_and_say(SessionMode.FORM)
    await open_and_say(SessionMode.CHAT, is_silent=True)
    deleted = await open_and_say(SessionMode.CHAT)
    async with stage.db.begin() as tx:
        await delete_session(tx, stage.caller, session_id=deleted)
        first = await list_sessions(tx, stage.caller, window=Window(limit=2))
        rest = await list_sessions(
            tx, stage.caller, window=Window(limit=2, cursor=first.next_cursor)
        )
        by_offset = await list_sessions(tx, stage.caller, window=Window(limit=2, offset=1))
    assert [item.session_id for item in (*first.items, *rest.items)] == chats[::-1]
    assert [item.session_id for item in by_offset.items] == chats[1::-1]
    assert rest.next_cursor is None


async def test_a_deleted_session_writes_no_more(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    async with stage.db.begin() as tx:
        await delete_session(tx, stage.caller, session_id=stage.session.session_id)
    await stage.run()
    assert stage.model.requests == []
    assert (await read_turn(stage, await turn_of(posted))).state is TurnState.STOPPED


async def test_readable_sessions_are_told_in_one_statement(stage: Stage) -> None:
    bob = await new_person(stage.db, "bob@example.com")
    ada = stage.user.user_id
    async with stage.db.begin() as tx:
        sessions = [
            await open_session(tx, stage.caller, mode=SessionMode.CHAT, platform=None)
            for _ in range(3)
        ]
        await delete_session(tx, stage.caller, session_id=sessions[2].session_id)
        pairs = [(ada, one.session_id) for one in sessions]
        pairs += [(bob.user_id, sessions[0].session_id), (ada, SessionId(new_id()))]
        with statements() as asked:
            assert await readable_sessions(tx, pairs=pairs * 10_000) == set(pairs[:2])
            assert await readable_sessions(tx, pairs=[]) == set()
        assert len(asked) == 1
