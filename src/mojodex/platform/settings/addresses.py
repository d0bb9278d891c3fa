"""Addresses and directories as settings have them, checked."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not a web address")
    return value.rstrip("/")


def _database_address(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme.split("+")[0] not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError("not a PostgreSQL address")
    return value


def _absolute(value: Path) -> Path:
    if "\0" in str(value):
        raise ValueError("not a path")
    try:
        return value.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("no such home directory") from error


def _redis_address(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.netloc or parts.path):
        raise ValueError("not a Redis address")
    return value


def _networks(value: object) -> object:
    """A list with commas; `*` stands for every network."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    written = ["0.0.0.0/0", "::/0"] if parts == ["*"] else parts
    return tuple(ip_network(part.strip("[]"), strict=False) for part in written)


WebAddress = Annotated[str, AfterValidator(_web_address)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
Directory = Annotated[Path, AfterValidator(_absolute)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]
