"""The authorization matrix of the face for the ancestor's clients."""

import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import pytest

from mojodex.faces.mojodex import MojodexSocketFace
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
    Statuses,
    build_cells,
    missing_rows,
)
from tests.faces.matrix.world import INPUT_NAME, PASSWORD, TASK_NAME, Person, World
from tests.faces.mojodex.stage import SECRET, application_over

UPDATER_SECRET = "purchase-secret-of-the-tests"
NOW = {"datetime": "now"}
INPUTS = json.dumps([{"input_name": INPUT_NAME, "input_value": "Notes of a meeting."}])
DEFINITION = json.loads(
    resources.files("mojodex.domains.catalog").joinpath("examples", f"{TASK_NAME}.json").read_text()
) | {"name_for_system": "one_more_task"}

Values = Callable[[World, Person], Mapping[str, Any]]
Attack = Callable[[World, Person, Person], Mapping[str, Any]]


def query(path: str, values: Values) -> Callable[[World, Person], Sent]:
    return lambda world, person: Sent(path=path, query=NOW | dict(values(world, person)))


def body(path: str, values: Values) -> Callable[[World, Person], Sent]:
    return lambda world, person: Sent(path=path, json=NOW | dict(values(world, person)))


def form(path: str, values: Values) -> Callable[[World, Person], Sent]:
    def send(world: World, person: Person) -> Sent:
        fields = {name: str(value) for name, value in values(world, person).items()}
        return Sent(path=path, form=NOW | fields)

    return send


def attack(
    send: Callable[[str, Values], Callable[[World, Person], Sent]], path: str, values: Attack
) -> Callable[[World, Person, Person], Sent]:
    """A request of `other` (first person) that names something of the owner (second)."""
    return lambda world, other, owner: send(path, lambda *_: values(world, other, owner))(
        world, other
    )


def nothing(*_: object) -> Mapping[str, Any]:
    return {}


def done(_: World, person: Person) -> Mapping[str, Any]:
    return {"user_task_execution_pk": person.own.done.execution_id}


def text_pk(person: Person) -> int:
    text = person.own.done.text
    assert text is not None
    return text.produced_text_id


def say(person: Person, **changes: Any) -> Mapping[str, Any]:
    return {
        "session_id": person.own.done.session_id.hex,
        "message_id": "m1",
        "message_date": "2026-11-02T10:30:00",
        "text": "Shorter, please.",
    } | changes


def image(person: Person, sender: Person) -> Mapping[str, Any]:
    """A file in the session of one person, under the name of another's."""
    return {
        "session_id": person.own.form.session_id.hex,
        "filename": sender.own.upload.stored_name,
    }


def office(_: World) -> Mapping[str, str]:
    return {"Authorization": SECRET}


SERVICE: dict[str, Any] = {"headers": office, "refused": frozenset({403})}


def run_row(method: str) -> RouteRow:
    path = "/user_task_execution_run"
    return RouteRow(
        method=method,
        path=path,
        send=form(
            path,
            lambda _, person: {
                "user_task_execution_pk": person.own.fresh.execution_id,
                "inputs": INPUTS,
            },
        ),
        needs_role=True,
    )


