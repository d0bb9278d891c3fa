"""Logging in and out, by token and by cookie."""

from http.cookies import SimpleCookie

import httpx
import pytest

from mojodex.faces.edge import LOGIN_COOKIE
from tests.faces.v1.conftest import ORIGIN, PASSWORD, Someone
from tests.faces.v1.problems import named_fields, read_problem

OURS = {"Origin": ORIGIN}


def credentials(**more: str) -> dict[str, str]:
    return {"email": "ada@example.org", "password": PASSWORD, **more}


async def test_programs_get_a_token(client: httpx.AsyncClient, ada: Someone) -> None:
    answer = await client.post("/logins", json=credentials())
    assert answer.status_code == 201
    body = answer.json()
    assert "set-cookie" not in answer.headers
    assert body["user"]["email"] == "ada@example.org"
    me = await client.get("/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert me.json() == body["user"]


async def test_browsers_get_a_cookie_that_no_script_reads(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    answer = await client.post("/logins", json=credentials(transport="cookie"), headers=OURS)
    assert answer.status_code == 201
    assert answer.json()["token"] is None
    morsel = SimpleCookie(answer.headers["set-cookie"])[LOGIN_COOKIE]
    assert morsel["httponly"]
    assert morsel["samesite"] == "lax"
    assert morsel["path"] == "/"
    assert not morsel["secure"]
    assert (await client.get("/me")).status_code == 200


async def test_over_https_the_cookie_is_secure(client: httpx.AsyncClient, ada: Someone) -> None:
    answer = await client.post(
        "https://us.test/logins",
        json=credentials(transport="cookie"),
        headers={"Origin": "https://us.test"},
    )
    assert SimpleCookie(answer.headers["set-cookie"])[LOGIN_COOKIE]["secure"]


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.test"}, {"Origin": "null"}])
async def test_a_foreign_page_cannot_log_anybody_in(
    client: httpx.AsyncClient, ada: Someone, headers: dict[str, str]
) -> None:
    answer = await client.post("/logins", json=credentials(transport="cookie"), headers=headers)
    read_problem(answer, 403, "origin_refused")
    assert "set-cookie" not in answer.headers


async def test_a_foreign_page_cannot_use_the_cookie(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    await client.post("/logins", json=credentials(transport="cookie"), headers=OURS)
    for headers in ({}, {"Origin": "https://evil.test"}):
        answer = await client.patch("/me", json={"name": "Mallory"}, headers=headers)
        read_problem(answer, 403, "origin_refused")
    assert (await client.patch("/me", json={"name": "Countess"}, headers=OURS)).status_code == 200


async def test_logging_out_ends_the_login_and_removes_the_cookie(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    await client.post("/logins", json=credentials(transport="cookie"), headers=OURS)
    token = client.cookies[LOGIN_COOKIE]
    answer = await client.delete("/logins/current", headers=OURS)
    assert answer.status_code == 204
    assert LOGIN_COOKIE not in client.cookies
    again = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
    read_problem(again, 401, "token_expired")


async def test_the_cookie_of_an_ended_login_is_removed(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    login = await client.post("/logins", json=credentials(transport="cookie"), headers=OURS)
    await ada.client.delete(f"/logins/{login.json()['login_id']}")
    read_problem(await client.get("/me"), 401, "token_expired")
    assert LOGIN_COOKIE not in client.cookies
    read_problem(await client.get("/me"), 401, "not_logged_in")


async def test_unknown_and_wrong_are_answered_alike(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    wrong = await client.post("/logins", json=credentials(password="nonsense"))
    unknown = await client.post("/logins", json=credentials(email="nobody@example.org"))
    read_problem(wrong, 401, "wrong_credentials")
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"].startswith("Bearer")


async def test_guessing_is_slowed_down(client: httpx.AsyncClient, ada: Someone) -> None:
    answers = [
        await client.post("/logins", json=credentials(password=f"guess {n}")) for n in range(40)
    ]
    last = answers[-1]
    problem = read_problem(last, 429, "too_many_attempts")
    assert int(last.headers["retry-after"]) > 0
    assert last.headers["retry-after"] in problem.detail


async def test_a_person_sees_and_ends_their_logins(client: httpx.AsyncClient, ada: Someone) -> None:
    other = (await client.post("/logins", json=credentials())).json()
    page = (await ada.client.get("/logins")).json()
    assert {item["id"]: item["is_current"] for item in page["items"]} == {
        ada.login_id: True,
        other["login_id"]: False,
    }
    assert page["items"][0]["expires_at"].endswith("Z")
    ended = await ada.client.delete(f"/logins/{other['login_id']}")
    assert ended.status_code == 204
    gone = await client.get("/me", headers={"Authorization": f"Bearer {other['token']}"})
    read_problem(gone, 401, "token_expired")
    again = await ada.client.delete("/logins/nonsense")
    read_problem(again, 404, "login_not_found")


async def test_a_person_ends_every_other_login(client: httpx.AsyncClient, ada: Someone) -> None:
    others = [(await client.post("/logins", json=credentials())).json() for _ in range(2)]
    assert (await ada.client.delete("/logins/others")).status_code == 204
    left = (await ada.client.get("/logins")).json()["items"]
    assert [item["id"] for item in left] == [ada.login_id]
    for other in others:
        gone = await client.get("/me", headers={"Authorization": f"Bearer {other['token']}"})
        read_problem(gone, 401, "token_expired")


async def test_lists_of_logins_have_pages(client: httpx.AsyncClient, ada: Someone) -> None:
    for _ in range(3):
        await client.post("/logins", json=credentials())
    first = (await ada.client.get("/logins?limit=3")).json()
    rest = (await ada.client.get(f"/logins?limit=3&cursor={first['next_cursor']}")).json()
    assert [len(first["items"]), len(rest["items"])] == [3, 1]
    assert rest["next_cursor"] is None
    for cursor in ("nonsense", "é", "a" * 900):
        problem = read_problem(
            await ada.client.get("/logins", params={"cursor": cursor}), 422, "invalid_cursor"
        )
        assert named_fields(problem) == ["cursor"]


async def test_a_log_in_names_its_fields(client: httpx.AsyncClient) -> None:
    answer = await client.post("/logins", json={"email": 1, "transport": "pigeon", "x": 1})
    problem = read_problem(answer, 422, "invalid_request")
    assert sorted(named_fields(problem)) == ["email", "password", "transport", "x"]


async def test_every_header_form_but_bearer_and_cookie_is_unknown(
    client: httpx.AsyncClient, ada: Someone
) -> None:
    for header in (ada.token, f"Basic {ada.token}", f"Token {ada.token}", "", "Bearer", "Bearer "):
        answer = await client.get("/me", headers={"Authorization": header})
        assert answer.status_code == 401, header
    for name in ("X-Api-Key", "Token"):
        read_problem(await client.get("/me", headers={name: ada.token}), 401, "not_logged_in")
