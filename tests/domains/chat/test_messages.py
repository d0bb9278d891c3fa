"""Posting and reading messages."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from mojodex.domains.chat import (
    Direction,
    EmptyMessage,
    InvalidClientMessageId,
    Message,
    MessageId,
    MessagesRead,
    MessageTooLong,
    SessionNotFound,
    Subject,
    current_turn,
    get_conversation,
    get_last_answers,
    get_messages,
    list_messages,
    mark_messages_read,
    post_message,
    start_turn,
)
from mojodex.domains.chat.service.messages import MAX_MESSAGE_LENGTH
from mojodex.kit.clock import FrozenClock
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import InvalidCursor, Page, Window, encode_cursor
from mojodex.platform.db import Tx
from mojodex.platform.events import EventBus
from mojodex.platform.realtime import session_room
from mojodex.platform.realtime.deliveries import acknowledge, list_waiting
from tests.domains.chat.conftest import KIND, Stage, new_person, person
from tests.domains.chat.speaking import conversation, count, listed, say
from tests.domains.counting import statements


async def test_the_stored_message_is_the_ancestors(stage: Stage) -> None:
    posted = await say(stage, " Hi\x00 ", client_id="2026-11-02T09:30:00_x")
    message = posted.message
    assert message.text == "Hi"
    assert message.body == {"text": "Hi", "message_id": "2026-11-02T09:30:00_x"}
    assert message.event_name == "user_message"
    assert message.written_at == message.created_at == stage.db.clock.now()


async def test_the_same_id_is_said_once(stage: Stage) -> None:
    first = await say(stage, "Hi", client_id="a")
    again = await say(stage, "Something else", client_id="a")
    assert (again.message, again.turn) == (first.message, first.turn)
    assert (first.is_new, again.is_new) == (True, False)
    stage.model.add("Hello")
    await stage.run()
    late = await say(stage, "Hi", client_id="a")
    assert not late.is_new
    assert await stage.run() == 0
    assert await conversation(stage) == [("user", "Hi"), ("mojo", "Hello")]


async def test_two_posts_of_one_id_at_once(committed_stage: Stage) -> None:
    stage = committed_stage
    posted = await asyncio.gather(*(say(stage, "Hi", client_id="a") for _ in range(5)))
    assert sum(item.is_new for item in posted) == 1
    assert len({item.message.message_id for item in posted}) == 1
    assert len(stage.jobs.waiting) == 1
    assert await count(stage, "SELECT count(*) FROM md_turn") == 1


async def test_a_message_that_is_not_understood_yet_is_processing(stage: Stage) -> None:
    posted = await say(stage, "Hi", client_id="a")
    await count(
        stage,
        'WITH changed AS (UPDATE md_message SET message = \'{"message_id": "a"}\' RETURNING 1)'
        " SELECT count(*) FROM changed",
    )
    again = await say(stage, "Hi", client_id="a")
    assert again.is_processing
    assert again.message.message_id == posted.message.message_id
    assert [message.text for message in await listed(stage)] == [None]
    assert await conversation(stage) == []


@pytest.mark.parametrize(
    ("client_id", "words", "error"),
    [
        ("a", "", EmptyMessage),
        ("a", " \x00 ", EmptyMessage),
        ("a", "x" * (MAX_MESSAGE_LENGTH + 1), MessageTooLong),
        (" ", "Hi", InvalidClientMessageId),
        ("x" * 256, "Hi", InvalidClientMessageId),
    ],
)
async def test_what_a_post_refuses(
    stage: Stage, client_id: str, words: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await say(stage, words, client_id=client_id)
    assert await count(stage, "SELECT count(*) FROM md_message") == 0


async def test_nobody_speaks_or_reads_in_a_session_of_somebody_else(stage: Stage) -> None:
    bob = person(await new_person(stage.db, "bob@example.com"))
    session_id = stage.session.session_id
    async with stage.db.begin() as tx:
        with pytest.raises(SessionNotFound):
            await post_message(
                tx,
                bob,
                session_id=session_id,
                client_message_id="a",
                text="Hi",
                written_at=tx.clock.now(),
                assistant_kind=KIND,
            )
        with pytest.raises(SessionNotFound):
            await list_messages(tx, bob, session_id=session_id, window=Window())
        with pytest.raises(SessionNotFound):
            await mark_messages_read(tx, bob, session_id=session_id, message_ids=[1])


async def test_the_authors_time_orders_and_the_future_is_now(
    stage: Stage, clock: FrozenClock
) -> None:
    now = clock.now()
    await say(stage, "second", written_at=now - timedelta(minutes=1))
    await say(stage, "first", written_at=now - timedelta(minutes=2))
    future = await say(stage, "third", written_at=now + timedelta(days=300))
    assert future.message.written_at == now
    assert [words for _, words in await conversation(stage)] == ["first", "second", "third"]


async def _read(
    stage: Stage, direction: Direction, *, limit: int, cursor: str | None = None
) -> Page[Message]:
    async with stage.db.begin() as tx:
        return await list_messages(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            window=Window(limit=limit, cursor=cursor),
            direction=direction,
        )


async def test_paging_in_both_directions(stage: Stage, clock: FrozenClock) -> None:
    # Two share each instant, so that the number decides.
    for number in range(7):
        await say(stage, str(number), written_at=clock.now() - timedelta(minutes=3 - number // 2))
    for direction, expected in (
        (Direction.OLDER, [["6", "5", "4"], ["3", "2", "1"], ["0"]]),
        (Direction.NEWER, [["2", "1", "0"], ["5", "4", "3"], ["6"]]),
    ):
        pages, cursor = [], None
        while True:
            page = await _read(stage, direction, limit=3, cursor=cursor)
            pages.append([message.text for message in page.items])
            cursor = page.next_cursor
            if cursor is None:
                break
        assert pages == expected


async def test_pages_have_no_gap_and_no_double_while_new_ones_arrive(
    stage: Stage, clock: FrozenClock
) -> None:
    """Between any two pages somebody speaks, and something comes that was written long before."""
    begin = clock.now()
    for number in range(6):
        await say(stage, f"said {number}", written_at=begin + timedelta(seconds=number - 60))
    for direction in (Direction.OLDER, Direction.NEWER):
        there = {message.text for message in await listed(stage)}
        seen: list[Message] = []
        cursor, number = None, 0
        while True:
            page = await _read(stage, direction, limit=2, cursor=cursor)
            is_older = direction is Direction.OLDER
            seen += page.items if is_older else page.items[::-1]
            cursor = page.next_cursor
            if cursor is None:
                break
            number += 1
            if number < 3:
                await say(stage, f"{direction} new {number}", written_at=clock.now())
                early = begin - timedelta(hours=1) + timedelta(seconds=number)
                await say(stage, f"{direction} early {number}", written_at=early)
        words = [message.text for message in seen]
        assert len(words) == len(set(words))
        assert there <= set(words)
        # What comes at the end that is still to be read is read; what is behind is not.
        ahead, behind = ("early", "new") if direction is Direction.OLDER else ("new", "early")
        assert f"{direction} {ahead} 1" in words
        assert f"{direction} {behind} 1" not in words
        places = [(message.written_at, message.message_id) for message in seen]
        assert places == sorted(places, reverse=direction is Direction.OLDER)


async def test_a_client_whose_clock_is_ahead_goes_on_in_order(
    stage: Stage, clock: FrozenClock
) -> None:
    """Its messages get the time at which they come, and so do the answers between them."""
    for number in range(3):
        stage.model.add(f"answer {number}")
        await say(stage, str(number), written_at=clock.now() + timedelta(days=1))
        clock.advance(timedelta(seconds=1))
        await stage.run()
        clock.advance(timedelta(seconds=1))
    assert [words for _, words in await conversation(stage)] == [
        "0", "answer 0", "1", "answer 1", "2", "answer 2",
    ]  # fmt: skip


async def test_the_ancestors_offset(stage: Stage) -> None:
    for number in range(4):
        await say(stage, str(number))
    async with stage.db.begin() as tx:
        older = await list_messages(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            window=Window(limit=2, offset=1),
        )
        newer = await list_messages(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            window=Window(limit=2, offset=1),
            direction=Direction.NEWER,
        )
    assert [message.text for message in older.items] == ["2", "1"]
    assert [message.text for message in newer.items] == ["2", "1"]


@pytest.mark.parametrize(
    "cursor", ["x", encode_cursor("yesterday", 1), encode_cursor("2026-11-02T09:30:00", 1)]
)
async def test_foreign_cursors(stage: Stage, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await _read(stage, Direction.OLDER, limit=1, cursor=cursor)


async def test_reading_counts_as_reading_and_as_delivery(stage: Stage) -> None:
    read: list[MessagesRead] = []

    async def note(_: Tx, event: MessagesRead) -> None:
        read.append(event)

    stage.db.use(EventBus).subscribe(MessagesRead, note)
    stage.model.add("Hello")
    await say(stage, "Hi")
    await stage.run()
    waiting = "SELECT count(*) FROM md_delivery WHERE needs_ack AND delivered_at IS NULL"
    assert await count(stage, waiting) == 1
    (answer, _) = await listed(stage)
    assert answer.read_at is None
    (answer, _) = await listed(stage)
    assert answer.read_at == stage.db.clock.now()
    assert await count(stage, waiting) == 0
    assert [event.message_ids for event in read] == [(answer.message_id,)]


async def test_an_acknowledgement_reads_only_messages_of_the_session(stage: Stage) -> None:
    stage.model.add("Hello")
    posted = await say(stage, "Hi")
    await stage.run()
    async with stage.db.begin() as tx:
        session_id = stage.session.session_id
        answer = (await get_last_answers(tx, session_ids=[session_id]))[session_id]
        await mark_messages_read(
            tx,
            stage.caller,
            session_id=session_id,
            message_ids=[answer.message_id, posted.message.message_id, 99],
        )
        found = await get_messages(tx, message_ids=[answer.message_id, 99])
    assert found[answer.message_id].read_at is not None
    assert MessageId(99) not in found


async def test_only_what_is_about_the_subject(stage: Stage) -> None:
    subject = Subject(kind="boat", subject_id="7")
    assert subject.ids == {"boat_id": 7}
    assert Subject(kind="boat", subject_id="x").ids == {"boat_id": "x"}
    async with stage.db.begin() as tx:
        for words, about in (("a", None), ("b", subject)):
            await post_message(
                tx,
                stage.caller,
                session_id=stage.session.session_id,
                client_message_id=words,
                text=words,
                written_at=tx.clock.now(),
                assistant_kind=KIND,
                subject=about,
            )
        page = await list_messages(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            window=Window(),
            subject=subject,
        )
    assert [(message.text, message.subject) for message in page.items] == [("b", subject)]


async def test_long_conversations_keep_their_beginning(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mojodex.domains.chat.service.messages.MAX_CONVERSATION", 3)
    for number in range(5):
        await say(stage, str(number))
        async with stage.db.begin() as tx:
            said = await get_conversation(tx, session_id=stage.session.session_id)
        assert said.is_whole is (number < 4)
        assert len(said.messages) == min(number + 1, 4)
    assert [words for _, words in await conversation(stage)] == ["0", "2", "3", "4"]


async def test_the_message_that_is_answered_is_never_left_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mojodex.domains.chat.service.messages.MAX_CONVERSATION", 2)
    second = None
    for number in range(5):
        posted = await say(stage, str(number))
        second = posted.message if number == 1 else second
    await count(stage, "WITH x AS (UPDATE md_turn SET state = 'done' RETURNING 1) SELECT 1")
    assert second is not None
    async with stage.db.begin() as tx:
        said = await get_conversation(
            tx, session_id=stage.session.session_id, answering=second.message_id
        )
    assert [message.text for message in said.messages] == ["0", "3", "4", "1"]


async def test_a_list_asks_a_constant_number_of_statements(stage: Stage) -> None:
    numbers = []
    for target in (2, 12):
        for number in range(target):
            stage.model.add("Hello")
            await say(stage, f"{target} {number}")
            await stage.run()
        with statements() as seen:
            assert len(await listed(stage)) > target
        numbers.append(len(seen))
    assert numbers[0] == numbers[1] <= 5


async def test_the_current_turn_of_many_sessions_is_one_statement(stage: Stage) -> None:
    session_ids = [stage.session.session_id, new_id()]
    async with stage.db.begin() as tx:
        await start_turn(
            tx,
            session_id=stage.session.session_id,
            user_id=stage.user.user_id,
            assistant_kind=KIND,
        )
        with statements() as seen:
            found = await current_turn(tx, session_ids=session_ids)
        assert await current_turn(tx, session_ids=[]) == {}
    assert len(seen) == 1
    assert list(found) == [stage.session.session_id]


def _is_aware(value: datetime) -> bool:
    return value.tzinfo is not None


async def test_times_are_aware(stage: Stage) -> None:
    posted = await say(stage, "Hi")
    assert _is_aware(posted.message.written_at)
    assert _is_aware(posted.message.created_at)


async def test_reading_and_acknowledging_at_once_wait_for_each_other(
    committed_stage: Stage,
) -> None:
    """Each locks a row of deliveries and a message; in opposite orders one would be a victim."""
    stage = committed_stage
    await say(stage, "Hi")
    stage.model.add("Hello")
    await stage.run()
    session_id = stage.session.session_id
    asked = (session_room(session_id), stage.user.user_id)
    async with stage.db.begin() as tx:
        waiting = await list_waiting(tx, asked=[asked])
    [answer] = [one for one in waiting[asked] if one.kind == "message.added"]
    message_pk = answer.ids["message_pk"]
    assert isinstance(message_pk, int)

    async def read() -> Page[Message]:
        async with stage.db.begin() as tx:
            return await list_messages(
                tx, stage.caller, session_id=session_id, window=Window(limit=10)
            )

    async with stage.db.begin() as tx:
        assert await acknowledge(tx, delivery_ids=[answer.delivery_id]) == {answer.delivery_id}
        reading = asyncio.create_task(read())
        await wait_for_a_lock(stage)
        await mark_messages_read(tx, stage.caller, session_id=session_id, message_ids=[message_pk])
    page = await reading
    assert message_pk in [item.message_id for item in page.items]


async def wait_for_a_lock(stage: Stage) -> None:
    """Returns when some transaction of the database waits for another."""
    async with asyncio.timeout(30):
        while True:
            async with stage.db.begin() as tx:
                if await tx.scalar(
                    text(
                        "SELECT count(*) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                ):
                    return
            await asyncio.sleep(0.02)
