"""Every list of every face: as many statements as its row says, however long it is, and for each of
them an index. A list without a row fails the build, and so does a row without a list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mojodex.faces.edge import Access
from mojodex.platform.db import Database
from tests.domains.counting import noted
from tests.faces.matrix import test_mojodex as mojodex
from tests.faces.matrix import test_v1 as v1
from tests.faces.matrix.table import FaceUnderTest, RouteRow, route_table
from tests.faces.matrix.world import World

FACES: Sequence[tuple[FaceUnderTest, FastAPI]] = (
    (v1.FACE, v1.ROUTES),
    (mojodex.FACE, mojodex.ROUTES),
)
#: Tables that stay as small as the catalogue, whoever works how much.
SMALL = frozenset(
    {
        "md_catalog_revision",
        "md_company",
        "md_grant",
        "md_platform",
        "md_predefined_action_displayed_data",
        "md_product",
        "md_product_category",
        "md_product_category_displayed_data",
        "md_product_displayed_data",
        "md_product_task",
        "md_task",
        "md_task_displayed_data",
        "md_task_platform_association",
        "md_task_predefined_action_association",
        "md_text_type",
    }
)
MORE_LOGINS = (
    "INSERT INTO md_login (login_id, user_id, token_hash, client, expires_at) SELECT"
    " gen_random_uuid(), :owner, sha256(n::text::bytea), 'x', now() + interval '1 day'"
    " FROM generate_series(1, 2) AS n"
)
MORE_VERSIONS = (
    "INSERT INTO md_produced_text_version (produced_text_fk, version_index, production)"
    " SELECT produced_text_pk, n, 'again' FROM generate_series(2, 3) AS n, md_produced_text"
    " WHERE user_task_execution_fk = :done"
)
MORE_UPLOADS = (
    "INSERT INTO md_upload (upload_id, session_id, input_name, client_name, media_key, type, size)"
    " SELECT gen_random_uuid(), session_id, input_name, client_name, media_key || n, type, size"
    " FROM md_upload, generate_series(1, 2) AS n WHERE upload_id = :upload"
)
MORE_PRODUCTS = "INSERT INTO md_product (label) VALUES ('one'), ('two')"
MORE_PURCHASES = (
    "INSERT INTO md_purchase (user_id, product_fk, active, never_expires)"
    " SELECT user_id, product_fk, true, true FROM md_purchase, generate_series(1, 2)"
    " WHERE user_id = :owner"
)
MORE_MESSAGES = (
    "INSERT INTO md_message (message_uuid, session_id, sender, message, message_date)"
    " SELECT gen_random_uuid(), session_id, 'mojo', jsonb_build_object('text', 'x'), now()"
    " FROM generate_series(1, 3), md_user_task_execution WHERE user_task_execution_pk = :done"
)
MORE_SESSIONS = (
    "WITH opened AS (INSERT INTO md_session (session_id, user_id, platform, starting_mode)"
    " SELECT gen_random_uuid(), :owner, 'webapp', 'chat' FROM generate_series(1, 3)"
    " RETURNING session_id) INSERT INTO md_message (message_uuid, session_id, sender, message,"
    " message_date) SELECT gen_random_uuid(), session_id, 'user', '{}', now() FROM opened"
)


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One list. `n_statements` is all that a request asks the database, authentication included.

    `length`: the parameter that says how many items are wanted. `more`: a statement that lengthens
    the list. `asked`: further parameters. `can_grow` false: it is always empty.
    """

    face: str
    path: str
    n_statements: int
    length: str | None = None
    more: str | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    can_grow: bool = True

    def __str__(self) -> str:
        asked = "".join(f"&{key}={value}" for key, value in self.asked.items())
        return f"{self.face}:{self.path}{asked}"


