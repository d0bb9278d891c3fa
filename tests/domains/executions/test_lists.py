"""History: listing, searching, naming, deleting, restoring."""

import asyncio
from dataclasses import fields
from typing import Any

import pytest

from mojodex.domains.executions import (
    EmptyTitle,
    Execution,
    ExecutionDeleted,
    ExecutionNotFound,
    ExecutionRestored,
    ExecutionState,
    ListedExecution,
    ListedText,
    access_execution,
    delete_execution,
    find_execution_by_session,
    get_executions,
    last_uses,
    list_executions,
    restore_execution,
    set_title,
    write_title_and_summary,
)
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import InvalidCursor, Page, Window
from mojodex.platform.llm import ModelKeyWrong
from tests.domains.counting import statements
from tests.domains.executions.conftest import (
    ASK,
    Desk,
    add_letter_task,
    delivery,
    new_person,
    person,
)


async def listed(desk: Desk, *, limit: int = 50, **changes: Any) -> Page[ListedExecution]:
    window = Window(
        limit=limit, cursor=changes.pop("cursor", None), offset=changes.pop("offset", None)
    )
    async with desk.db.begin() as tx:
        return await list_executions(tx, desk.caller, window=window, **changes)


def as_listed(execution: Execution) -> ListedExecution:
    """What a list shows of an execution: not its turn, and of its text what is read."""
    text = execution.text
    values = {field.name: getattr(execution, field.name) for field in fields(ListedExecution)}
    if text is not None:
        values["text"] = ListedText(
            produced_text_id=text.produced_text_id,
            version_id=text.version_id,
            title=text.title,
            body=text.body,
        )
    return ListedExecution(**values | {"turn": None})


def ids(page: Page[ListedExecution]) -> list[int]:
    return [execution.execution_id for execution in page.items]


async def titled(desk: Desk, title: str, summary: str = "A summary.") -> Execution:
    desk.script(delivery(), title=f"<title>{title}</title><summary>{summary}</summary>")
    execution = await desk.create()
    await desk.say(execution, "Go")
    await desk.run()
    return await desk.read(execution)


async def test_started_ones_are_listed_newest_first(desk: Desk) -> None:
    first, second = await titled(desk, "One"), await titled(desk, "Two")
    await desk.create()
    page = await listed(desk)
    assert page.items == (as_listed(second), as_listed(first))
    assert ids(await listed(desk, limit=1)) == [second.execution_id]
    cursor = (await listed(desk, limit=1)).next_cursor
    rest = await listed(desk, limit=1, cursor=cursor)
    assert (ids(rest), rest.next_cursor) == ([first.execution_id], None)
    assert ids(await listed(desk, offset=1)) == [first.execution_id]
    with pytest.raises(InvalidCursor):
        await listed(desk, cursor="x")


async def test_a_list_may_leave_the_texts_out(desk: Desk) -> None:
    await titled(desk, "One")
    (item,) = (await listed(desk, is_text_included=False)).items
    assert (item.text, item.n_versions) == (None, 1)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ecole", ["École d'été"]),
        ("ÉTÉ", ["École d'été"]),
        ("harbour", ["100% boat"]),
        ("%", ["100% boat"]),
        ("_", []),
        ("  ", ["100% boat", "École d'été"]),
        ("nowhere", []),
    ],
)
async def test_searching_title_and_summary(desk: Desk, query: str, found: list[str]) -> None:
    await titled(desk, "École d'été")
    await titled(desk, "100% boat", "It cleans the Harbour.")
    assert [item.title for item in (await listed(desk, query=query)).items] == found


async def test_narrowing_by_task_and_state(desk: Desk) -> None:
    done = await titled(desk, "One")
    async with desk.db.begin() as tx:
        other = await add_letter_task(tx, desk.user, name_for_system="other_letter")
    desk.script(ASK)
    asking = await desk.create(task_id=other.task_id)
    await desk.submit(asking)
    await desk.run()
    assert ids(await listed(desk, task_ids=[other.task_id])) == [asking.execution_id]
    assert ids(await listed(desk, user_task_ids=[done.user_task_id])) == [done.execution_id]
    assert ids(await listed(desk, states=[ExecutionState.ASKING])) == [asking.execution_id]
    both = [ExecutionState.ASKING, ExecutionState.DONE]
    assert ids(await listed(desk, states=both)) == [asking.execution_id, done.execution_id]
    assert ids(await listed(desk, states=[ExecutionState.FAILED])) == []
    async with desk.db.begin() as tx:
        uses = await last_uses(tx, desk.caller, task_ids=[other.task_id, desk.task.task_id])
        assert await last_uses(tx, desk.caller, task_ids=[]) == {}
    assert uses == {
        other.task_id: desk.db.clock.now(),
        desk.task.task_id: desk.db.clock.now(),
    }


