"""People, and clients that speak v1 to an application over a rolled-back database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache

import httpx
import pytest
from fastapi import FastAPI

from mojodex.domains.identity import Grant, User, create_user, log_in, secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.v1 import DemoAccount, V1Config, build_routes
from mojodex.faces.v1.app import equip
from mojodex.platform.db import Database

ORIGIN = "http://us.test"
PASSWORD = "correct horse battery"


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A person and a client that is logged in as them."""

    user: User
    token: str
    login_id: str
    client: httpx.AsyncClient


MakePerson = Callable[..., Awaitable[Someone]]


@pytest.fixture
def config() -> V1Config:
    return V1Config(version="1.2.3", demo_account=DemoAccount(email="d@example.com", password="d"))


@cache
def _routes() -> FastAPI:
    """Built once per process: building all routes takes longer than most tests."""
    return build_routes("1.2.3")


@pytest.fixture
def app(db: Database, config: V1Config) -> FastAPI:
    """The application over the test's own database."""
    return equip(_routes(), db, config)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not logged in."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
async def make_person(db: Database, app: FastAPI) -> AsyncIterator[MakePerson]:
    clients: list[httpx.AsyncClient] = []

    async def make(email: str = "ada@example.org", *grants: Grant, language: str = "en") -> Someone:
        user = await create_user(
            db,
            secret_caller(BACKOFFICE),
            email=email,
            name="Ada",
            password=PASSWORD,
            language_code=language,
            grants=grants,
            accept_terms=True,
        )
        login = await log_in(db, email=email, password=PASSWORD, client="tests")
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx.AsyncClient(
            transport=transport,
            base_url=ORIGIN,
            headers={"Authorization": f"Bearer {login.token}"},
        )
        clients.append(client)
        return Someone(user=user, token=login.token, login_id=str(login.login_id), client=client)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def ada(make_person: MakePerson) -> Someone:
    return await make_person()


@pytest.fixture
async def admin(make_person: MakePerson) -> Someone:
    return await make_person("root@example.org", Grant.ADMIN)
