"""Schemathesis against the served product: what v1 says of itself is what it does.

A short run over every operation, with good and with broken requests, as an administrator who may
run tasks: no request may end in a 5xx, every answer has a documented type and the documented shape,
and broken requests are refused.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from mojodex.domains.identity import Grant
from mojodex.faces.v1 import build_routes
from tests.harness.served import serve
from tests.harness.serving import in_thread
from tests.postgres import clone

CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(build_routes("test").openapi())
#: Logging out would end the run, and guessing passwords would slow it down.
EXCLUDED = {"logins_delete_current_login", "logins_create_login", "me_change_my_password"}
#: A definition is any object here: the catalogue says more than OpenAPI could.
LOOSE = {"admin_add_task_definition", "admin_change_task_definition"}
#: A good refusal that schemathesis does not know as one.
TOO_LARGE = 413


@dataclass(frozen=True)
class Target:
    """Where to send requests, and as whom."""

    base_url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def target(pg_admin_url: str) -> Iterator[Target]:
    @asynccontextmanager
    async def open_target(pg_url: str) -> AsyncIterator[Target]:
        async with serve(pg_url) as served:
            root = await served.make_person("root", Grant.ADMIN)
            yield Target(f"{served.url}/api/v1", root.bearer)

    with clone(pg_admin_url) as url, in_thread(lambda: open_target(url)) as target:
        yield target


def check(case: schemathesis.Case[Any], target: Target) -> None:
    # Starlette's mounts match no path with a line break: such a request never gets to v1.
    ids = [unquote(str(value)) for value in (case.path_parameters or {}).values()]
    assume(not any("\n" in text for text in ids))
    operation = case.operation.definition.raw["operationId"]
    response = case.call(base_url=target.base_url, headers=target.headers)
    checks = list(CHECKS)
    if operation in LOOSE or response.status_code == TOO_LARGE:
        checks.remove(negative_data_rejection)
    case.validate_response(response, checks=checks)


def make_test(operation: str) -> object:
    """A test of one operation, with a name of its own.

    All together would be tests of one name: since pytest 9.2 it leaves out what schemathesis adds,
    and of tests that share a name pytest-xdist runs only one.
    """

    @SCHEMA.include(operation_id=operation).parametrize()
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def test(case: schemathesis.Case[Any], target: Target) -> None:
        check(case, target)

    return test


OPERATIONS = {
    found["operationId"]
    for methods in SCHEMA.raw_schema["paths"].values()
    for found in methods.values()
}
vars().update(
    {f"test_{name}_does_what_it_says": make_test(name) for name in sorted(OPERATIONS - EXCLUDED)}
)


def test_what_is_left_out_is_there() -> None:
    assert OPERATIONS > EXCLUDED | LOOSE