async def test_a_list_asks_a_constant_number_of_statements(desk: Desk) -> None:
    numbers = []
    for n_more in (1, 2):
        for _ in range(n_more):
            await titled(desk, "One")
        await listed(desk)
        with statements() as seen:
            await listed(desk)
        numbers.append(len(seen))
        with statements() as seen:
            await listed(desk, is_text_included=False)
        numbers.append(len(seen))
    assert set(numbers) == {1}


async def test_others_lists_are_their_own(desk: Desk) -> None:
    await titled(desk, "One")
    bob = person(await new_person(desk.db, "bob@example.com"))
    async with desk.db.begin() as tx:
        assert (await list_executions(tx, bob, window=Window())).items == ()
        assert (await list_executions(tx, bob, window=Window(limit=0))).items == ()


async def test_deleting_and_restoring(desk: Desk) -> None:
    execution = await titled(desk, "One")
    async with desk.db.begin() as tx:
        await delete_execution(tx, desk.caller, execution_id=execution.execution_id)
    assert (await listed(desk)).items == ()
    async with desk.db.begin() as tx:
        with pytest.raises(ExecutionNotFound):
            await access_execution(tx, desk.caller, execution_id=execution.execution_id)
        with pytest.raises(ExecutionNotFound):
            await delete_execution(tx, desk.caller, execution_id=execution.execution_id)
        with pytest.raises(ExecutionNotFound):
            await set_title(tx, desk.caller, execution_id=execution.execution_id, title="x")
        assert await find_execution_by_session(tx, session_ids=[execution.session_id]) == {}
        kept = await get_executions(tx, execution_ids=[execution.execution_id, 99])
        assert [item.deleted_at for item in kept.values()] == [desk.db.clock.now()]
    with pytest.raises(ExecutionNotFound):
        await desk.say(execution, "Hi")
    for _ in range(2):
        async with desk.db.begin() as tx:
            restored = await restore_execution(tx, desk.caller, execution_id=execution.execution_id)
    assert restored == execution
    assert (await listed(desk)).items == (as_listed(execution),)
    kinds = [type(event) for event in desk.events]
    assert (kinds.count(ExecutionDeleted), kinds.count(ExecutionRestored)) == (1, 1)
    assert "user execution.deleted" in await desk.kinds()


async def test_deleting_before_a_result_gives_the_run_back(desk: Desk) -> None:
    desk.script(ASK)
    execution = await desk.create()
    await desk.submit(execution)
    await desk.run()
    assert await desk.runs() == (1, 0)
    async with desk.db.begin() as tx:
        await delete_execution(tx, desk.caller, execution_id=execution.execution_id)
    assert await desk.runs() == (0, 0)
    async with desk.db.begin() as tx:
        await restore_execution(tx, desk.caller, execution_id=execution.execution_id)
    desk.model.add(delivery(), label="instruct_run")
    await desk.say(execution, "Bo")
    assert await desk.runs() == (1, 0)
    await desk.run()
    assert await desk.runs() == (0, 1)


async def test_deleting_before_the_worker_came(desk: Desk) -> None:
    execution = await desk.create()
    await desk.submit(execution)
    async with desk.db.begin() as tx:
        await delete_execution(tx, desk.caller, execution_id=execution.execution_id)
    assert await desk.runs() == (0, 0)
    await desk.run()
    assert desk.model.requests == []


async def test_others_executions_are_unknown(desk: Desk) -> None:
    execution = await desk.create()
    bob = person(await new_person(desk.db, "bob@example.com"))
    async with desk.db.begin() as tx:
        for use in (access_execution, delete_execution, restore_execution):
            with pytest.raises(ExecutionNotFound):
                await use(tx, bob, execution_id=execution.execution_id)
        with pytest.raises(ExecutionNotFound):
            await set_title(tx, bob, execution_id=execution.execution_id, title="x")


