"""The matrix must be seen to fail: faces with each kind of hole are reported."""

import dataclasses

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from mojodex.domains.identity import NotLoggedIn
from mojodex.faces.edge import (
    Anyone,
    Edge,
    EdgeRoute,
    RequestTx,
    TokenForm,
    install_edge,
)
from mojodex.faces.edge import (
    Person as LoggedIn,
)
from mojodex.platform.db import Database
from tests.faces.matrix.cells import check_cell
from tests.faces.matrix.table import (
    Cell,
    FaceUnderTest,
    RouteRow,
    Sent,
    Who,
    build_cells,
    missing_rows,
)
from tests.faces.matrix.world import World

router = APIRouter(route_class=EdgeRoute)


@router.get("/leak/{execution_id}")
async def leak(tx: RequestTx, _: LoggedIn, execution_id: int) -> str:
    """No question of whose it is."""
    found = await tx.scalar(
        text("SELECT json_input_values::text FROM md_user_task_execution WHERE "
             "user_task_execution_pk = :key"),
        {"key": execution_id},
    )  # fmt: skip
    return str(found)


@router.delete("/delete/{execution_id}")
async def delete(tx: RequestTx, _: LoggedIn, execution_id: int) -> None:
    """Does the deed, then looks."""
    await tx.execute(text("DELETE FROM md_message"))
    await tx.connection()


@router.post("/refuse/{execution_id}")
async def refuse_everybody(tx: RequestTx, _: LoggedIn, execution_id: int) -> None:
    """Refuses the owner as well."""
    raise NotLoggedIn()


@router.get("/open")
async def forgotten(_: Anyone) -> None:
    """Nobody wrote a row for it."""


def build_app(db: Database | None) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    if db is not None:
        install_edge(app, Edge(db=db, forms=frozenset({TokenForm.BEARER})))
    return app


def row(method: str, path: str) -> RouteRow:
    return RouteRow(
        method=method,
        path=path + "/{execution_id}",
        send=lambda _, person: Sent(path=f"{path}/{person.own.done.execution_id}"),
    )


FACE = FaceUnderTest(
    name="leaky",
    build_app=build_app,
    headers=lambda token: {"Authorization": f"Bearer {token}"},
    rows=(row("GET", "/leak"), row("DELETE", "/delete"), row("POST", "/refuse")),
)
CELLS = build_cells(FACE, build_app(None))


def cell_of(path: str, who: Who) -> Cell:
    [cell] = [cell for cell in CELLS if cell.row.path.startswith(path) and cell.who is who]
    return cell


def test_routes_and_rows_must_match() -> None:
    rows = (*FACE.rows, row("GET", "/gone"))
    assert missing_rows(dataclasses.replace(FACE, rows=rows), build_app(None)) == [
        "no row for GET /open",
        "no route for GET /gone/{execution_id}",
    ]


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/leak", Who.OTHER),
        ("/delete", Who.OTHER),
        ("/refuse", Who.OWNER),
    ],
)
async def test_each_kind_of_hole_is_reported(
    path: str, who: Who, world: World, world_db: Database
) -> None:
    with pytest.raises(AssertionError):
        await check_cell(cell_of(path, who), world, world_db)


async def test_a_leak_behind_a_refusing_status_is_reported(
    world: World, world_db: Database
) -> None:
    cell = cell_of("/leak", Who.OTHER)
    lenient = dataclasses.replace(cell.row, refused=frozenset({200}))
    with pytest.raises(AssertionError, match="disclosed"):
        await check_cell(dataclasses.replace(cell, row=lenient), world, world_db)


async def test_a_change_behind_a_refusing_status_is_reported(
    world: World, world_db: Database
) -> None:
    cell = cell_of("/delete", Who.OTHER)
    lenient = dataclasses.replace(cell.row, refused=frozenset({200}))
    with pytest.raises(AssertionError, match="changed something"):
        await check_cell(dataclasses.replace(cell, row=lenient), world, world_db)
