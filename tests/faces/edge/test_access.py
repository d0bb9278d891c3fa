"""Deny by default, one transaction per request, committed before the answer leaves."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from mojodex.domains.identity import (
    Grant,
    authenticate,
    create_user,
    log_in,
    log_out,
    secret_caller,
)
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.edge import (
    LOGIN_COOKIE,
    Access,
    Admin,
    AdminApart,
    Anyone,
    Edge,
    EdgeRoute,
    InvalidRequest,
    OriginPolicy,
    Person,
    PersonApart,
    RequestDb,
    RequestTx,
    TokenForm,
    UndeclaredAccess,
    declared_routes,
    install_edge,
)
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, is_transaction_open

PASSWORD = "correct horse battery"


def build_router() -> APIRouter:
    router = APIRouter(route_class=EdgeRoute)

    @router.post("/notes")
    async def write(tx: RequestTx, _: Anyone, value: int) -> int:
        await tx.execute(text("INSERT INTO notes VALUES (:value)"), {"value": value})
        return value

    @router.post("/notes/refused")
    async def write_and_refuse(tx: RequestTx, _: Anyone, value: int) -> int:
        await tx.execute(text("INSERT INTO notes VALUES (:value)"), {"value": value})
        raise InvalidRequest()

    @router.post("/notes/crash")
    async def write_and_crash(tx: RequestTx, _: Anyone, value: int) -> int:
        await tx.execute(text("INSERT INTO notes VALUES (:value)"), {"value": value})
        raise RuntimeError("as written")

    @router.get("/mine")
    async def read(tx: RequestTx, caller: Person) -> str:
        return str(caller.user_id)

    @router.post("/mine")
    async def change(tx: RequestTx, caller: Person) -> str:
        return str(caller.user_id)

    @router.post("/apart")
    async def apart(caller: PersonApart, db: RequestDb) -> bool:
        return is_transaction_open()

    @router.get("/admin")
    async def administrate(tx: RequestTx, caller: Admin) -> str:
        return str(caller.user_id)

    @router.post("/admin/apart")
    async def administrate_apart(caller: AdminApart, db: RequestDb) -> bool:
        return is_transaction_open()

    return router


def build_app(db: Database, forms: frozenset[TokenForm] = frozenset(TokenForm)) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(build_router())

    @app.exception_handler(AppError)
    async def on_error(_request: object, error: AppError) -> PlainTextResponse:
        status = {"unauthenticated": 401, "forbidden": 403}.get(error.kind, 422)
        return PlainTextResponse(error.code, status_code=status)

    install_edge(app, Edge(db=db, forms=forms, origins=OriginPolicy(["http://us.test"])))
    return app


def client_of(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://us.test")


@pytest.fixture
async def notes(committed_db: Database) -> Database:
    async with committed_db.begin() as tx:
        await tx.execute(
            text("CREATE TABLE notes (value int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    return committed_db


@pytest.fixture
async def client(notes: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(build_app(notes)) as client:
        yield client


async def read_notes(db: Database) -> list[int]:
    async with db.begin() as tx:
        return list(await tx.scalars(text("SELECT value FROM notes ORDER BY value")))


async def make_login(db: Database, email: str, *grants: Grant) -> str:
    await create_user(
        db,
        secret_caller(BACKOFFICE),
        email=email,
        name="Somebody",
        password=PASSWORD,
        grants=grants,
    )
    login = await log_in(db, email=email, password=PASSWORD, client="test")
    return login.token


async def test_a_good_request_commits(client: httpx.AsyncClient, notes: Database) -> None:
    assert (await client.post("/notes?value=1")).status_code == 200
    assert await read_notes(notes) == [1]


async def test_a_failed_commit_is_an_error_and_not_a_success(
    client: httpx.AsyncClient, notes: Database
) -> None:
    await client.post("/notes?value=1")
    answer = await client.post("/notes?value=1")
    assert answer.status_code == 500
    assert await read_notes(notes) == [1]


async def test_errors_undo_everything(client: httpx.AsyncClient, notes: Database) -> None:
    assert (await client.post("/notes/refused?value=2")).status_code == 422
    assert (await client.post("/notes/crash?value=3")).status_code == 500
    assert (await client.post("/notes?value=nonsense")).status_code == 422
    assert await read_notes(notes) == []


async def test_the_answer_leaves_after_the_commit(notes: Database, pg_url: str) -> None:
    app = build_app(notes)
    seen: list[int] = []

    async def spy(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                with psycopg.connect(pg_url) as connection:
                    row = connection.execute("SELECT count(*) FROM notes").fetchone()
                    seen.append(row[0] if row else -1)
            await send(message)

        await app(scope, receive, watch)

    async with client_of(spy) as client:
        await client.post("/notes?value=7")
    assert seen == [1]


async def test_every_form_of_a_token_leads_to_the_same_person(
    client: httpx.AsyncClient, notes: Database
) -> None:
    token = await make_login(notes, "a@example.org")
    answers = [
        await client.get("/mine", headers={"Authorization": token}),
        await client.get("/mine", headers={"Authorization": f"Bearer {token}"}),
        await client.get("/mine", headers={"Cookie": f"{LOGIN_COOKIE}={token}"}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("form", list(TokenForm))
async def test_a_face_accepts_only_its_forms(notes: Database, form: TokenForm) -> None:
    token = await make_login(notes, "a@example.org")
    headers = {
        TokenForm.RAW: {"Authorization": token},
        TokenForm.BEARER: {"Authorization": f"Bearer {token}"},
        TokenForm.COOKIE: {"Cookie": f"{LOGIN_COOKIE}={token}"},
    }
    async with client_of(build_app(notes, frozenset({form}))) as client:
        for other in TokenForm:
            answer = await client.get("/mine", headers=headers[other])
            assert answer.status_code == (200 if other is form else 401), other


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://us.test"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_a_cookie_changes_things_only_from_our_pages(
    client: httpx.AsyncClient, notes: Database, headers: dict[str, str], status: int
) -> None:
    token = await make_login(notes, "a@example.org")
    cookie = {"Cookie": f"{LOGIN_COOKIE}={token}"}
    assert (await client.post("/mine", headers={**cookie, **headers})).status_code == status
    assert (await client.get("/mine", headers={**cookie, **headers})).status_code == 200
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await client.post("/mine", headers={**bearer, **headers})).status_code == 200


async def test_log_out_ends_every_form(client: httpx.AsyncClient, notes: Database) -> None:
    token = await make_login(notes, "a@example.org")
    bearer = {"Authorization": f"Bearer {token}"}
    async with notes.begin() as tx:
        await log_out(tx, await authenticate(tx, token=token))
    for headers in (bearer, {"Authorization": token}, {"Cookie": f"{LOGIN_COOKIE}={token}"}):
        answer = await client.get("/mine", headers=headers)
        assert (answer.status_code, answer.text) == (401, "token_expired")


async def test_administrators_and_others(client: httpx.AsyncClient, notes: Database) -> None:
    person = await make_login(notes, "a@example.org")
    admin = await make_login(notes, "b@example.org", Grant.ADMIN)
    for method, path in (("GET", "/admin"), ("POST", "/admin/apart")):
        for token, status in ((person, 403), (admin, 200), ("nonsense", 401)):
            answer = await client.request(method, path, headers={"Authorization": token})
            assert answer.status_code == status, (path, answer.text)


async def test_apart_means_no_open_transaction(client: httpx.AsyncClient, notes: Database) -> None:
    token = await make_login(notes, "a@example.org", Grant.ADMIN)
    for path in ("/apart", "/admin/apart"):
        answer = await client.post(path, headers={"Authorization": token})
        assert answer.text == "false"


async def test_a_route_without_access_does_not_exist() -> None:
    router = APIRouter(route_class=EdgeRoute)
    with pytest.raises(UndeclaredAccess):

        @router.get("/open")
        async def forgotten(tx: RequestTx) -> None: ...


async def test_a_route_beside_the_edge_is_found() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/open")
    async def forgotten() -> None: ...

    with pytest.raises(UndeclaredAccess):
        list(declared_routes(app.routes))


def test_the_route_table_names_access() -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(build_router(), prefix="/x")
    table = {(row.method, row.path): row.access for row in declared_routes(app.routes)}
    assert table["GET", "/x/admin"] is Access.ADMIN
    assert table["POST", "/x/notes"] is Access.ANYONE
    assert table["POST", "/x/apart"] is Access.PERSON
