"""The network address under which failed log-ins are counted."""

import ipaddress

from starlette.requests import HTTPConnection


def client_address(connection: HTTPConnection) -> str | None:
    """Where the request comes from; None where the server does not say.

    Behind a proxy the server must be told to trust its forwarding headers.
    """
    return address_key(connection.client.host) if connection.client else None


def address_key(address: str) -> str:
    """One key per IPv4 address and per IPv6 /64, which is what one subscriber gets."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))
