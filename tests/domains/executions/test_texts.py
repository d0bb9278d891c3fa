"""Versions of produced texts: saved by people, read by index and by message."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mojodex.domains.chat import list_messages
from mojodex.domains.executions import (
    Author,
    Cause,
    Ending,
    Execution,
    ExecutionNotFound,
    ExecutionState,
    NotStarted,
    ProducedTextNotFound,
    SaveMode,
    StaleVersion,
    TextEdited,
    TextTooLong,
    TextVersion,
    VersionNotFound,
    delete_execution,
    get_execution,
    get_version,
    get_versions,
    list_versions,
    restore_version,
    save_text,
)
from mojodex.domains.executions.rules.progress import SITTING
from mojodex.domains.executions.service.texts import MAX_TEXT_LENGTH
from mojodex.kit.clock import FrozenClock
from mojodex.kit.pagination import Window
from mojodex.platform.llm import FinishReason
from mojodex.platform.llm.gateway import USUAL_ANSWER_TOKENS
from tests.domains.counting import statements
from tests.domains.executions.conftest import ASK, Desk, delivery, new_person, person


async def save(desk: Desk, execution: Execution | None, body: str, **changes: Any) -> TextVersion:
    async with desk.db.begin() as tx:
        return await save_text(
            tx,
            desk.caller,
            **{
                "body": body,
                "title": "Mine",
                "execution_id": None if execution is None else execution.execution_id,
                **changes,
            },
        )


async def test_appending_always_adds_a_version(desk: Desk) -> None:
    execution = await desk.done()
    assert execution.text is not None
    first = await save(desk, execution, "One")
    second = await save(
        desk, None, "Two", produced_text_id=execution.text.produced_text_id, title=None
    )
    assert (first.index, first.author, first.title, first.revision) == (2, Author.USER, "Mine", 1)
    assert (second.index, second.body, second.title) == (3, "Two", None)
    assert first.text_type == second.text_type == "document"
    assert (await desk.read(execution)).text == second
    edits = [event for event in desk.events if isinstance(event, TextEdited)]
    assert [event.version_id for event in edits] == [first.version_id, second.version_id]
    # Lists of the person, wherever they are open, show the new number of versions.
    assert (await desk.kinds())[-2:] == ["session text.version_added", "user execution.changed"]


async def test_a_sitting_is_one_version(desk: Desk, clock: FrozenClock) -> None:
    execution = await desk.done()
    assert execution.text is not None
    base = execution.text.version_id
    first = await save(desk, execution, "One", mode=SaveMode.SITTING, base_version_id=base)
    clock.advance(SITTING)
    second = await save(
        desk,
        execution,
        "Two",
        mode=SaveMode.SITTING,
        base_version_id=first.version_id,
        base_revision=1,
    )
    assert (second.version_id, second.index, second.revision) == (first.version_id, 2, 2)
    assert second.body == "Two"
    assert second.created_at == first.created_at
    clock.advance(SITTING + timedelta(seconds=1))
    third = await save(
        desk, execution, "Three", mode=SaveMode.SITTING, base_version_id=second.version_id
    )
    assert (third.index, third.revision) == (3, 1)


async def test_whoever_edited_an_older_text_is_told(desk: Desk) -> None:
    execution = await desk.done()
    assert execution.text is not None
    base = execution.text.version_id
    mine = await save(desk, execution, "One", mode=SaveMode.SITTING, base_version_id=base)
    with pytest.raises(StaleVersion) as caught:
        await save(desk, execution, "Two", mode=SaveMode.SITTING, base_version_id=base)
    assert caught.value.data == {"latest_version_id": mine.version_id, "latest_revision": 1}
    await save(desk, execution, "Two", mode=SaveMode.SITTING, base_version_id=mine.version_id)
    with pytest.raises(StaleVersion) as caught:
        await save(
            desk,
            execution,
            "Three",
            mode=SaveMode.SITTING,
            base_version_id=mine.version_id,
            base_revision=1,
        )
    assert caught.value.data == {"latest_version_id": mine.version_id, "latest_revision": 2}
    unknown = mine.version_id + 1_000
    with pytest.raises(StaleVersion):
        await save(desk, execution, "Three", mode=SaveMode.SITTING, base_version_id=unknown)


async def test_the_assistant_ends_a_sitting(desk: Desk) -> None:
    execution = await desk.done()
    await save(desk, execution, "One", mode=SaveMode.SITTING)
    desk.model.add(delivery(body="From the model"), label="instruct_run")
    await desk.say(execution, "Again")
    await desk.run()
    prompt = desk.model.requests_for("instruct_run")[-1].messages[0].text
    assert "One" in prompt
    mine = await save(desk, execution, "Two", mode=SaveMode.SITTING)
    assert mine.index == 4


async def restore(desk: Desk, execution: Execution, index: int) -> TextVersion:
    async with desk.db.begin() as tx:
        return await restore_version(
            tx, desk.caller, execution_id=execution.execution_id, index=index
        )


async def test_versions_say_why_they_are_there(desk: Desk) -> None:
    execution = await desk.done()
    assert execution.text is not None
    mine = await save(desk, execution, "Mine", mode=SaveMode.SITTING)
    desk.model.add(delivery(body="Shorter"), label="instruct_run")
    await desk.say(execution, "Shorter, please")
    await desk.run()
    back = await restore(desk, execution, 1)
    async with desk.db.begin() as tx:
        page = await list_versions(
            tx, desk.caller, execution_id=execution.execution_id, window=Window()
        )
    causes = [(each.index, each.cause, each.restored_index) for each in page.items]
    assert causes == [
        (4, Cause.RESTORE, 1),
        (3, Cause.CHANGE, None),
        (2, Cause.EDIT, None),
        (1, Cause.ANSWER, None),
    ]
    assert (back.title, back.body) == (execution.text.title, execution.text.body)
    assert (back.author, back.text_type) == (Author.USER, execution.text.text_type)
    assert page.items[2].body == mine.body == "Mine"
    assert (await desk.kinds())[-2:] == ["session text.version_added", "user execution.changed"]


async def test_what_was_brought_back_stays_as_it_was(desk: Desk) -> None:
    execution = await desk.done()
    await save(desk, execution, "Mine")
    back = await restore(desk, execution, 1)
    # The newest is there already, and an edit of it is a version of its own.
    assert await restore(desk, execution, back.index) == back
    edited = await save(
        desk, execution, "Edited", mode=SaveMode.SITTING, base_version_id=back.version_id
    )
    assert (edited.index, edited.cause) == (4, Cause.EDIT)
    bob = person(await new_person(desk.db, "bob@example.com"))
    for index in (0, 5):
        with pytest.raises(VersionNotFound):
            await restore(desk, execution, index)
    with pytest.raises(VersionNotFound):
        await restore(desk, await desk.done(ASK), 1)
    async with desk.db.begin() as tx:
        with pytest.raises(ExecutionNotFound):
            await restore_version(tx, bob, execution_id=execution.execution_id, index=1)


async def test_a_text_that_was_cut_says_so_until_it_is_edited(desk: Desk) -> None:
    execution = await desk.done([delivery(body="Half of it"), FinishReason.LENGTH])
    assert execution.text is not None
    assert execution.text.ending is Ending.CUT
    assert desk.model.requests_for("instruct_run")[0].max_tokens == USUAL_ANSWER_TOKENS
    mine = await save(desk, execution, "The rest of it", mode=SaveMode.SITTING)
    assert mine.ending is Ending.WHOLE


async def test_edits_at_once_are_versions_without_gaps(committed_desk: Desk) -> None:
    desk = committed_desk
    execution = await desk.done()
    saved = await asyncio.gather(*(save(desk, execution, str(n)) for n in range(5)))
    assert sorted(version.index for version in saved) == [2, 3, 4, 5, 6]


async def test_of_two_edits_of_one_version_one_is_stale(committed_desk: Desk) -> None:
    desk = committed_desk
    execution = await desk.done()
    assert execution.text is not None
    base = execution.text.version_id
    outcomes = await asyncio.gather(
        *(
            save(desk, execution, str(n), mode=SaveMode.SITTING, base_version_id=base)
            for n in range(3)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, StaleVersion) for outcome in outcomes) == 2


async def test_a_text_of_ones_own(desk: Desk) -> None:
    first = await save(desk, None, "Mine")
    assert (first.index, first.text_type) == (1, None)
    second = await save(desk, None, "More", produced_text_id=first.produced_text_id)
    assert second.index == 2


async def test_a_person_may_write_the_first_version(desk: Desk) -> None:
    execution = await desk.done(ASK)
    version = await save(desk, execution, "My own")
    assert (version.index, version.text_type) == (1, "document")
    read = await desk.read(execution)
    assert (read.state, read.ended_at) == (ExecutionState.DONE, None)


async def test_what_saving_refuses(desk: Desk) -> None:
    execution = await desk.done()
    assert execution.text is not None
    bob = person(await new_person(desk.db, "bob@example.com"))
    assert (await save(desk, execution, "x" * MAX_TEXT_LENGTH)).index == 2
    with pytest.raises(TextTooLong):
        await save(desk, execution, "x" * (MAX_TEXT_LENGTH + 1))
    with pytest.raises(TextTooLong):
        await save(desk, execution, "x", title="x" * 256)
    with pytest.raises(NotStarted):
        await save(desk, await desk.create(), "x")
    with pytest.raises(ProducedTextNotFound):
        await save(desk, None, "x", produced_text_id=99)
    async with desk.db.begin() as tx:
        with pytest.raises(ProducedTextNotFound):
            await save_text(tx, bob, body="x", produced_text_id=execution.text.produced_text_id)
        with pytest.raises(ExecutionNotFound):
            await save_text(tx, bob, body="x", execution_id=execution.execution_id)
        with pytest.raises(ExecutionNotFound):
            await list_versions(tx, bob, execution_id=execution.execution_id, window=Window())
        with pytest.raises(ExecutionNotFound):
            await get_version(tx, bob, execution_id=execution.execution_id, index=1)
        await delete_execution(tx, desk.caller, execution_id=execution.execution_id)
    with pytest.raises(ProducedTextNotFound):
        await save(desk, None, "x", produced_text_id=execution.text.produced_text_id)


async def test_versions_are_listed_and_read_by_index(desk: Desk) -> None:
    execution = await desk.done()
    saved = [await save(desk, execution, str(number)) for number in range(3)]
    async with desk.db.begin() as tx:
        page = await list_versions(
            tx, desk.caller, execution_id=execution.execution_id, window=Window(limit=2)
        )
        rest = await list_versions(
            tx,
            desk.caller,
            execution_id=execution.execution_id,
            window=Window(limit=2, cursor=page.next_cursor),
        )
        first = await get_version(tx, desk.caller, execution_id=execution.execution_id, index=1)
        for index in (0, 5, -1):
            with pytest.raises(VersionNotFound):
                await get_version(tx, desk.caller, execution_id=execution.execution_id, index=index)
        found = await get_versions(tx, version_ids=[saved[0].version_id, 99])
    assert [version.index for version in (*page.items, *rest.items)] == [4, 3, 2, 1]
    assert first == execution.text == rest.items[-1]
    assert found == {saved[0].version_id: saved[0]}


async def test_what_was_read_counts_as_delivered(desk: Desk) -> None:
    execution = await desk.done()
    waiting = "SELECT count(*) FROM md_delivery WHERE needs_ack AND delivered_at IS NULL"
    assert await desk.value(waiting) == 1
    # A list does not: it shows no more than a tick.
    async with desk.db.begin() as tx:
        await get_execution(tx, desk.caller, execution_id=execution.execution_id)
    assert await desk.value(waiting) == 0
    assert await desk.value("SELECT read_by_user IS NOT NULL FROM md_produced_text_version")


async def test_a_question_is_not_delivered_by_reading_the_execution(desk: Desk) -> None:
    execution = await desk.done(ASK)
    async with desk.db.begin() as tx:
        await get_execution(tx, desk.caller, execution_id=execution.execution_id)
    waiting = "SELECT count(*) FROM md_delivery WHERE needs_ack AND delivered_at IS NULL"
    assert await desk.value(waiting) == 1
    async with desk.db.begin() as tx:
        await list_messages(tx, desk.caller, session_id=execution.session_id, window=Window())
    assert await desk.value(waiting) == 0


async def test_a_list_of_versions_asks_a_constant_number_of_statements(desk: Desk) -> None:
    execution = await desk.done()
    numbers = []
    for n_saved in (1, 20):
        for number in range(n_saved):
            await save(desk, execution, str(number))
        async with desk.db.begin() as tx:
            with statements() as seen:
                await list_versions(
                    tx, desk.caller, execution_id=execution.execution_id, window=Window()
                )
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]
