"""The table of routes against the contract, without a server."""

from collections.abc import Mapping

import pytest

from mojodex.faces.edge import LANGUAGES, Access, declared_routes, has_text
from mojodex.faces.mojodex import ROUTES, HttpRouteManager, Route
from mojodex.faces.mojodex import errors as face_errors
from mojodex.faces.mojodex.wire import OUTCOMES, Authentication, Place
from mojodex.kit.errors import AppError, ErrorKind
from mojodex.platform.db import Database
from tests.faces.mojodex.contract import SLICE, contract_routes

BY_NAME: Mapping[str, Route] = {route.name: route for route in ROUTES}
AUTHENTICATION = {
    "none": Authentication.NONE,
    "user token": Authentication.USER,
    "backoffice secret": Authentication.BACKOFFICE,
}
#: Where the same thing is told less to strangers: a foreign session answers like an unknown one.
TOLD_OTHERWISE = {("PUT /user_message", 500, "session of another user")}


@pytest.fixture
def manager() -> HttpRouteManager:
    db = Database("postgresql://nobody@/nothing?host=/nonexistent")
    return HttpRouteManager(db, backoffice_secret="secret", is_demo_allowed=True)


def test_no_route_is_declared_twice() -> None:
    assert len(BY_NAME) == len(ROUTES)


def test_every_route_is_in_the_contract_or_decided_here() -> None:
    assert set(BY_NAME) - set(SLICE) == {"PUT /user_task_execution_run"}


@pytest.mark.parametrize("name", SLICE)
def test_route_exists_with_its_authentication(name: str) -> None:
    assert BY_NAME[name].authentication is AUTHENTICATION[contract_routes()[name].authentication]


@pytest.mark.parametrize("name", SLICE)
def test_parameters_have_the_contract_s_place_and_necessity(name: str) -> None:
    declared = {
        (item.name, item.place.value, item.is_required) for item in BY_NAME[name].parameters
    }
    wanted = {
        (item["name"], item["in"], item["required"]) for item in contract_routes()[name].parameters
    }
    assert declared >= wanted


@pytest.mark.parametrize("name", SLICE)
def test_every_status_of_the_contract_is_documented(name: str, manager: HttpRouteManager) -> None:
    route = contract_routes()[name]
    documented = manager.app.openapi()["paths"][route.path][route.method.lower()]["responses"]
    wanted = {
        str(error.status)
        for error in route.errors
        if (name, error.status, error.condition) not in TOLD_OTHERWISE
    }
    assert wanted <= documented.keys()


def test_outcomes_are_complete_and_keep_403_for_credentials() -> None:
    assert OUTCOMES.keys() == set(ErrorKind)
    assert [kind for kind, outcome in OUTCOMES.items() if outcome.status == 403] == [
        ErrorKind.UNAUTHENTICATED
    ]
    for route in ROUTES:
        overrides = (*route.outcomes.values(), *route.special.values(), route.missing)
        assert all(outcome.status != 403 for outcome in overrides), route.name


def test_every_route_declares_its_access(manager: HttpRouteManager) -> None:
    declared = {
        (row.method, row.path): row.access for row in declared_routes(manager.app.router.routes)
    }
    for route in ROUTES:
        wanted = {
            Authentication.NONE: Access.ANYONE,
            Authentication.USER: Access.PERSON,
            Authentication.BACKOFFICE: Access.SERVICE,
        }[route.authentication]
        assert declared.pop((route.method, route.path)) is wanted
    assert declared == {("GET", "/"): Access.ANYONE, ("HEAD", "/"): Access.ANYONE}


def test_forms_are_read_as_forms() -> None:
    forms = {route.name for route in ROUTES if route.place is Place.FORM}
    assert forms == {
        "POST /user_task_execution_run",
        "PUT /user_task_execution_run",
        "PUT /user_message",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_of_the_face_have_words(language: str) -> None:
    errors = [
        item
        for item in vars(face_errors).values()
        if isinstance(item, type) and issubclass(item, AppError) and item is not AppError
    ]
    assert len(errors) >= 8
    assert [error.code for error in errors if not has_text(error.code, language)] == []
