"""The people of the matrix and all that they own, made through the domains.

A world is made once per face in a database of its own; each cell then runs in a transaction that is
rolled back, so that cells do not disturb each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from mojodex.domains import catalog, executions, purchases
from mojodex.domains.chat import Platform, Upload
from mojodex.domains.executions import Execution
from mojodex.domains.identity import (
    Caller,
    Grant,
    authenticate,
    create_user,
    log_in,
    revoke_login,
    secret_caller,
)
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.platform.db import Database
from mojodex.platform.jobs import ImmediateJobs
from tests.harness.doubles import Doubles
from tests.harness.files import PNG

PASSWORD = "correct horse battery"
#: A task with one text area, in the example product.
TASK_NAME = "follow-up_email"
INPUT_NAME = "meeting_informations"
#: A task that no product contains.
SPARE_TASK_NAME = "spare_task"


#: The one field of the form of `form`.
PHOTO_NAME = "photo"


def _with_photo(raw: dict[str, Any]) -> dict[str, Any]:
    """A definition whose form takes a photo and nothing else."""
    field = {
        "type": "image",
        "input_name": PHOTO_NAME,
        "description_for_user": "Photo",
        "description_for_system": "A photo",
    }
    displays = [{**each, "json_input": [field]} for each in raw["task_displayed_data"]]
    return {**raw, "name_for_system": "photo_task", "task_displayed_data": displays}


@dataclass(frozen=True, kw_only=True)
class Things:
    """What one person owns. `done` has a text; `fresh` waits for its form; `queued` for a worker;
    `failed` may be tried again; `deleted` may be restored; `form` takes a photo, and `upload` is
    one that was sent for it."""

    user_task_id: int
    done: Execution
    fresh: Execution
    queued: Execution
    failed: Execution
    deleted: Execution
    form: Execution
    upload: Upload
    message_id: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a log-in. `marks` are words that nobody else may ever read."""

    email: str
    token: str
    user_id: UUID
    login_id: UUID
    marks: tuple[str, ...] = ()
    things: Things | None = None

    @property
    def own(self) -> Things:
        if self.things is None:
            raise LookupError(f"{self.email} owns nothing")
        return self.things


@dataclass(frozen=True, kw_only=True)
class World:
    """Everybody, and the rows that belong to all."""

    owner: Person
    other: Person
    ended: Person
    admin: Person
    removed: Person
    revoked: Person
    task_id: int
    spare_task_id: int
    product_id: int
    #: What lies on the disk, by key.
    files: Mapping[str, bytes]


async def build_world(db: Database, doubles: Doubles) -> World:
    """Fill an empty, migrated database."""
    builder = _Builder(db, doubles.jobs)
    await builder.make_catalogue()
    admin = await builder.make_person("admin", Grant.ADMIN)
    owner = await builder.make_worker("owner", admin)
    other = await builder.make_worker("other", admin)
    ended = await builder.make_worker("ended", admin)
    await builder.end_role(ended, admin)
    removed = await builder.make_worker("removed", admin)
    await builder.remove(removed)
    return World(
        owner=owner,
        other=other,
        ended=ended,
        admin=admin,
        removed=removed,
        revoked=await builder.make_revoked(owner),
        task_id=builder.task_id,
        spare_task_id=builder.spare_task_id,
        product_id=builder.product_id,
        files=dict(doubles.media.files),
    )


