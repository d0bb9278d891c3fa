"""Every route of the slice against the contract: generated from it, condition by condition."""

from datetime import timedelta
from typing import Any

import pytest

from mojodex.domains.identity import log_in, revoke_login
from mojodex.faces.mojodex.wire import Authentication, Place
from mojodex.kit.clock import FrozenClock
from tests.faces.mojodex.contract import SLICE, contract_routes
from tests.faces.mojodex.shapes import differences
from tests.faces.mojodex.stage import ANONYMOUS, DROPPED, PASSWORD, TABLE, Stage

WITH_USER = [name for name in SLICE if TABLE[name].authentication is Authentication.USER]
WITH_SECRET = [name for name in SLICE if TABLE[name].authentication is Authentication.BACKOFFICE]
WITH_JSON = [name for name in SLICE if TABLE[name].place is Place.BODY]
REQUIRED = [
    (name, parameter["name"])
    for name, route in contract_routes().items()
    for parameter in route.required
]
#: Definitions refuse unknown keys.
DEFINITIONS = {"PUT /task", "POST /task"}
#: Success is compared with a variant of the contract where a route answers several shapes.
LOOSE = {"GET /message", "PUT /user_message", "GET /task"}


def envelope(response: Any) -> str:
    """The one key of an error's body."""
    (key,) = response.json()
    assert isinstance(response.json()[key], str)
    assert response.json()[key]
    return str(key)


@pytest.mark.parametrize("name", SLICE)
async def test_success_is_200_with_the_keys_of_the_contract(name: str, stage: Stage) -> None:
    response = await stage.call(name)
    assert response.status_code == 200, response.text
    family = contract_routes()[name].file_type
    if family is not None and family.endswith("/*"):
        assert response.headers["content-type"].startswith(family.removesuffix("*"))
        assert response.content
        return
    assert response.headers["content-type"] == "application/json"
    assert isinstance(response.json(), dict)
    if name not in LOOSE:
        assert list(differences(response.json(), contract_routes()[name].success)) == []


@pytest.mark.parametrize("name", [name for name in SLICE if name not in DEFINITIONS])
async def test_keys_that_proxies_add_are_ignored(name: str, stage: Stage) -> None:
    added = {"apiName": "anything", "version": "0.4.11", "platform": "webapp", "token": "x"}
    response = await stage.call(name, changes=added)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("version", ["", "banana", "0.4.11", "v2", "1.0.0-rc.1+x"])
async def test_versions_may_be_any_text(version: str, stage: Stage) -> None:
    for name in ("POST /user", "GET /user_task", "POST /user_task_execution_run"):
        assert (await stage.call(name, changes={"version": version})).status_code == 200


@pytest.mark.parametrize("name", WITH_USER + WITH_SECRET)
@pytest.mark.parametrize("token", [ANONYMOUS, "wrong", "Bearer wrong", "é"])
async def test_without_the_right_credential_403_and_nothing_else(
    name: str, token: str, stage: Stage
) -> None:
    response = await stage.call(name, {}, token=token)
    assert response.status_code == 403
    assert envelope(response) == "error"
    if token == "wrong" and name in WITH_USER:
        assert response.json() == {"error": "Invalid token"}


@pytest.mark.parametrize("name", WITH_USER)
async def test_an_ended_log_in_answers_expired_token(name: str, stage: Stage) -> None:
    login = await log_in(stage.db, email=stage.ada.email, password=PASSWORD, client="old")
    caller = await stage.caller(stage.ada)
    async with stage.db.begin() as tx:
        await revoke_login(tx, caller, login_id=login.login_id)
    response = await stage.call(name, {}, token=login.token)
    assert (response.status_code, response.json()) == (403, {"error": "Expired token"})


async def test_a_log_in_expires_after_180_days(stage: Stage, clock: FrozenClock) -> None:
    clock.advance(timedelta(days=179))
    assert (await stage.call("GET /onboarding")).status_code == 200
    clock.advance(timedelta(days=2))
    response = await stage.call("GET /onboarding")
    assert (response.status_code, response.json()) == (403, {"error": "Expired token"})


async def test_a_token_is_sent_bare(stage: Stage) -> None:
    response = await stage.call("GET /onboarding", token=f"Bearer {stage.ada.token}")
    assert response.status_code == 403


