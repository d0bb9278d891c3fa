"""Identifiers and secrets: made here, spelled by the faces."""

import hashlib
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562): ordered by time, so that index pages stay warm."""
    millis = time.time_ns() // 1_000_000
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)


def new_token() -> str:
    """32 random bytes, url-safe, without colons (the old CLI splits its file at them)."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored of a token: its SHA-256. A token is random, so no salt is due."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def encode_hex(value: UUID) -> str:
    """The 32-digit spelling, which the ancestor's clients know."""
    return value.hex


def decode_uuid(text: str) -> UUID | None:
    """Read a UUID in its dashed or 32-digit form; anything else is None."""
    if len(text) not in (32, 36):
        return None
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if text.lower() in (value.hex, str(value)) else None
