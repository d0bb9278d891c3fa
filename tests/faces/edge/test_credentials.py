"""Every form of a token is read by one function, and only in the forms a face accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.faces.edge import TokenForm, find_credentials, match_secret, read_cookie

ALL = frozenset(TokenForm)


@pytest.mark.parametrize(
    ("headers", "token", "form"),
    [
        ({"authorization": "abc"}, "abc", TokenForm.RAW),
        ({"authorization": "  abc "}, "abc", TokenForm.RAW),
        ({"authorization": "Bearer abc"}, "abc", TokenForm.BEARER),
        ({"authorization": "bearer  abc"}, "abc", TokenForm.BEARER),
        ({"cookie": "mojodex_login=abc"}, "abc", TokenForm.COOKIE),
        ({"cookie": "a=1; mojodex_login=abc; b=2"}, "abc", TokenForm.COOKIE),
        ({"cookie": 'x="; mojodex_login=abc'}, "abc", TokenForm.COOKIE),
    ],
)
def test_each_form_is_read(headers: dict[str, str], token: str, form: TokenForm) -> None:
    found = find_credentials(headers, forms=ALL)
    assert found is not None
    assert (found.token, found.form) == (token, form)


@pytest.mark.parametrize(
    "headers", [{}, {"cookie": ""}, {"cookie": "mojodex_login_old=abc; other=1"}]
)
def test_no_token_is_none(headers: dict[str, str]) -> None:
    assert find_credentials(headers, forms=ALL) is None


def test_a_form_that_is_not_accepted_gives_no_token() -> None:
    cookie = {"cookie": "mojodex_login=abc"}
    assert find_credentials(cookie, forms={TokenForm.BEARER}) is None
    found = find_credentials({"authorization": "abc"}, forms={TokenForm.BEARER})
    assert found is not None
    assert found.token == ""


def test_a_bad_header_does_not_fall_back_to_the_cookie() -> None:
    headers = {"authorization": "Basic abc", "cookie": "mojodex_login=good"}
    found = find_credentials(headers, forms={TokenForm.BEARER, TokenForm.COOKIE})
    assert found is not None
    assert found.token == ""


def test_a_long_header_is_not_even_looked_at() -> None:
    found = find_credentials({"authorization": "Bearer " + "a" * 5000}, forms=ALL)
    assert found is not None
    assert found.token == ""


@given(st.text(), st.text())
def test_no_header_breaks_the_reader(authorization: str, cookie: str) -> None:
    find_credentials({"authorization": authorization}, forms=ALL)
    find_credentials({"cookie": cookie}, forms=ALL)
    read_cookie(cookie, "mojodex_login")


@pytest.mark.parametrize(
    ("given_secret", "expected", "matches"),
    [("s", "s", True), ("s", "t", False), ("", "", False), ("", None, False), ("é", "é", True)],
)
def test_secrets(given_secret: str, expected: str | None, matches: bool) -> None:
    assert match_secret(given_secret, expected) is matches
