"""The authorization matrix of v1."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any
from uuid import UUID

import pytest

from mojodex.faces.v1 import V1Config, V1SocketFace, build_routes
from mojodex.faces.v1.app import equip
from mojodex.platform.db import Database
from mojodex.platform.realtime import session_room
from tests.faces.matrix.cells import check_cell
from tests.faces.matrix.sockets import (
    EventRow,
    SocketCell,
    SocketUnderTest,
    check_live_removal,
    check_socket_cell,
    missing_events,
    payload_of,
    socket_cells,
)
from tests.faces.matrix.table import (
    Cell,
    FaceUnderTest,
    RouteRow,
    Sent,
    build_cells,
    missing_rows,
)
from tests.faces.matrix.world import (
    INPUT_NAME,
    PASSWORD,
    PHOTO_NAME,
    TASK_NAME,
    Person,
    World,
)
from tests.harness.files import PNG

CONFIG = V1Config(version="test")
DEFINITION = json.loads(
    resources.files("mojodex.domains.catalog").joinpath("examples", f"{TASK_NAME}.json").read_text()
) | {"name_for_system": "one_more_task"}
VALUES = {INPUT_NAME: "Notes of a meeting."}


def get(path: str, **options: Any) -> RouteRow:
    return RouteRow(method="GET", path=path, **options)


def at(path: str, **query: Any) -> Any:
    """A request whose path needs no ids."""
    return lambda _world, _person: Sent(path=path, query=query)


def versions_of(person: Person) -> str:
    return f"/executions/{person.own.done.execution_id}/versions"


def edit(person: Person, base: Person) -> Sent:
    text = base.own.done.text
    assert text is not None
    return Sent(
        path=versions_of(person),
        json={"title": "T", "body": "B", "base_version_id": str(text.version_id)},
    )


def message(person: Person) -> Sent:
    return Sent(
        path=f"/sessions/{person.own.done.session_id}/messages",
        json={"client_id": str(UUID(int=7)), "text": "Shorter, please."},
    )


def turn_of(person: Person, name: str) -> str:
    turn = getattr(person.own, name).turn
    assert turn is not None
    return f"/turns/{turn.turn_id}"


def execution(person: Person, name: str, rest: str = "") -> str:
    return f"/executions/{getattr(person.own, name).execution_id}{rest}"


def run_photo(person: Person, sender: Person) -> Sent:
    """Start the form of one person with a file of another."""
    uploads = {PHOTO_NAME: [str(sender.own.upload.upload_id)]}
    return Sent(path=execution(person, "form", "/run"), json={"inputs": {}, "uploads": uploads})


def new_user(_world: World, _person: Person) -> Sent:
    return Sent(path="/users", json={"email": "new@example.org", "name": "New"})


def log_in_again(_world: World, person: Person) -> Sent:
    return Sent(path="/logins", json={"email": person.email, "password": PASSWORD})


ROWS = (
    get("/about", send=at("/about"), has_ids=False),
    get("/openapi.json", send=at("/openapi.json"), has_ids=False),
    RouteRow(method="POST", path="/logins", send=log_in_again),
    get("/logins", send=at("/logins"), has_ids=False),
    RouteRow(method="DELETE", path="/logins/current", send=at("/logins/current"), has_ids=False),
    RouteRow(method="DELETE", path="/logins/others", send=at("/logins/others"), has_ids=False),
    RouteRow(
        method="DELETE",
        path="/logins/{login_id}",
        send=lambda _, person: Sent(path=f"/logins/{person.login_id}"),
    ),
    get("/me", send=at("/me"), has_ids=False),
    RouteRow(
        method="PATCH",
        path="/me",
        send=lambda *_: Sent(path="/me", json={"name": "N"}),
        has_ids=False,
    ),
    RouteRow(
        method="PUT",
        path="/me/password",
        send=lambda *_: Sent(
            path="/me/password",
            json={"current_password": PASSWORD, "new_password": "another long password"},
        ),
        has_ids=False,
    ),
    get("/tasks", send=at("/tasks"), has_ids=False),
    get(
        "/tasks/{task_id}",
        send=lambda world, _: Sent(path=f"/tasks/{world.task_id}"),
        has_ids=False,
    ),
    RouteRow(
        method="POST",
        path="/executions",
        send=lambda world, _: Sent(
            path="/executions", json={"task_id": str(world.task_id), "inputs": VALUES}
        ),
        has_ids=False,
        needs_role=True,
        attacks={
            "a task of nobody": lambda world, *_: Sent(
                path="/executions", json={"task_id": str(world.spare_task_id)}
            ),
        },
    ),
    get(
        "/executions",
        send=lambda world, _: Sent(path="/executions", query={"task_id": str(world.task_id)}),
        has_ids=False,
    ),
    get(
        "/executions/{execution_id}",
        send=lambda _, person: Sent(path=execution(person, "done")),
        attacks={
            "a deleted one": lambda _, __, owner: Sent(path=execution(owner, "deleted")),
            "one that waits": lambda _, __, owner: Sent(path=execution(owner, "fresh")),
        },
    ),
    RouteRow(
        method="POST",
        path="/executions/{execution_id}/run",
        send=lambda _, person: Sent(
            path=execution(person, "fresh", "/run"), json={"inputs": VALUES}
        ),
        needs_role=True,
        attacks={
            "a foreign file in an own form": lambda _, other, owner: run_photo(other, owner),
            "an own file in a foreign form": lambda _, other, owner: run_photo(owner, other),
        },
    ),
    RouteRow(
        method="PATCH",
        path="/executions/{execution_id}",
        send=lambda _, person: Sent(path=execution(person, "done"), json={"title": "Mine"}),
    ),
    RouteRow(
        method="DELETE",
        path="/executions/{execution_id}",
        send=lambda _, person: Sent(path=execution(person, "done")),
    ),
    RouteRow(
        method="POST",
        path="/executions/{execution_id}/restore",
        send=lambda _, person: Sent(path=execution(person, "deleted", "/restore")),
    ),
    get(
        "/executions/{execution_id}/versions",
        send=lambda _, person: Sent(path=versions_of(person)),
    ),
    get(
        "/executions/{execution_id}/versions/{index}",
        send=lambda _, person: Sent(path=versions_of(person) + "/1"),
    ),
    RouteRow(
        method="POST",
        path="/executions/{execution_id}/versions/{index}/restore",
        send=lambda _, person: Sent(path=versions_of(person) + "/1/restore"),
    ),
    RouteRow(
        method="POST",
        path="/executions/{execution_id}/versions",
        send=lambda _, person: edit(person, person),
        attacks={
            "own version under a foreign text": lambda _, other, owner: edit(owner, other),
            "foreign version under an own text": lambda _, other, owner: edit(other, owner),
        },
        # An id that is no version of this text is answered as an outdated one.
        refused=frozenset({404, 409}),
    ),
    RouteRow(
        method="POST",
        path="/executions/{execution_id}/uploads",
        send=lambda _, person: Sent(
            path=execution(person, "form", "/uploads"),
            query={"input_name": PHOTO_NAME, "name": "me.png"},
            content=PNG,
        ),
    ),
    get(
        "/executions/{execution_id}/uploads",
        send=lambda _, person: Sent(path=execution(person, "form", "/uploads")),
    ),
    get(
        "/uploads/{upload_id}/content",
        send=lambda _, person: Sent(path=f"/uploads/{person.own.upload.upload_id}/content"),
    ),
    RouteRow(
        method="DELETE",
        path="/uploads/{upload_id}",
        send=lambda _, person: Sent(path=f"/uploads/{person.own.upload.upload_id}"),
    ),
    get(
        "/sessions/{session_id}/messages",
        send=lambda _, person: Sent(path=f"/sessions/{person.own.done.session_id}/messages"),
    ),
    RouteRow(
        method="POST",
        path="/sessions/{session_id}/messages",
        send=lambda _, person: message(person),
        needs_role=True,
    ),
    RouteRow(
        method="POST",
        path="/turns/{turn_id}/stop",
        send=lambda _, person: Sent(path=turn_of(person, "queued") + "/stop"),
    ),
    RouteRow(
        method="POST",
        path="/turns/{turn_id}/retry",
        send=lambda _, person: Sent(path=turn_of(person, "failed") + "/retry"),
        needs_role=True,
    ),
    get("/task_definitions", send=at("/task_definitions")),
    RouteRow(
        method="POST",
        path="/task_definitions",
        send=lambda *_: Sent(path="/task_definitions", json=DEFINITION),
    ),
    get(
        "/task_definitions/{task_id}",
        send=lambda world, _: Sent(path=f"/task_definitions/{world.task_id}"),
    ),
    RouteRow(
        method="PUT",
        path="/task_definitions/{task_id}",
        send=lambda world, _: Sent(path=f"/task_definitions/{world.task_id}", json={"icon": "💌"}),
    ),
    get("/products", send=at("/products")),
    RouteRow(
        method="POST",
        path="/products/{product_id}/tasks",
        send=lambda world, _: Sent(
            path=f"/products/{world.product_id}/tasks",
            json={"task_id": str(world.spare_task_id)},
        ),
    ),
    RouteRow(method="POST", path="/users", send=new_user),
)


def headers(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


ROUTES = build_routes(CONFIG.version)
FACE = FaceUnderTest(
    name="v1", build_app=lambda db: equip(ROUTES, db, CONFIG), headers=headers, rows=ROWS
)


def test_every_route_has_a_row() -> None:
    assert missing_rows(FACE, ROUTES) == []


@pytest.mark.parametrize("cell", build_cells(FACE, ROUTES), ids=str)
async def test_cell(cell: Cell, world: World, world_db: Database) -> None:
    await check_cell(cell, world, world_db)


SESSION = payload_of(session_id=lambda person: person.own.done.session_id)
SOCKET = SocketUnderTest(
    name="v1",
    namespace="/v1",
    build=lambda db: V1SocketFace(db, CONFIG),
    auth=lambda token: {"token": token},
    rows=(
        EventRow(
            event="join",
            payload=SESSION,
            joins=lambda person: session_room(person.own.done.session_id),
        ),
        EventRow(event="leave", payload=SESSION),
    ),
)


def test_every_event_has_a_row(world_db: Database) -> None:
    assert missing_events(SOCKET, world_db) == []


@pytest.mark.parametrize("cell", socket_cells(SOCKET), ids=str)
async def test_socket_cell(cell: SocketCell, world: World, world_db: Database) -> None:
    await check_socket_cell(SOCKET, cell, world, world_db)


async def test_a_removed_account_loses_its_live_socket(world: World, world_db: Database) -> None:
    await check_live_removal(SOCKET, world, world_db)
