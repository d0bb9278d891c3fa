"""Tasks are kept in memory, and never older than the database."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from mojodex.domains.catalog import CATALOG_REVISION, TaskNotFound, get_task, list_offered_tasks
from mojodex.platform.db import Database, Prepared
from tests.domains.catalog.test_tasks import add
from tests.domains.counting import statements

ICON = "UPDATE md_task SET icon = %s"
#: A change of each table that a task is made of.
CHANGES = (
    "INSERT INTO md_task (name_for_system, definition_for_system) VALUES ('new', 'new')",
    "UPDATE md_task SET icon = 'x'",
    "UPDATE md_task_displayed_data SET name_for_user = 'x'",
    "UPDATE md_text_type SET name = name || 'x'",
    "UPDATE md_platform SET name = name || 'x'",
    "DELETE FROM md_task_platform_association",
    "DELETE FROM md_predefined_action_displayed_data",
    "DELETE FROM md_task_predefined_action_association",
    "DELETE FROM md_task",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_is_seen_by_the_next_statement(db: Database, change: str) -> None:
    async with db.begin() as tx:
        await add(tx)
        before = await list_offered_tasks(tx)
        with statements() as seen:
            assert await list_offered_tasks(tx) == before
        assert len(seen) == 1
        await tx.execute(text(change))
        with statements() as seen:
            await list_offered_tasks(tx)
        assert len(seen) == 2


async def test_nothing_is_asked_by_who_has_read_the_revision(db: Database) -> None:
    async with db.begin() as tx:
        await add(tx)
        tasks = await list_offered_tasks(tx)
        revision = (await tx.fetch(Prepared(CATALOG_REVISION.element), {}))[0][0]
        with statements() as seen:
            assert await list_offered_tasks(tx, as_of=revision) == tasks
        assert seen == []


async def test_a_change_of_another_process_is_seen_once_it_is_committed(
    committed_db: Database, pg_url: str
) -> None:
    async with committed_db.begin() as tx:
        task_id = (await add(tx)).task_id

    async def icon() -> str:
        async with committed_db.read() as tx:
            return (await get_task(tx, task_id=task_id)).icon

    before = await icon()
    async with await psycopg.AsyncConnection.connect(pg_url) as other:
        await other.execute(ICON, ("🦉",))
        assert await icon() == before
        await other.rollback()
        assert await icon() == before
        await other.execute(ICON, ("🦊",))
        await other.commit()
        assert await icon() == "🦊"
        await other.execute("DELETE FROM md_task")
        await other.commit()
        with pytest.raises(TaskNotFound):
            await icon()


async def test_what_was_undone_is_not_remembered(committed_db: Database) -> None:
    async with committed_db.begin() as tx:
        task_id = (await add(tx)).task_id
    with pytest.raises(LookupError):
        async with committed_db.begin() as tx:
            await tx.execute(text("UPDATE md_task SET icon = '🦉'"))
            assert (await get_task(tx, task_id=task_id)).icon == "🦉"
            raise LookupError
    async with committed_db.read() as reading:
        assert (await get_task(reading, task_id=task_id)).icon != "🦉"


async def test_two_who_change_the_catalogue_go_one_after_the_other(committed_db: Database) -> None:
    async def change(name: str) -> None:
        async with committed_db.begin() as tx:
            await add(tx, name_for_system=name, output_type=name)

    names = [f"task_{number}" for number in range(4)]
    await asyncio.gather(*(change(name) for name in names))
    async with committed_db.read() as tx:
        found = [task.name_for_system for task in await list_offered_tasks(tx)]
    assert sorted(found) == names
