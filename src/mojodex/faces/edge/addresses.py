"""Where a request comes from: the address under which failed log-ins are counted.

Behind proxies the connection comes from the last of them. What it tells of the client
(`X-Forwarded-For`, `X-Forwarded-Proto`) is believed of trusted proxies only; anybody could say so.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from starlette.requests import HTTPConnection

from mojodex.platform.telemetry.asgi import App, Receive, Scope, Send

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_PROTO = b"x-forwarded-proto"
SECURE = {"http": "https", "ws": "wss"}
#: Proxies that a request passes at most; a longer list is somebody's joke.
MAX_HOPS = 20


def client_address(connection: HTTPConnection) -> str | None:
    """Where the request comes from; None where the server does not say."""
    return address_key(connection.client.host) if connection.client else None


def address_key(address: str) -> str:
    """One key per IPv4 address and per IPv6 /64, which is what one subscriber gets."""
    ip = _parse(address)
    if ip is None:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.ip_network((ip, 64), strict=False))


class ForwardedClients:
    """Wraps an ASGI application: behind trusted proxies, client and scheme are the client's own."""

    def __init__(self, app: App, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client") if scope["type"] in ("http", "websocket") else None
        if peer is not None and self._is_trusted(_parse(peer[0])):
            scope["scheme"] = self._find_scheme(scope)
            found = self._find_client(_values(scope, FORWARDED_FOR))
            if found is not None:
                scope["client"] = (str(found), 0)
        await self._app(scope, receive, send)

    def _is_trusted(self, ip: Ip | None) -> bool:
        return ip is not None and any(ip in network for network in self._trusted)

    def _find_client(self, hops: Iterable[str]) -> Ip | None:
        """From the nearest hop on: the first that is no trusted proxy, for only those say truth.

        What is no address ends the search, because nothing behind it can be believed either.
        """
        found = None
        for hop in list(hops)[::-1][:MAX_HOPS]:
            ip = _parse(_without_port(hop))
            if ip is None:
                break
            found = ip
            if not self._is_trusted(ip):
                break
        return found

    def _find_scheme(self, scope: Scope) -> str:
        """Upgraded when the nearest proxy was reached by TLS; never the other way round."""
        scheme = str(scope.get("scheme", "http"))
        told = _values(scope, FORWARDED_PROTO)
        is_secure = bool(told) and told[-1].lower() in ("https", "wss")
        return SECURE.get(scheme, scheme) if is_secure else scheme


def _values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header that may be repeated or hold several, in order."""
    lines = [bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name]
    return [value.strip() for line in lines for value in line.split(",") if value.strip()]


def _without_port(hop: str) -> str:
    """Some proxies write `address:port` or `[address]:port`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parse(address: str) -> Ip | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip
