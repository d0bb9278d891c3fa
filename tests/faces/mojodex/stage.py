"""People, what they own, and a client that speaks the wire to an application without a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from mojodex.domains import purchases
from mojodex.domains.catalog import add_task, decode_definition, export_task, find_task_by_name
from mojodex.domains.chat import Platform, Upload
from mojodex.domains.executions import (
    Execution,
    access_execution,
    create_execution,
    run_by_form,
    save_form_file,
)
from mojodex.domains.identity import Caller, authenticate, create_user, log_in, secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.mojodex import ROUTES, HttpRouteManager, Route
from mojodex.faces.mojodex.wire import Authentication, Place
from mojodex.platform.db import Database
from tests.harness.doubles import Doubles
from tests.harness.files import PNG

PASSWORD = "correct horse battery"
SECRET = "backoffice-secret-of-the-tests"
OFFICE = secret_caller(BACKOFFICE)
TASK_NAME = "follow-up_email"
INPUT_NAME = "meeting_informations"
NOTES = "Met the customer; the offer is due on Friday."
FILE_FIELDS = {
    "photo": "image",
    "shelves": "multiple_images",
    "memo": "audio_file",
    "tour": "video",
}
#: A part has a name, the file's own name, its content and its claimed type.
Files = Mapping[str, tuple[str, bytes, str]] | Sequence[tuple[str, tuple[str, bytes, str]]]
TABLE: Mapping[str, Route] = {route.name: route for route in ROUTES}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a log-in and some work: `done` has a text, `fresh` waits for its form, `form`
    takes files, and `picture` was sent for it."""

    email: str
    token: str
    user_task_pk: int
    done: Execution
    fresh: Execution
    form: Execution
    picture: Upload

    @property
    def session_id(self) -> str:
        return self.done.session_id.hex


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What every test finds: two people who have each run the example task once, and a task that
    no product gives."""

    ada: Person
    bob: Person
    product_pk: int
    task_pk: int
    spare_task_pk: int
    definition: dict[str, Any]
    #: What lies on the disk, by key.
    files: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An application over a database whose changes disappear, and the cast."""

    db: Database
    doubles: Doubles
    client: httpx.AsyncClient
    cast: Cast

    @property
    def ada(self) -> Person:
        return self.cast.ada

    @property
    def bob(self) -> Person:
        return self.cast.bob

    def values(self, name: str, person: Person | None = None) -> dict[str, Any]:
        """Good values for a route, with the ids of `person` (ada)."""
        person = person or self.ada
        return good_values(self.cast, person)[name]

    async def call(
        self,
        name: str,
        values: Mapping[str, Any] | None = None,
        *,
        person: Person | None = None,
        token: str | None = None,
        files: Files | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Call a route as its clients do; `changes` replace single good values, or drop them."""
        route = TABLE[name]
        sent = dict(self.values(name, person) if values is None else values) | dict(changes or {})
        sent = {key: value for key, value in sent.items() if value is not DROPPED}
        if token is None:
            token = self.credential(route, person or self.ada)
        return await self.client.request(
            route.method,
            route.path,
            headers={} if token == ANONYMOUS else {b"Authorization": token.encode("latin-1")},
            **_body(route, sent, files),
        )

    @staticmethod
    def credential(route: Route, person: Person) -> str:
        if route.authentication is Authentication.BACKOFFICE:
            return SECRET
        return person.token if route.authentication is Authentication.USER else ANONYMOUS

    async def caller(self, person: Person) -> Caller:
        async with self.db.begin() as tx:
            return await authenticate(tx, token=person.token)

    async def work(self) -> None:
        """Let everything that waits be done."""
        await self.doubles.jobs.run_all(self.db)


#: A value that is not sent.
DROPPED: Any = object()
ANONYMOUS = ""


def _body(route: Route, sent: Mapping[str, Any], files: Files | None) -> dict[str, Any]:
    if route.place is Place.QUERY:
        return {"params": sent}
    if route.place is Place.BODY:
        return {"json": sent}
    parts: list[Any] = [(key, (None, str(value))) for key, value in sent.items()]
    return {"files": parts + list(files.items() if isinstance(files, Mapping) else files or ())}


def good_values(cast: Cast, person: Person) -> dict[str, dict[str, Any]]:
    """What a client sends that does everything right, by route."""
    now = {"datetime": "2026-11-02T09:30:00.000Z"}
    done = {"user_task_execution_pk": person.done.execution_id}
    return {
        "POST /user": now
        | {"email": person.email, "password": PASSWORD, "login_method": "email_password"},
        "GET /language": now | {"language_code": "fr"},
        "POST /language": now | {"language_code": "fr"},
        "POST /timezone": now | {"timezone_offset": "-120"},
        "GET /onboarding": now,
        "GET /purchase": now,
        "GET /user_task": now,
        "PUT /user_task_execution": now | {"user_task_pk": person.user_task_pk},
        "GET /user_task_execution": now,
        "DELETE /user_task_execution": now | done,
        "POST /user_task_execution_run": _form(now, person),
        "PUT /user_task_execution_run": _form(now, person),
        "POST /user_task_execution_title": now | done | {"title": "Mine"},
        "GET /user_task_execution_produced_text": now | done | {"produced_text_version_index": 1},
        "POST /produced_text": now | {"produced_text_pk": _text_pk(person), "production": "B"},
        "PUT /session": now | {"platform": "webapp"},
        "GET /session": now,
        "GET /message": now | {"session_id": person.session_id},
        "PUT /user_message": {
            "session_id": person.session_id,
            "message_id": f"2026-11-02T10:30:00_{person.session_id}",
            "message_date": "2026-11-02T10:30:00.123456",
            "text": "Shorter, please.",
        },
        "GET /image": now
        | {"session_id": person.form.session_id.hex, "filename": person.picture.stored_name},
        "GET /todos": now,
        "GET /task": now | {"task_pk": cast.task_pk},
        "PUT /task": now | cast.definition | {"name_for_system": "another_task"},
        "POST /task": now | {"task_pk": cast.task_pk, "icon": "💌"},
        "PUT /product_task_association": now
        | {"product_pk": cast.product_pk, "task_pk": cast.spare_task_pk},
    }


def _form(now: dict[str, Any], person: Person) -> dict[str, Any]:
    inputs = f'[{{"input_name": "{INPUT_NAME}", "input_value": "{NOTES}"}}]'
    return now | {"user_task_execution_pk": person.fresh.execution_id, "inputs": inputs}


def _text_pk(person: Person) -> int:
    assert person.done.text is not None
    return person.done.text.produced_text_id


async def make_cast(db: Database, doubles: Doubles) -> Cast:
    """Fill an empty, migrated database."""
    async with db.begin() as tx:
        product_id = await purchases.ensure_examples(tx)
        task = await find_task_by_name(tx, name_for_system=TASK_NAME)
        assert task is not None
        definition = dict(export_task(task))
        spare = decode_definition(definition | {"name_for_system": "spare_task"})
        spare_task = await add_task(tx, OFFICE, definition=spare)
        files_task = await add_task(
            tx, OFFICE, definition=decode_definition(with_files(definition))
        )
        await purchases.associate_task(
            tx, OFFICE, product_id=product_id, task_id=files_task.task_id
        )
    numbers = (product_id, task.task_id, files_task.task_id)
    return Cast(
        ada=await _make_person(db, doubles, "ada", *numbers),
        bob=await _make_person(db, doubles, "bob", *numbers),
        product_pk=product_id,
        task_pk=task.task_id,
        spare_task_pk=spare_task.task_id,
        definition=definition,
        files=dict(doubles.media.files),
    )


def with_files(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition of a task whose form takes files of all kinds."""
    fields = [
        {
            "type": kind,
            "input_name": name,
            "description_for_user": name,
            "description_for_system": name,
            "optional": True,
        }
        for name, kind in FILE_FIELDS.items()
    ]
    displays = [{**each, "json_input": fields} for each in definition["task_displayed_data"]]
    return definition | {"name_for_system": "files_task", "task_displayed_data": displays}


@cache
def _manager() -> HttpRouteManager:
    """Built once per process: building all routes takes longer than most tests."""
    unused = Database("postgresql://nobody@localhost/none")
    return HttpRouteManager(unused, backoffice_secret=SECRET, is_demo_allowed=False)


def application_over(db: Database) -> FastAPI:
    """The root face's application; its requests go to `db` from now on."""
    _manager().serve_from(db)
    return _manager().app


def open_stage(db: Database, doubles: Doubles, cast: Cast) -> Stage:
    doubles.media.files.update(cast.files)
    transport = httpx.ASGITransport(app=application_over(db), raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://us.test")
    return Stage(db=db, doubles=doubles, client=client, cast=cast)


async def _make_person(
    db: Database,
    doubles: Doubles,
    name: str,
    product_id: purchases.ProductId,
    task_id: int,
    files_task_id: int,
) -> Person:
    email = f"{name}@example.org"
    user = await create_user(
        db, OFFICE, email=email, name=name, password=PASSWORD, accept_terms=True
    )
    login = await log_in(db, email=email, password=PASSWORD, client="tests")
    async with db.begin() as tx:
        await purchases.grant_product(tx, OFFICE, user_id=user.user_id, product_id=product_id)
        caller = await authenticate(tx, token=login.token)
        done = await create_execution(tx, caller, task_id=task_id, platform=Platform.WEBAPP)
        fresh = await create_execution(tx, caller, task_id=task_id, platform=Platform.WEBAPP)
        form = await create_execution(tx, caller, task_id=files_task_id, platform=Platform.WEBAPP)
        await run_by_form(
            tx, caller, execution_id=done.execution_id, values={INPUT_NAME: f"{name}: {NOTES}"}
        )
    await doubles.jobs.run_all(db)
    picture = await save_form_file(
        db,
        caller,
        execution_id=form.execution_id,
        input_name="photo",
        client_name=f"{name}.png",
        suffix=".png",
        media_type="image/png",
        content=PNG,
        max_bytes=len(PNG),
    )
    async with db.begin() as tx:
        done = await access_execution(tx, caller, execution_id=done.execution_id)
    return Person(
        email=email,
        token=login.token,
        user_task_pk=done.user_task_id,
        done=done,
        fresh=fresh,
        form=form,
        picture=picture,
    )


def unknown_session() -> str:
    return UUID(int=99).hex
