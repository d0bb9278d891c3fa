"""What the how-tos say is done here to the letter."""

import json
import re
from pathlib import Path

import psycopg
import pytest

from mojodex.apps.migrations import load_models
from mojodex.apps.seed import seed
from mojodex.domains import catalog, identity, purchases
from mojodex.kit.pagination import Window
from mojodex.platform.db import Database
from mojodex.platform.settings import load_settings

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def code_block(page: str, language: str) -> str:
    """The first block of a language on a page."""
    text = (HOW_TO / page).read_text()
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
async def filled_db(committed_db: Database) -> Database:
    """A database as the first start leaves it, with the demo account."""
    load_models()
    await seed(committed_db, load_settings({"MOJODEX_DEMO": "true"}, env_file=None))
    return committed_db


async def task_names(db: Database) -> set[str]:
    """Names of the tasks that the demo account may run."""
    async with db.begin() as tx:
        user = await identity.find_user_by_email(tx, email="demo@example.com")
        assert user is not None
        caller = identity.Caller(kind=identity.CallerKind.USER, user_id=user.user_id)
        page = await purchases.list_user_tasks(tx, caller, window=Window(limit=100))
        tasks = await catalog.get_tasks(tx, task_ids=[item.task_id for item in page.items])
    enabled = {item.task_id for item in page.items if item.is_enabled}
    return {task.name_for_system for task in tasks.values() if task.task_id in enabled}


async def test_the_file_of_the_page_is_a_definition(filled_db: Database) -> None:
    definition = json.loads(code_block("add-a-task-by-file.md", "json"))
    operator = identity.secret_caller("backoffice")
    async with filled_db.begin() as tx:
        applied = await catalog.apply_task(tx, operator, definition=definition)
        product_id = await purchases.ensure_examples(tx)
        await purchases.associate_task(
            tx, operator, product_id=product_id, task_id=applied.task.task_id
        )
    assert "reply_to_complaint" in await task_names(filled_db)


async def test_the_statements_of_the_page_make_a_task_that_runs(filled_db: Database) -> None:
    assert "thank_a_customer" not in await task_names(filled_db)
    with psycopg.connect(filled_db.url, autocommit=True) as connection:
        connection.execute(code_block("add-a-task-by-sql.md", "sql").encode())
    assert "thank_a_customer" in await task_names(filled_db)
    async with filled_db.begin() as tx:
        task = await catalog.find_task_by_name(tx, name_for_system="thank_a_customer")
    assert task is not None
    assert [field.name for field in task.display("fr").inputs] == ["reason"]
