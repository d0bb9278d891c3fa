"""Only our own pages may act with a person's cookie."""

import pytest

from mojodex.faces.edge import OriginPolicy, OriginRefused

POLICY = OriginPolicy(["https://mojodex.example.org/app/", "", "nonsense"])


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:5001",
        "HTTP://127.0.0.1:5001",
        "https://mojodex.example.org",
        "https://mojodex.example.org:443",
    ],
)
def test_our_own_origins_may_act(origin: str) -> None:
    POLICY.check_request("POST", origin, scheme="http", host="127.0.0.1:5001")
    POLICY.check_handshake(origin, scheme="ws", host="127.0.0.1:5001")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://127.0.0.1:5002",
        "https://127.0.0.1:5001",
        "http://127.0.0.1:5001.evil.example",
        "http://evil.example",
        "http://user@127.0.0.1:5001",
        "http://mojodex.example.org",
        "https://mojodex.example.org.evil.example",
        "file://127.0.0.1:5001",
        "http://127.0.0.1:port",
        "http://[",
    ],
)
def test_foreign_origins_may_not(origin: str) -> None:
    with pytest.raises(OriginRefused):
        POLICY.check_request("POST", origin, scheme="http", host="127.0.0.1:5001")
    with pytest.raises(OriginRefused):
        POLICY.check_handshake(origin, scheme="ws", host="127.0.0.1:5001")


def test_an_unsafe_request_without_origin_is_refused_and_a_safe_one_is_not() -> None:
    with pytest.raises(OriginRefused):
        POLICY.check_request("DELETE", None, scheme="http", host="a")
    POLICY.check_request("GET", "http://evil.example", scheme="http", host="a")
    POLICY.check_handshake(None, scheme="ws", host="a")


def test_a_socket_scheme_is_the_scheme_of_its_page() -> None:
    policy = OriginPolicy()
    assert policy.allows("https://a.example", scheme="wss", host="a.example")
    assert not policy.allows("http://a.example", scheme="wss", host="a.example")