async def test_the_newest_execution_of_a_session(desk: Desk) -> None:
    execution = await desk.create()
    async with desk.db.begin() as tx:
        found = await find_execution_by_session(tx, session_ids=[execution.session_id, new_id()])
        assert await find_execution_by_session(tx, session_ids=[]) == {}
        assert await get_executions(tx, execution_ids=[]) == {}
    assert found == {execution.session_id: execution.execution_id}


async def test_a_title_of_ones_own(desk: Desk) -> None:
    execution = await titled(desk, "One")
    async with desk.db.begin() as tx:
        renamed = await set_title(
            tx, desk.caller, execution_id=execution.execution_id, title="  My\n own  "
        )
        with pytest.raises(EmptyTitle):
            await set_title(tx, desk.caller, execution_id=execution.execution_id, title=" \x00")
    assert (renamed.title, renamed.summary) == ("My own", "A summary.")
    assert ids(await listed(desk, query="own")) == [execution.execution_id]
    assert (await desk.kinds())[-2:] == ["user execution.titled", "session execution.titled"]


async def test_the_persons_title_stays_when_the_models_comes(desk: Desk) -> None:
    execution = await desk.create()
    await desk.submit(execution)
    async with desk.db.begin() as tx:
        await set_title(tx, desk.caller, execution_id=execution.execution_id, title="Mine")
    desk.script(delivery())
    await desk.run()
    named = await desk.read(execution)
    assert (named.title, named.summary) == ("Mine", "You want a letter. It is for Bo.")


async def test_the_title_is_told_while_the_summary_is_being_written(desk: Desk) -> None:
    execution = await desk.create()
    await desk.submit(execution)
    goes_on = asyncio.Event()
    early: list[str | asyncio.Event] = [
        "<title>A letter</title><summary>You want",
        goes_on,
        " a letter.</summary>",
    ]
    desk.model.add(early, label="title_and_summary")
    writing = asyncio.create_task(
        write_title_and_summary(desk.db, execution_id=execution.execution_id)
    )
    async with asyncio.timeout(10):
        while (named := await desk.read(execution)).title is None:
            await asyncio.sleep(0.01)
        assert (named.title, named.summary) == ("A letter", None)
        assert (await desk.kinds())[-1] == "session execution.titled"
        goes_on.set()
        await writing
    named = await desk.read(execution)
    assert (named.title, named.summary) == ("A letter", "You want a letter.")
    assert (await desk.kinds())[-1] == "user execution.changed"


async def test_a_name_is_written_once(desk: Desk) -> None:
    execution = await titled(desk, "One")
    asked = len(desk.model.requests)
    await write_title_and_summary(desk.db, execution_id=execution.execution_id)
    await write_title_and_summary(desk.db, execution_id=99)
    await write_title_and_summary(desk.db, execution_id=(await desk.create()).execution_id)
    assert len(desk.model.requests) == asked


@pytest.mark.parametrize(
    ("answer", "title", "summary"),
    [
        ("A plain title\nand more", "A plain title", None),
        ("<title>T</title>", "T", None),
        ("<title>T</title><summary>One. Two. Three. Four.</summary>", "T", "One. Two. Three."),
        ("<summary>S.</summary>", None, None),
        ("", None, None),
    ],
)
async def test_names_of_weak_models(
    desk: Desk, answer: str, title: str | None, summary: str | None
) -> None:
    desk.script(delivery(), title=answer)
    execution = await desk.create()
    await desk.submit(execution)
    await desk.run()
    named = await desk.read(execution)
    assert (named.title, named.summary) == (title, summary)
    assert named.state is ExecutionState.DONE


async def test_a_name_that_cannot_be_written_harms_nothing(desk: Desk) -> None:
    desk.script(delivery(), title=ModelKeyWrong(model="x", provider="y"))
    execution = await desk.create()
    await desk.submit(execution)
    with pytest.raises(ModelKeyWrong):
        await desk.run()
    named = await desk.read(execution)
    assert (named.title, named.state) == (None, ExecutionState.DONE)