@pytest.mark.parametrize(("name", "parameter"), REQUIRED)
async def test_an_absent_parameter_is_told_as_declared(
    name: str, parameter: str, stage: Stage
) -> None:
    expected = contract_routes()[name].missing()
    response = await stage.call(name, changes={parameter: DROPPED})
    assert response.status_code == expected.status, response.text
    assert envelope(response) == expected.key


@pytest.mark.parametrize("name", WITH_JSON)
async def test_a_body_that_calls_itself_something_else(name: str, stage: Stage) -> None:
    route = TABLE[name]
    headers = {"Authorization": stage.credential(route, stage.ada), "content-type": "text/plain"}
    response = await stage.client.request(route.method, route.path, headers=headers, content="{}")
    assert response.status_code == 400
    assert envelope(response) == "error"


@pytest.mark.parametrize("name", WITH_JSON)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5_000])
async def test_json_that_does_not_parse(name: str, body: bytes, stage: Stage) -> None:
    route = TABLE[name]
    headers = {
        "Authorization": stage.credential(route, stage.ada),
        "content-type": "application/json; charset=utf-8",
    }
    response = await stage.client.request(route.method, route.path, headers=headers, content=body)
    assert response.status_code == 400
    assert envelope(response) == "message"


@pytest.mark.parametrize("name", WITH_JSON)
async def test_json_that_is_no_object(name: str, stage: Stage) -> None:
    route = TABLE[name]
    headers = {"Authorization": stage.credential(route, stage.ada)}
    response = await stage.client.request(route.method, route.path, headers=headers, json=[1])
    assert response.status_code == 400
    assert envelope(response) == "error"


@pytest.mark.parametrize("name", SLICE)
async def test_another_method_is_405_with_a_message(name: str, stage: Stage) -> None:
    path = TABLE[name].path
    known = {route.method for route in TABLE.values() if route.path == path}
    (method, *_) = {"GET", "POST", "PUT", "DELETE", "PATCH"} - known
    response = await stage.client.request(method, path)
    assert response.status_code == 405
    assert envelope(response) == "message"


@pytest.mark.parametrize("path", ["/nothing", "/user/", "/USER", "/user_task/1"])
async def test_an_unknown_path_is_a_page(path: str, stage: Stage) -> None:
    response = await stage.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


async def test_browsers_are_sent_to_the_web_app_and_others_read_a_text(stage: Stage) -> None:
    page = await stage.client.get("/", headers={"accept": "text/html,application/xhtml+xml"})
    assert (page.status_code, page.headers["location"]) == (307, "/app/")
    health = await stage.client.get("/", headers={"accept": "*/*"})
    assert health.status_code == 200
    assert "<" not in health.text
    assert (await stage.client.head("/")).status_code == 200


async def test_a_body_without_end_is_cut_off(stage: Stage) -> None:
    huge = "x" * (5 * 1024 * 1024)
    response = await stage.call("POST /user_task_execution_title", changes={"title": huge})
    assert response.status_code == 413
    assert envelope(response) == "error"


@pytest.mark.parametrize("name", sorted(set(SLICE) - set(WITH_JSON)))
async def test_odd_values_never_break_a_route(name: str, stage: Stage) -> None:
    for parameter in TABLE[name].parameters:
        for odd in ("\x00", "é" * 300, "-1", "99999999999999999999", "null", "1.5", "[]"):
            if parameter.place is Place.FILE:
                continue
            response = await stage.call(name, changes={parameter.name: odd})
            assert response.status_code in (200, 400, 404, 500), (parameter.name, odd)
            assert "Internal server error" not in response.text, (parameter.name, odd)


ODD_JSON: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    True,
    -1,
    1.5,
    1e308,
    2**70,
    "\x00",
    "é" * 300,
    [[[]]],
    {"a": None},
)


@pytest.mark.parametrize("name", WITH_JSON)
async def test_odd_json_never_breaks_a_route(name: str, stage: Stage) -> None:
    for parameter in TABLE[name].parameters:
        for odd in ODD_JSON:
            response = await stage.call(name, changes={parameter.name: odd})
            assert response.status_code in (200, 400, 402, 404, 413, 500), (parameter.name, odd)
            assert response.json() != {"message": "Internal server error"}, (parameter.name, odd)
