"""Runs one cell of the matrix and says what it must and must not have done."""

import hashlib
from collections.abc import Mapping
from functools import cache

import httpx
from sqlalchemy import TextClause, text

from mojodex.faces.edge import Access
from mojodex.platform.db import Base, Database
from tests.faces.matrix.table import Cell, Outcome, Who
from tests.faces.matrix.world import Person, World

#: What every request may touch, refused or not: when a log-in was seen, failures of log-ins.
UNWATCHED = frozenset({"md_login", "md_login_failure"})


async def check_cell(cell: Cell, world: World, db: Database) -> None:
    """Send the request of a cell. A refusal discloses nothing and changes nothing."""
    before = await fingerprint(db)
    answer = await _send(cell, world, db)
    statuses = cell.face.statuses
    expected = {
        Outcome.ALLOWED: cell.row.allowed or statuses.allowed,
        Outcome.PERSONAL: cell.row.allowed or statuses.allowed,
        Outcome.UNKNOWN: statuses.unknown,
        Outcome.REFUSED: cell.row.refused or statuses.refused,
    }[cell.outcome]
    assert answer.status_code in expected, f"{answer.status_code}: {answer.text[:500]}"
    if cell.who is Who.OWNER:
        return
    proves_who_it_is = cell.access is Access.ANYONE and cell.row.has_ids
    if cell.who is not Who.ENDED and not proves_who_it_is:
        leaked = [mark for mark in world.owner.marks if mark in answer.text]
        assert leaked == [], f"disclosed: {leaked}"
    if cell.outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
        assert await fingerprint(db) == before, "a refused request changed something"


async def _send(cell: Cell, world: World, db: Database) -> httpx.Response:
    caller, subject = _people(cell, world)
    if cell.attack is not None:
        sent = cell.row.attacks[cell.attack](world, world.other, world.owner)
    else:
        sent = cell.row.send(world, subject)
    app = cell.face.build_app(db)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://us.test") as client:
        return await client.request(
            cell.row.method,
            sent.path,
            headers=_headers(cell, caller, world),
            params=sent.query,
            json=sent.json,
            data=None if sent.form is None else dict(sent.form),
            files=None if sent.files is None else dict(sent.files),
            content=sent.content,
        )


def _people(cell: Cell, world: World) -> tuple[Person | None, Person]:
    """Who calls, and whose things the request names."""
    if cell.access is Access.ADMIN:
        callers = {Who.OWNER: world.admin, Who.PLAIN: world.other}
        return callers.get(cell.who) or _stranger(cell.who, world), world.owner
    if cell.who is Who.ENDED:
        return world.ended, world.ended
    callers = {Who.OWNER: world.owner, Who.OTHER: world.other, Who.PLAIN: world.other}
    return callers.get(cell.who) or _stranger(cell.who, world), world.owner


def _stranger(who: Who, world: World) -> Person | None:
    return {Who.REMOVED: world.removed, Who.REVOKED: world.revoked}.get(who)


def _headers(cell: Cell, caller: Person | None, world: World) -> Mapping[str, str]:
    if cell.row.headers is not None and cell.who is Who.OWNER:
        return cell.row.headers(world)
    return {} if caller is None else cell.face.headers(caller.token)


async def fingerprint(db: Database) -> str:
    """A digest of every row of every table that a request could wrongly change."""
    async with db.begin() as tx:
        digests = sorted(await tx.scalars(_fingerprints()))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


@cache
def _fingerprints() -> TextClause:
    """One question for all tables: asked one by one, they took most of a cell's time."""
    return text(
        " UNION ALL ".join(
            f"SELECT '{table.name}:' || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text),"
            f" '')) FROM \"{table.name}\" t"
            for table in Base.metadata.sorted_tables
            if table.name not in UNWATCHED
        )
    )