ACCOUNT_ROWS = (
    RouteRow(method="GET", path="/", send=lambda *_: Sent(path="/"), has_ids=False),
    RouteRow(
        method="POST",
        path="/user",
        send=body(
            "/user",
            lambda _, person: {
                "email": person.email,
                "password": PASSWORD,
                "login_method": "email_password",
            },
        ),
    ),
    RouteRow(
        method="GET",
        path="/language",
        send=query("/language", lambda *_: {"language_code": "fr"}),
        has_ids=False,
    ),
    RouteRow(
        method="POST",
        path="/language",
        send=body("/language", lambda *_: {"language_code": "fr"}),
        has_ids=False,
    ),
    RouteRow(
        method="POST",
        path="/timezone",
        send=body("/timezone", lambda *_: {"timezone_offset": "-60"}),
        has_ids=False,
    ),
    RouteRow(method="GET", path="/onboarding", send=query("/onboarding", nothing), has_ids=False),
    RouteRow(method="GET", path="/purchase", send=query("/purchase", nothing), has_ids=False),
    RouteRow(
        method="GET",
        path="/user_task",
        send=query("/user_task", nothing),
        has_ids=False,
        attacks={
            "one of somebody": attack(
                query,
                "/user_task",
                lambda _, __, owner: {"user_task_pk": owner.own.user_task_id},
            )
        },
    ),
)
EXECUTION_ROWS = (
    RouteRow(
        method="PUT",
        path="/user_task_execution",
        send=body(
            "/user_task_execution", lambda _, person: {"user_task_pk": person.own.user_task_id}
        ),
        needs_role=True,
        attacks={
            "foreign source of an own one": attack(
                body,
                "/user_task_execution",
                lambda _, other, owner: {
                    "user_task_pk": other.own.user_task_id,
                    "user_task_execution_fk": owner.own.done.execution_id,
                },
            )
        },
    ),
    RouteRow(
        method="GET",
        path="/user_task_execution",
        send=query("/user_task_execution", done),
        attacks={
            name: attack(query, "/user_task_execution", values)
            for name, values in {
                "a deleted one": lambda _, __, owner: {
                    "user_task_execution_pk": owner.own.deleted.execution_id
                },
                "one that waits": lambda _, __, owner: {
                    "user_task_execution_pk": owner.own.fresh.execution_id
                },
            }.items()
        },
    ),
    RouteRow(
        method="DELETE", path="/user_task_execution", send=query("/user_task_execution", done)
    ),
    run_row("POST"),
    run_row("PUT"),
    RouteRow(
        method="POST",
        path="/user_task_execution_title",
        send=body(
            "/user_task_execution_title",
            lambda world, person: {**done(world, person), "title": "Mine"},
        ),
    ),
    RouteRow(
        method="GET",
        path="/user_task_execution_produced_text",
        send=query(
            "/user_task_execution_produced_text",
            lambda world, person: {**done(world, person), "produced_text_version_index": 1},
        ),
    ),
    RouteRow(
        method="POST",
        path="/produced_text",
        send=body(
            "/produced_text",
            lambda _, person: {"produced_text_pk": text_pk(person), "production": "B"},
        ),
        attacks={
            name: attack(body, "/produced_text", values)
            for name, values in {
                "foreign execution": lambda _, __, owner: {
                    "user_task_execution_pk": owner.own.done.execution_id,
                    "production": "B",
                },
                "foreign session": lambda _, __, owner: {
                    "session_id": owner.own.done.session_id.hex,
                    "production": "B",
                },
                "own text in a foreign session": lambda _, other, owner: {
                    "produced_text_pk": text_pk(other),
                    "session_id": owner.own.done.session_id.hex,
                    "production": "B",
                },
            }.items()
        },
    ),
    RouteRow(
        method="GET",
        path="/todos",
        send=query(
            "/todos", lambda _, person: {"user_task_execution_fk": person.own.done.execution_id}
        ),
    ),
)
MESSAGE_ROWS = (
    RouteRow(
        method="PUT",
        path="/session",
        send=body("/session", lambda *_: {"platform": "webapp"}),
        has_ids=False,
    ),
    RouteRow(method="GET", path="/session", send=query("/session", nothing), has_ids=False),
    RouteRow(
        method="GET",
        path="/message",
        send=query("/message", lambda _, person: {"session_id": person.own.done.session_id.hex}),
    ),
    RouteRow(
        method="PUT",
        path="/user_message",
        send=form("/user_message", lambda _, person: say(person)),
        needs_role=True,
        attacks={
            name: attack(form, "/user_message", values)
            for name, values in {
                "foreign execution in an own session": lambda _, other, owner: say(
                    other, user_task_execution_pk=owner.own.done.execution_id
                ),
                "foreign message in a foreign session": lambda _, __, owner: say(
                    owner, message_pk=owner.own.message_id
                ),
            }.items()
        },
    ),
)
IMAGE_ROWS = (
    RouteRow(
        method="GET",
        path="/image",
        send=query("/image", lambda _, person: image(person, person)),
        attacks={
            "a foreign file in an own session": attack(
                query, "/image", lambda _, other, owner: image(other, owner)
            ),
            "an own file in a foreign session": attack(
                query, "/image", lambda _, other, owner: image(owner, other)
            ),
        },
    ),
)
OFFICE_ROWS = (
    RouteRow(
        method="GET",
        path="/task",
        send=query("/task", lambda world, _: {"task_pk": world.task_id}),
        **SERVICE,
    ),
    RouteRow(method="PUT", path="/task", send=body("/task", lambda *_: DEFINITION), **SERVICE),
    RouteRow(
        method="POST",
        path="/task",
        send=body("/task", lambda world, _: {"task_pk": world.task_id, "icon": "💌"}),
        **SERVICE,
    ),
    RouteRow(
        method="PUT",
        path="/product_task_association",
        send=body(
            "/product_task_association",
            lambda world, _: {"product_pk": world.product_id, "task_pk": world.spare_task_id},
        ),
        **SERVICE,
    ),
)


#: 403 is for credentials alone: the mobile app logs its user out when it sees one.
STATUSES = Statuses(
    allowed=frozenset({200}), unknown=frozenset({403}), refused=frozenset({400, 402, 404})
)
ROUTES = application_over(Database("postgresql://nobody@localhost/none"))
FACE = FaceUnderTest(
    name="mojodex",
    build_app=application_over,
    headers=lambda token: {"Authorization": token},
    rows=(*ACCOUNT_ROWS, *EXECUTION_ROWS, *MESSAGE_ROWS, *IMAGE_ROWS, *OFFICE_ROWS),
    statuses=STATUSES,
)


def test_every_route_has_a_row() -> None:
    assert missing_rows(FACE, ROUTES) == []


@pytest.mark.parametrize("cell", build_cells(FACE, ROUTES), ids=str)
async def test_cell(cell: Cell, world: World, world_db: Database) -> None:
    await check_cell(cell, world, world_db)


SOCKET = SocketUnderTest(
    name="mojodex",
    namespace="/",
    build=lambda db: MojodexSocketFace(db, purchase_updater_secret=UPDATER_SECRET),
    auth=lambda token: {"token": token},
    rows=(
        EventRow(
            event="start_session",
            payload=payload_of(
                session_id=lambda person: person.own.done.session_id.hex,
                version=lambda _: "0.4.13",
            ),
            joins=lambda person: session_room(person.own.done.session_id),
        ),
        EventRow(event="user_message", payload=lambda _, person: dict(say(person))),
        EventRow(
            event="manage_session_events",
            payload=payload_of(
                room=lambda person: person.own.done.session_id.hex,
                secret=lambda _: UPDATER_SECRET,
            ),
        ),
    ),
)


def test_every_event_has_a_row(world_db: Database) -> None:
    assert missing_events(SOCKET, world_db) == []


@pytest.mark.parametrize("cell", socket_cells(SOCKET), ids=str)
async def test_socket_cell(cell: SocketCell, world: World, world_db: Database) -> None:
    await check_socket_cell(SOCKET, cell, world, world_db)


async def test_a_removed_account_loses_its_live_socket(world: World, world_db: Database) -> None:
    await check_live_removal(SOCKET, world, world_db)
