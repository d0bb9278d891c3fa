"""Adding, changing, reading and exporting tasks."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from mojodex.domains.catalog import (
    InputKind,
    InvalidTaskDefinition,
    PlatformUnknown,
    Task,
    TaskId,
    TaskKind,
    TaskNameTaken,
    TaskNotFound,
    access_task,
    add_task,
    apply_task,
    change_task,
    decode_changes,
    decode_definition,
    ensure_examples,
    export_task,
    find_task_by_name,
    get_task,
    get_tasks,
    list_offered_tasks,
    list_tasks,
    list_text_types,
)
from mojodex.domains.catalog.models import (
    MdPlatform,
    MdTask,
    MdTaskDisplayedData,
    MdTextType,
)
from mojodex.domains.catalog.service import EXAMPLES
from mojodex.domains.identity import Caller, CallerKind, Grant, GrantMissing, UserId, secret_caller
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import InvalidCursor, Window, encode_cursor
from mojodex.platform.db import Database, Tx
from tests.domains.catalog.definitions import (
    make_action,
    make_definition,
    make_display,
    make_input,
)
from tests.domains.counting import statements

BACKOFFICE = secret_caller("backoffice")
SOMEBODY = Caller(kind=CallerKind.USER, user_id=UserId(new_id()), grants=frozenset({Grant.STAFF}))


async def add(tx: Tx, **changes: Any) -> Task:
    return await add_task(tx, BACKOFFICE, definition=decode_definition(make_definition(**changes)))


async def change(tx: Tx, task: Task, **changes: Any) -> Task:
    return await change_task(tx, BACKOFFICE, task_id=task.task_id, changes=decode_changes(changes))


async def test_a_task_is_stored_whole(db: Database) -> None:
    async with db.begin() as tx:
        task = await add(
            tx,
            output_type="  Letter ",
            platforms=["webapp", "mobile"],
            visible_for_teasing=True,
            task_displayed_data=[
                make_display(
                    "en",
                    make_input(placeholder="Dear…", optional=True),
                    make_input(
                        type="drop_down_list",
                        input_name="tone",
                        possible_values=[{"value": "warm", "displayed_text": "Warm"}],
                    ),
                ),
                make_display("fr"),
            ],
        )
        assert await get_task(tx, task_id=task.task_id) == task
        assert await find_task_by_name(tx, name_for_system="write_letter") == task
        assert await find_task_by_name(tx, name_for_system="nothing") is None
    assert task.kind is TaskKind.INSTRUCT
    assert (task.text_type, task.platforms) == ("letter", ("mobile", "webapp"))
    assert task.is_visible_for_teasing
    assert task.is_result_chat_enabled
    assert [info.name for info in task.infos_to_extract] == ["reader"]
    notes, tone = task.display("en-GB").inputs
    assert (notes.placeholder, notes.is_optional, notes.choices) == ("Dear…", True, ())
    assert (tone.kind, tone.choices[0].label) == (InputKind.DROP_DOWN_LIST, "Warm")
    assert task.display("fr").name == "Letter (fr)"
    assert task.display("de").name == "Letter (en)"


@pytest.mark.parametrize(
    "caller", [SOMEBODY, secret_caller("scheduler"), Caller(kind=CallerKind.JOB)]
)
async def test_only_administrators_read_and_write_definitions(db: Database, caller: Caller) -> None:
    definition = decode_definition(make_definition())
    async with db.begin() as tx:
        task = await add(tx)
        attempts = [
            add_task(tx, caller, definition=definition),
            change_task(tx, caller, task_id=task.task_id, changes=decode_changes({})),
            apply_task(tx, caller, definition=make_definition()),
            access_task(tx, caller, task_id=task.task_id),
            list_tasks(tx, caller, window=Window()),
            list_text_types(tx, caller, window=Window()),
        ]
        for attempt in attempts:
            with pytest.raises(GrantMissing):
                await attempt
        admin = Caller(kind=CallerKind.USER, user_id=None, grants=frozenset({Grant.ADMIN}))
        assert await access_task(tx, admin, task_id=task.task_id) == task


async def test_a_name_is_taken_once(db: Database) -> None:
    async with db.begin() as tx:
        first = await add(tx)
        second = await add(tx, name_for_system="other")
        with pytest.raises(TaskNameTaken):
            await add(tx)
        with pytest.raises(TaskNameTaken):
            await change(tx, second, name_for_system="write_letter", icon="🐌")
        assert await get_task(tx, task_id=second.task_id) == second
        assert await change(tx, first, name_for_system="write_letter") == first


async def test_of_tasks_added_at_once_one_wins(committed_db: Database) -> None:
    async def attempt() -> Task:
        async with committed_db.begin() as tx:
            return await add(tx)

    outcomes = await asyncio.gather(*(attempt() for _ in range(5)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Task"] + ["TaskNameTaken"] * 4


async def test_definitions_applied_at_once_make_one_task(committed_db: Database) -> None:
    async def attempt(number: int) -> bool:
        async with committed_db.begin() as tx:
            raw = make_definition(icon=str(number), output_type=f"type {number}")
            return (await apply_task(tx, BACKOFFICE, definition=raw)).is_new

    outcomes = await asyncio.gather(*(attempt(number) for number in range(5)))
    assert sorted(outcomes) == [False] * 4 + [True]


async def test_a_change_upserts_languages_and_replaces_platforms(db: Database) -> None:
    async with db.begin() as tx:
        task = await add(tx, platforms=["webapp", "mobile"])
        changed = await change(
            tx,
            task,
            platforms=["chrome"],
            icon="🖋️",
            result_chat_enabled=False,
            infos_to_extract=[],
            task_displayed_data=[
                make_display("fr", name_for_user="Lettre"),
                make_display("es", name_for_user="Carta"),
            ],
        )
        assert changed.platforms == ("chrome",)
        assert (changed.icon, changed.is_result_chat_enabled) == ("🖋️", False)
        assert changed.infos_to_extract == ()
        assert {code: each.name for code, each in changed.displays.items()} == {
            "en": "Letter (en)",
            "fr": "Lettre",
            "es": "Carta",
        }
        assert changed.definition_for_system == task.definition_for_system
        assert await change(tx, task) == changed


async def test_a_change_refuses_what_is_not_there(db: Database) -> None:
    async with db.begin() as tx:
        task = await add(tx)
        with pytest.raises(InvalidTaskDefinition) as caught:
            await change(tx, task, output_type="sonnet")
        assert caught.value.data["field"] == "output_type"
        with pytest.raises(TaskNotFound):
            await change_task(
                tx, BACKOFFICE, task_id=TaskId(10**15), changes=decode_changes({"icon": "x"})
            )
        with pytest.raises(TaskNotFound):
            await get_task(tx, task_id=TaskId(10**15))
        with pytest.raises(TaskNotFound):
            await access_task(tx, BACKOFFICE, task_id=TaskId(10**15))


async def test_predefined_actions_are_added_and_updated_never_removed(db: Database) -> None:
    async with db.begin() as tx:
        first = await add(tx, name_for_system="first")
        second = await add(tx, name_for_system="second")
        task = await add(tx, predefined_actions=[make_action(first.task_id, "en", "fr")])
        assert task.actions[0].task_id == first.task_id
        assert task.actions[0].display("fr-BE").name == "Go on (fr)"
        with pytest.raises(InvalidTaskDefinition) as caught:
            await change(tx, task, predefined_actions=[make_action(second.task_id, "fr")])
        assert caught.value.data["field"] == "predefined_actions[0].displayed_data"
        renamed = make_action(first.task_id, "fr")
        renamed["displayed_data"][0]["data"] = {"name": "Suite", "button_text": "Aller"}
        changed = await change(tx, task, predefined_actions=[renamed, make_action(second.task_id)])
        assert [action.task_id for action in changed.actions] == [first.task_id, second.task_id]
        action = changed.actions[0]
        assert (action.display("fr").name, action.display("fr").button_text) == ("Suite", "Aller")
        assert action.display("en").name == "Go on (en)"


async def test_an_action_of_no_task_is_named(db: Database) -> None:
    async with db.begin() as tx:
        first = await add(tx, name_for_system="first")
        actions = [make_action(first.task_id), make_action(10**12)]
        with pytest.raises(InvalidTaskDefinition) as caught:
            await add(tx, predefined_actions=actions)
        assert caught.value.data["field"] == "predefined_actions[1].task_pk"
        with pytest.raises(InvalidTaskDefinition):
            await change(tx, first, predefined_actions=actions)


async def test_an_exported_task_is_applied_without_a_change(db: Database) -> None:
    async with db.begin() as tx:
        first = await add(tx, name_for_system="first", visible_for_teasing=True)
        task = await add(
            tx,
            predefined_actions=[make_action(first.task_id, "en", "fr")],
            task_displayed_data=[
                make_display("en", make_input(optional=True, placeholder="…")),
            ],
        )
        for each in (first, task):
            applied = await apply_task(tx, BACKOFFICE, definition=export_task(each))
            assert not applied.is_new
            assert applied.task == each
    assert "optional" not in str(export_task(first))
    assert "visible_for_teasing" not in export_task(task)


async def test_a_definition_with_a_new_output_type_can_be_applied_again(db: Database) -> None:
    async with db.begin() as tx:
        await add(tx)
        applied = await apply_task(tx, BACKOFFICE, definition=make_definition(output_type="Sonnet"))
        assert applied.task.text_type == "sonnet"


async def test_a_list_asks_once_whatever_its_length(db: Database) -> None:
    async with db.begin() as tx:
        tasks = [await add(tx, name_for_system="task_0")]
        with statements() as seen:
            await list_tasks(tx, BACKOFFICE, window=Window())
        assert len(seen) == 1
        for number in range(1, 6):
            action = make_action(tasks[0].task_id)
            tasks.append(
                await add(tx, name_for_system=f"task_{number}", predefined_actions=[action])
            )
        with statements() as seen:
            page = await list_tasks(tx, BACKOFFICE, window=Window())
        assert len(seen) == 1
        assert list(page.items) == tasks
        with statements() as seen:
            found = await get_tasks(tx, task_ids=[task.task_id for task in tasks])
        assert len(seen) == 1
        assert list(found.values()) == tasks
        assert await get_tasks(tx, task_ids=[]) == {}


async def test_lists_come_in_pages(db: Database) -> None:
    async with db.begin() as tx:
        tasks = [await add(tx, name_for_system=f"task_{number}") for number in range(3)]
        first = await list_tasks(tx, BACKOFFICE, window=Window(limit=2))
        assert list(first.items) == tasks[:2]
        second = await list_tasks(tx, BACKOFFICE, window=Window(limit=2, cursor=first.next_cursor))
        assert (list(second.items), second.next_cursor) == (tasks[2:], None)
        offset = await list_tasks(tx, BACKOFFICE, window=Window(limit=2, offset=2))
        assert list(offset.items) == tasks[2:]
        with pytest.raises(InvalidCursor):
            await list_tasks(tx, BACKOFFICE, window=Window(cursor=encode_cursor("x")))
        types = await list_text_types(tx, BACKOFFICE, window=Window(limit=1))
        assert [each.name for each in types.items] == ["document"]


async def test_tasks_are_offered_by_platform(db: Database) -> None:
    async with db.begin() as tx:
        web = await add(tx, name_for_system="web")
        phone = await add(
            tx, name_for_system="phone", platforms=["mobile"], visible_for_teasing=True
        )
        silent = await add(tx, name_for_system="silent")
        await tx.execute(
            delete(MdTaskDisplayedData).where(MdTaskDisplayedData.task_fk == silent.task_id)
        )
        everywhere = await list_offered_tasks(tx)
        assert [each.task_id for each in everywhere] == [web.task_id, phone.task_id]
        assert [each.is_visible_for_teasing for each in everywhere] == [False, True]
        mobile = await list_offered_tasks(tx, platform="mobile")
        assert [each.task_id for each in mobile] == [phone.task_id]
        assert await list_offered_tasks(tx, platform="outlook") == ()
        with pytest.raises(PlatformUnknown):
            await list_offered_tasks(tx, platform="desk\x00")


async def test_the_examples_take_the_numbers_that_clients_know(committed_db: Database) -> None:
    async def ensure() -> tuple[TaskId, ...]:
        async with committed_db.begin() as tx:
            return await ensure_examples(tx)

    outcomes = await asyncio.gather(ensure(), ensure(), ensure())
    assert set(outcomes) == {(1, 2, 3, 4, 5, 6)}
    async with committed_db.begin() as tx:
        page = await list_tasks(tx, BACKOFFICE, window=Window())
        assert tuple(task.name_for_system for task in page.items) == EXAMPLES
        assert [task.platforms for task in page.items] == [
            ("mobile",),
            ("mobile", "webapp"),
            ("mobile",),
            ("mobile", "webapp"),
            ("mobile", "webapp"),
            ("mobile", "webapp"),
        ]
        types = await tx.execute(select(MdTextType.text_type_pk, MdTextType.name))
        assert dict(types.all()) == {
            1: "meeting_minutes",
            2: "email",
            3: "document",
            4: "poem",
        }
        platforms = await tx.execute(select(MdPlatform.platform_pk, MdPlatform.name))
        assert dict(platforms.all()) == {
            1: "mobile",
            2: "webapp",
            3: "chrome",
            4: "outlook",
        }
        own = await add(tx, output_type="letter")
        assert own.task_id == 7
        assert own.text_type_id == 5


async def test_the_examples_respect_what_an_administrator_did(db: Database) -> None:
    async with db.begin() as tx:
        own = await add(tx, output_type="poem")
        await ensure_examples(tx)
        mine = await change_task(
            tx,
            BACKOFFICE,
            task_id=(await find_ids(tx))["general_assistance"],
            changes=decode_changes({"icon": "🦉"}),
        )
        await tx.execute(delete(MdTask).where(MdTask.name_for_system == EXAMPLES[0]))
        ids = await ensure_examples(tx)
        assert (await get_task(tx, task_id=mine.task_id)).icon == "🦉"
        assert await get_task(tx, task_id=own.task_id) == own
        assert len(set(ids)) == 6
        with statements() as seen:
            assert await ensure_examples(tx) == ids
        assert len(seen) == 1


async def find_ids(tx: Tx) -> dict[str, TaskId]:
    page = await list_tasks(tx, BACKOFFICE, window=Window())
    return {task.name_for_system: task.task_id for task in page.items}


async def test_a_task_written_by_sql_is_read(db: Database) -> None:
    async with db.begin() as tx:
        await tx.execute(
            text("""
            WITH task AS (
                INSERT INTO md_task (name_for_system, definition_for_system, final_instruction)
                VALUES ('by_sql', 'The user needs a rhyme', 'Rhyme.') RETURNING task_pk
            )
            INSERT INTO md_task_displayed_data
                (task_fk, language_code, name_for_user, definition_for_user, json_input)
            SELECT task_pk, 'en', 'Rhyme', 'Finds a rhyme',
                '[{"type": "text_area", "input_name": "word", "description_for_user": "Word",
                   "description_for_system": "A word"}]'
            FROM task""")
        )
        task = await find_task_by_name(tx, name_for_system="by_sql")
        assert task is not None
        assert (task.kind, task.text_type, task.platforms) == (TaskKind.INSTRUCT, None, ())
        assert task.display("en").inputs[0].name == "word"
        await tx.execute(update(MdTask).values(type="workflow"))
        assert (await get_task(tx, task_id=task.task_id)).kind is TaskKind.WORKFLOW
