"""People for the tests of identity."""

import pytest

from mojodex.domains.identity import Caller, CallerKind, User, create_user, secret_caller
from mojodex.platform.db import Database

BACKOFFICE = secret_caller("backoffice")
PASSWORD = "correct horse"


def person(user: User) -> Caller:
    return Caller(kind=CallerKind.USER, user_id=user.user_id, grants=user.grants)


@pytest.fixture
async def ada(db: Database) -> User:
    return await create_user(db, BACKOFFICE, email="Ada@Example.com", name="Ada", password=PASSWORD)


@pytest.fixture
async def bob(db: Database) -> User:
    return await create_user(db, BACKOFFICE, email="bob@example.com", name="Bob", password=PASSWORD)
