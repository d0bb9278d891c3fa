"""Advisory locks and notifications that belong to a transaction."""

import hashlib
from uuid import UUID

from sqlalchemy import text

from mojodex.platform.db.reading import Prepared
from mojodex.platform.db.tx import Tx

_LOCK = Prepared(text("SELECT pg_advisory_xact_lock(CAST(:key AS bigint))"))
_NOTIFY = Prepared(text("SELECT pg_notify(:channel, :payload)"))


def lock_key(*key: str | int | UUID) -> int:
    """A signed 64-bit number from the parts of a lock's name; equal names give equal numbers."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def lock_xact(tx: Tx, *key: str | int | UUID) -> None:
    """Wait for the lock of this name and hold it until the transaction ends.

    One that the transaction holds already costs nothing.
    """
    number = lock_key(*key)
    if number not in tx.locks:
        await tx.fetch(_LOCK, {"key": number})
        tx.locks |= {number}


def own_xact(tx: Tx, *key: str | int | UUID) -> None:
    """Hold the lock of this name without asking: it belongs to what the transaction itself made
    and nobody else can see before its end."""
    tx.locks |= {lock_key(*key)}


async def notify(tx: Tx, channel: str, payload: str) -> None:
    """Ring `channel` when, and only when, this transaction commits. At most 7,999 bytes."""
    await tx.fetch(_NOTIFY, {"channel": channel, "payload": payload})
