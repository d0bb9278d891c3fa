"""Behind proxies the client is the client's own address, and nobody can pretend another."""

from typing import Any

import pytest

from mojodex.faces.edge import ForwardedClients
from mojodex.platform.settings import InvalidSettings, load_settings
from mojodex.platform.telemetry.asgi import Message, Receive, Scope, Send

PROXIES = "127.0.0.1, 10.0.0.0/8, fd00::/8"


async def seen(
    peer: str | None, *headers: tuple[str, str], kind: str = "http", trusted: str = PROXIES
) -> tuple[Any, str]:
    """Client and scheme as the application sees them."""
    found: list[tuple[Any, str]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append((scope.get("client"), scope["scheme"]))

    async def receive() -> Message:
        raise AssertionError

    async def send(_message: Message) -> None:
        raise AssertionError

    settings = load_settings({"MOJODEX_TRUSTED_PROXIES": trusted}, env_file=None)
    scope: Scope = {
        "type": kind,
        "scheme": {"http": "http", "websocket": "ws"}[kind],
        "client": None if peer is None else (peer, 40000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    await ForwardedClients(app, settings.server.trusted_proxies)(scope, receive, send)
    return found[0]


FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:5123", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("203.0.113.66, 198.51.100.7, 10.1.2.3, fd00::1", "198.51.100.7"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("unknown, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.66, nonsense, 10.1.2.3", "10.1.2.3"),
    ],
)
async def test_the_nearest_hop_that_is_no_proxy_is_the_client(value: str, client: str) -> None:
    assert (await seen("10.0.0.1", (FOR, value)))[0] == (client, 0)


async def test_several_headers_count_as_one() -> None:
    found = await seen("127.0.0.1", (FOR, "203.0.113.66"), (FOR, "198.51.100.7, 10.0.0.2"))
    assert found[0] == ("198.51.100.7", 0)


@pytest.mark.parametrize("value", ["", "nonsense", "203.0.113.66, <script>"])
async def test_what_is_no_address_changes_nothing(value: str) -> None:
    assert (await seen("10.0.0.1", (FOR, value)))[0] == ("10.0.0.1", 40000)


async def test_strangers_are_not_believed() -> None:
    headers = ((FOR, "203.0.113.66"), (PROTO, "https"))
    assert await seen("198.51.100.7", *headers) == (("198.51.100.7", 40000), "http")
    assert await seen(None, *headers) == (None, "http")
    assert await seen("127.0.0.1", *headers, trusted="10.0.0.1") == (("127.0.0.1", 40000), "http")


async def test_all_are_believed_when_the_setting_says_so() -> None:
    assert (await seen("198.51.100.7", (FOR, "203.0.113.66"), trusted="*"))[0] == (
        "203.0.113.66",
        0,
    )


@pytest.mark.parametrize(
    ("kind", "told", "scheme"),
    [
        ("http", "https", "https"),
        ("websocket", "https", "wss"),
        ("websocket", "wss", "wss"),
        ("http", "http", "http"),
        ("http", "https, http", "http"),
        ("http", "javascript", "http"),
    ],
)
async def test_the_scheme_is_the_one_of_the_nearest_proxy(
    kind: str, told: str, scheme: str
) -> None:
    assert (await seen("10.0.0.1", (PROTO, told), kind=kind))[1] == scheme


def test_a_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="MOJODEX_TRUSTED_PROXIES"):
        load_settings({"MOJODEX_TRUSTED_PROXIES": "nginx"}, env_file=None)
