"""A person changes what is theirs."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import update

from mojodex.domains.identity.models import MdUser
from mojodex.platform.db import Database
from tests.faces.v1.conftest import PASSWORD, MakePerson, Someone
from tests.faces.v1.problems import named_fields, read_problem


async def test_who_am_i(ada: Someone) -> None:
    answer = await ada.client.get("/me")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["id"] == str(ada.user.user_id)
    assert (body["name"], body["language"], body["time_zone"]) == ("Ada", "en", None)
    assert body["grants"] == []


async def test_name_language_and_zone(ada: Someone) -> None:
    change = {"name": "Ada L.", "language": "fr", "time_zone": "Europe/Paris"}
    body = (await ada.client.patch("/me", json=change)).json()
    assert {key: body[key] for key in change} == change
    assert (await ada.client.get("/me")).json() == body
    assert (await ada.client.patch("/me", json={"name": "Ada"})).json()["language"] == "fr"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"language": "klingon"}, "invalid_language", "language"),
        ({"time_zone": "Mars/Olympus"}, "invalid_time_zone", "time_zone"),
        ({"name": "   "}, "invalid_name", "name"),
        ({"name": "a\x00b"}, "invalid_request", "name"),
        ({"name": "a" * 300}, "invalid_request", "name"),
        ({"email": "new@example.org"}, "invalid_request", "email"),
    ],
)
async def test_refused_changes_name_the_field(
    ada: Someone, change: dict[str, str], code: str, field: str
) -> None:
    problem = read_problem(await ada.client.patch("/me", json=change), 422, code)
    assert named_fields(problem) == [field]


async def test_lone_surrogates_are_refused(ada: Someone) -> None:
    answer = await ada.client.patch(
        "/me", content=rb'{"name": "\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert named_fields(read_problem(answer, 422, "invalid_request")) == ["name"]


async def test_errors_speak_the_persons_language(make_person: MakePerson) -> None:
    paul = await make_person("paul@example.org", language="fr")
    answer = await paul.client.patch("/me", json={"time_zone": "Mars/Olympus"})
    problem = read_problem(answer, 422, "invalid_time_zone")
    assert problem.detail == "Ce n'est pas un fuseau horaire comme Europe/Paris."
    asked = await paul.client.patch("/me", json={"x": 1}, headers={"Accept-Language": "es"})
    assert read_problem(asked, 422, "invalid_request").errors[0].detail == "Ce champ n'existe pas."


async def test_strangers_are_answered_in_what_their_browser_asks_for(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/me", headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert read_problem(answer, 401, "not_logged_in").detail == "Connectez-vous d'abord."


async def test_a_new_password_ends_the_other_logins(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    credentials = {"email": "ada@example.org", "password": PASSWORD}
    other = (await client.post("/logins", json=credentials)).json()["token"]
    change = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert (await ada.client.put("/me/password", json=change)).status_code == 204
    assert (await ada.client.get("/me")).status_code == 200
    gone = await client.get("/me", headers={"Authorization": f"Bearer {other}"})
    read_problem(gone, 401, "token_expired")
    read_problem(await client.post("/logins", json=credentials), 401, "wrong_credentials")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"current_password": "no", "new_password": PASSWORD + "!"}, "wrong_password",
         "current_password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "weak_password", "password"),
    ],
)  # fmt: skip
async def test_refused_passwords(
    ada: Someone, change: dict[str, str], code: str, field: str
) -> None:
    problem = read_problem(await ada.client.put("/me/password", json=change), 422, code)
    assert named_fields(problem) == [field]


async def test_an_account_without_password_stays_logged_in(db: Database, ada: Someone) -> None:
    """Web apps take 401 for the end of the log-in, which this is not."""
    async with db.begin() as tx:
        await tx.execute(update(MdUser).values(password=None))
    change = {"current_password": PASSWORD, "new_password": "another horse battery"}
    problem = read_problem(
        await ada.client.put("/me/password", json=change), 409, "no_password_to_change"
    )
    assert "no password" in problem.detail
    assert (await ada.client.get("/me")).status_code == 200


async def test_a_body_has_a_size(ada: Someone) -> None:
    answer = await ada.client.patch("/me", content=b'{"name": "' + b"a" * 3_000_000 + b'"}')
    read_problem(answer, 413, "body_too_large")

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"a" * 100_000

    read_problem(await ada.client.patch("/me", content=stream()), 413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no_such_address"),
        ("GET", "/me/", 404, "no_such_address"),
        ("POST", "/me", 405, "method_not_allowed"),
    ],
)
async def test_addresses_that_are_none(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    read_problem(await client.request(method, path), status, code)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{nonsense", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"name": "x"}', "text/plain"),
        (b"name=x", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/json"),
    ],
)
async def test_bodies_that_are_no_json_objects(ada: Someone, content: bytes, kind: str) -> None:
    answer = await ada.client.patch("/me", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)
    read_problem(answer, answer.status_code, "invalid_request")
