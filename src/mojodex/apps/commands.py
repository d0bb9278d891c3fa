"""What the command line does to the data, beside a running server or without one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from mojodex.apps.migrations import load_models
from mojodex.apps.storage import borrow_storage
from mojodex.apps.wiring import all_jobs, build_event_bus
from mojodex.domains import catalog, identity, purchases
from mojodex.platform.db import Database
from mojodex.platform.events import EventBus
from mojodex.platform.jobs import JobQueue
from mojodex.platform.settings import Settings

#: Whoever runs commands on the machine may do what the back office may.
OPERATOR = identity.secret_caller("backoffice")


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """An account to be made."""

    email: str
    name: str
    password: str = field(repr=False)
    language: str
    is_admin: bool
    with_tasks: bool


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """A database with what use cases need of its provisions."""
    load_models()
    async with borrow_storage(settings) as url:
        db = Database(url, pool_size=2)
        db.provide(EventBus, build_event_bus())
        db.provide(JobQueue, JobQueue(db, all_jobs()))
        try:
            yield db
        finally:
            await db.close()


async def create_user(settings: Settings, new: NewUser) -> str:
    """Make the account. Returns a sentence. Raises what `identity.create_user` raises."""
    async with opened_database(settings) as db:
        user = await identity.create_user(
            db,
            OPERATOR,
            email=new.email,
            name=new.name,
            password=new.password,
            language_code=new.language,
            grants=(identity.Grant.ADMIN,) if new.is_admin else (),
            accept_terms=True,
        )
        if new.with_tasks:
            async with db.begin() as tx:
                product_id = await purchases.ensure_examples(tx)
                await purchases.grant_product(
                    tx, OPERATOR, user_id=user.user_id, product_id=product_id, never_expires=True
                )
    return f"{user.email} can log in."


async def delete_user(settings: Settings, email: str) -> str:
    """Remove the account. Returns a sentence. Raises `UserNotFound`."""
    async with opened_database(settings) as db, db.begin() as tx:
        user = await identity.find_user_by_email(tx, email=email)
        if user is None:
            raise identity.UserNotFound()
        await identity.delete_user(tx, OPERATOR, user_id=user.user_id)
    return f"{user.email} is out. A running server deletes what is left within a minute."


async def apply_tasks(
    settings: Settings, definitions: Mapping[str, dict[str, Any]], product: int | None
) -> list[str]:
    """Add or change the tasks, all of them or none, and give them to the product.

    Returns a line for each. Raises what `catalog.apply_task` raises, and `ProductNotFound`.
    """
    lines = []
    async with opened_database(settings) as db, db.begin() as tx:
        product_id = (
            purchases.ProductId(product)
            if product is not None
            else await purchases.ensure_examples(tx)
        )
        for name, definition in definitions.items():
            applied = await catalog.apply_task(tx, OPERATOR, definition=definition)
            task = applied.task
            lines.append(
                f"{name}: {'added' if applied.is_new else 'changed'} "
                f"{task.name_for_system} (task {task.task_id})"
            )
            if applied.is_new or product is not None:
                with suppress(purchases.TaskAlreadyAssociated):
                    await purchases.associate_task(
                        tx, OPERATOR, product_id=product_id, task_id=task.task_id
                    )
    return lines