class _Builder:
    def __init__(self, db: Database, jobs: ImmediateJobs) -> None:
        self._db = db
        self._jobs = jobs
        self.task_id = self.spare_task_id = self.photo_task_id = self.product_id = 0
        self._office = secret_caller(BACKOFFICE)

    async def make_catalogue(self) -> None:
        async with self._db.begin() as tx:
            await catalog.ensure_examples(tx)
            self.product_id = await purchases.ensure_examples(tx)
            task = await catalog.find_task_by_name(tx, name_for_system=TASK_NAME)
            assert task is not None
            self.task_id = task.task_id
            raw = dict(catalog.export_task(task)) | {"name_for_system": SPARE_TASK_NAME}
            definition = catalog.decode_definition(raw)
            spare = await catalog.add_task(tx, self._office, definition=definition)
            self.spare_task_id = spare.task_id
            photo = await catalog.add_task(
                tx, self._office, definition=catalog.decode_definition(_with_photo(raw))
            )
            self.photo_task_id = photo.task_id
            await purchases.associate_task(
                tx, self._office, product_id=self.product_id, task_id=photo.task_id
            )

    async def make_person(self, name: str, *grants: Grant) -> Person:
        email = f"{name}@example.org"
        user = await create_user(
            self._db,
            self._office,
            email=email,
            name=f"Name-of-{name}",
            password=PASSWORD,
            grants=grants,
            accept_terms=True,
        )
        login = await log_in(self._db, email=email, password=PASSWORD, client="matrix")
        return Person(email=email, token=login.token, user_id=user.user_id, login_id=login.login_id)

    async def make_worker(self, name: str, admin: Person) -> Person:
        """A person who holds the example product and has worked with it."""
        person = await self.make_person(name)
        async with self._db.begin() as tx:
            await purchases.grant_product(
                tx,
                self._office,
                user_id=(await authenticate(tx, token=person.token)).require_user(),
                product_id=purchases.ProductId(self.product_id),
            )
        mark = f"Secret-of-{name}"
        things = await self._make_things(person, mark)
        marks = (mark, f"Name-of-{name}", person.email)
        return Person(
            email=person.email,
            token=person.token,
            user_id=person.user_id,
            login_id=person.login_id,
            marks=marks,
            things=things,
        )

    async def _make_things(self, person: Person, mark: str) -> Things:
        done = await self._start(person, mark)
        failed = await self._start(person, mark)
        deleted = await self._start(person, mark)
        await self._jobs.run_all(self._db)
        queued = await self._start(person, mark)
        self._jobs.waiting.clear()
        fresh = await self._create(person)
        form = await self._create(person, task_id=self.photo_task_id)
        upload = await self._send_photo(person, form, mark)
        async with self._db.begin() as tx:
            caller = await authenticate(tx, token=person.token)
            await tx.execute(
                text("UPDATE md_turn SET state = 'failed', error_code = 'model_timeout'"
                     " WHERE session_id = :session"),
                {"session": failed.session_id},
            )  # fmt: skip
            await executions.delete_execution(tx, caller, execution_id=deleted.execution_id)
            message_id = await tx.scalar(
                text("SELECT min(message_pk) FROM md_message WHERE session_id = :session"),
                {"session": done.session_id},
            )
            found = await executions.get_executions(
                tx,
                execution_ids=[one.execution_id for one in (done, fresh, queued, failed, deleted)],
            )
        assert found[done.execution_id].text is not None
        assert message_id is not None
        return Things(
            user_task_id=done.user_task_id,
            done=found[done.execution_id],
            fresh=found[fresh.execution_id],
            queued=found[queued.execution_id],
            failed=found[failed.execution_id],
            deleted=found[deleted.execution_id],
            form=form,
            upload=upload,
            message_id=message_id,
        )

    async def _create(self, person: Person, *, task_id: int | None = None) -> Execution:
        async with self._db.begin() as tx:
            caller = await authenticate(tx, token=person.token)
            return await executions.create_execution(
                tx, caller, task_id=task_id or self.task_id, platform=Platform.WEBAPP
            )

    async def _send_photo(self, person: Person, form: Execution, mark: str) -> Upload:
        async with self._db.begin() as tx:
            caller = await authenticate(tx, token=person.token)
        return await executions.save_form_file(
            self._db,
            caller,
            execution_id=form.execution_id,
            input_name=PHOTO_NAME,
            client_name=f"{mark}.png",
            suffix=".png",
            media_type="image/png",
            content=PNG,
            max_bytes=len(PNG),
        )

    async def _start(self, person: Person, mark: str) -> Execution:
        created = await self._create(person)
        async with self._db.begin() as tx:
            caller: Caller = await authenticate(tx, token=person.token)
            return await executions.run_by_form(
                tx,
                caller,
                execution_id=created.execution_id,
                values={INPUT_NAME: f"{mark}: met the customer, send the offer by Friday."},
            )

    async def end_role(self, person: Person, admin: Person) -> None:
        async with self._db.begin() as tx:
            caller = await authenticate(tx, token=person.token)
            [purchase] = await purchases.current_purchases(tx, caller)
            await purchases.end_purchase(tx, self._office, purchase_id=purchase.purchase_id)

    async def remove(self, person: Person) -> None:
        """Delete an account, as the purge of accounts will."""
        async with self._db.begin() as tx:
            await tx.execute(
                text("UPDATE md_user SET deleted_at = :now WHERE user_id = :user_id"),
                {"now": tx.clock.now() - timedelta(seconds=1), "user_id": person.user_id},
            )

    async def make_revoked(self, owner: Person) -> Person:
        """A log-in of the owner that the owner has ended."""
        login = await log_in(self._db, email=owner.email, password=PASSWORD, client="old phone")
        async with self._db.begin() as tx:
            caller = await authenticate(tx, token=owner.token)
            await revoke_login(tx, caller, login_id=login.login_id)
        return Person(
            email=owner.email,
            token=login.token,
            user_id=owner.user_id,
            login_id=login.login_id,
        )