ROWS = (
    ListRow(face="v1", path="/logins", n_statements=2, length="limit", more=MORE_LOGINS),
    ListRow(face="v1", path="/tasks", n_statements=3, length="limit"),
    ListRow(face="v1", path="/tasks", n_statements=3, length="limit", asked={"q": "e"}),
    ListRow(face="v1", path="/executions", n_statements=3, length="limit"),
    ListRow(
        face="v1",
        path="/executions",
        n_statements=3,
        length="limit",
        asked={"q": "secret"},
    ),
    ListRow(
        face="v1",
        path="/executions/{execution_id}/versions",
        n_statements=3,
        length="limit",
        more=MORE_VERSIONS,
    ),
    ListRow(
        face="v1", path="/executions/{execution_id}/uploads", n_statements=3, more=MORE_UPLOADS
    ),
    ListRow(
        face="v1",
        path="/sessions/{session_id}/messages",
        n_statements=6,
        length="limit",
        more=MORE_MESSAGES,
    ),
    ListRow(face="v1", path="/task_definitions", n_statements=2, length="limit"),
    ListRow(face="v1", path="/products", n_statements=4, length="limit", more=MORE_PRODUCTS),
    ListRow(face="mojodex", path="/user_task", n_statements=2, length="n_user_tasks"),
    ListRow(
        face="mojodex",
        path="/user_task_execution",
        n_statements=2,
        length="n_user_task_executions",
    ),
    ListRow(
        face="mojodex",
        path="/user_task_execution",
        n_statements=2,
        length="n_user_task_executions",
        asked={"search_filter": "e"},
    ),
    ListRow(
        face="mojodex", path="/session", n_statements=2, length="n_sessions", more=MORE_SESSIONS
    ),
    ListRow(
        face="mojodex", path="/message", n_statements=6, length="n_messages", more=MORE_MESSAGES
    ),
    ListRow(face="mojodex", path="/purchase", n_statements=21, more=MORE_PURCHASES),
    ListRow(face="mojodex", path="/todos", n_statements=1, length="n_todos", can_grow=False),
)


def lists_of(app: FastAPI) -> Iterator[str]:
    """Paths whose GET answers with a page: `items`, or in the ancestor's words a `…ListBody`."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        schema = str(methods.get("get", {}).get("responses", {}).get("200", {}))
        for name in re.findall(r"#/components/schemas/(\w+)", schema):
            properties = document["components"]["schemas"][name].get("properties", {})
            if "items" in properties or name.endswith("ListBody"):
                yield path


def test_every_list_has_a_row() -> None:
    found = {(face.name, path) for face, app in FACES for path in lists_of(app)}
    assert found == {(row.face, row.path) for row in ROWS}


class Asker:
    """Asks for one list as whoever may see it."""

    def __init__(self, row: ListRow, world: World, db: Database) -> None:
        self._row = row
        self._world = world
        face, app = next(pair for pair in FACES if pair[0].name == row.face)
        self._route: RouteRow = next(each for each in face.rows if each.key == ("GET", row.path))
        is_admin = route_table(app)["GET", row.path] is Access.ADMIN
        self._headers = face.headers((world.admin if is_admin else world.owner).token)
        self._app = face.build_app(db)

    async def ask(self, n_items: int) -> int:
        """How many items came."""
        sent = self._route.send(self._world, self._world.owner)
        length = {} if self._row.length is None else {self._row.length: n_items}
        kept = {key: value for key, value in sent.query.items() if not key.endswith(("_pk", "_fk"))}
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://us.test") as client:
            answer = await client.get(
                sent.path, params={**kept, **self._row.asked, **length}, headers=self._headers
            )
        assert answer.status_code == 200, answer.text
        lists = [value for value in answer.json().values() if isinstance(value, list)]
        return max(len(value) for value in lists)


async def lengthen(row: ListRow, world: World, db: Database) -> None:
    if row.more is None:
        return
    ids = {
        "owner": world.owner.user_id,
        "done": world.owner.own.done.execution_id,
        "upload": world.owner.own.upload.upload_id,
    }
    used = {name: value for name, value in ids.items() if f":{name}" in row.more}
    async with db.begin() as tx:
        await tx.execute(text(row.more), used)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_list_asks_the_same_whatever_its_length(
    row: ListRow, world: World, world_db: Database
) -> None:
    asker = Asker(row, world, world_db)
    # What is read for the first time is noted as read, which no list does twice.
    await asker.ask(50)
    with noted() as few:
        n_few = await asker.ask(1)
    await lengthen(row, world, world_db)
    await asker.ask(50)
    with noted() as many:
        n_many = await asker.ask(50)
    assert n_many > max(1, n_few) or not row.can_grow
    assert (len(few), len(many)) == (row.n_statements, row.n_statements), statements(many)
    assert await scanned(world_db, many) == []


def statements(seen: Sequence[tuple[str, Any]]) -> str:
    return "\n\n".join(statement for statement, _ in seen)


async def scanned(db: Database, seen: Sequence[tuple[str, Any]]) -> list[str]:
    """Growing tables that a statement can only read from end to end."""
    found = []
    async with db.begin() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in seen:
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", values)
            plan = "\n".join(row[0] for row in rows)
            tables = set(re.findall(r"Seq Scan on (\w+)", plan)) - SMALL
            found += [f"{table}: {plan}" for table in sorted(tables)]
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    return found
