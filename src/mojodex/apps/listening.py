"""The terminal and the address: what is said, where is listened, and who has it already."""

import socket
import sys

import psutil

from mojodex.apps.errors import AddressUnavailable


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else starts. Raises `AddressUnavailable`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressUnavailable(host=host, port=port, reason=error.strerror or "") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        reason = (error.strerror or "") + find_listener(port)
        raise AddressUnavailable(host=host, port=port, reason=reason) from error
    listener.set_inheritable(False)
    return listener


def find_listener(port: int) -> str:
    """Who listens on the port, for a sentence; empty when that cannot be seen."""
    try:
        for connection in psutil.net_connections("tcp"):
            is_there = connection.status == psutil.CONN_LISTEN and connection.laddr[1] == port
            if is_there and connection.pid is not None:
                name = psutil.Process(connection.pid).name()
                return f" (by {name}, process {connection.pid})"
    except psutil.Error:
        return ""
    return ""


def say(text: str) -> None:
    """A line for the person at the terminal, apart from the log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
