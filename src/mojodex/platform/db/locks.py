"""Advisory locks and notifications that belong to a transaction."""

import hashlib
from uuid import UUID

from sqlalchemy import text

from mojodex.platform.db.database import Tx


def lock_key(*key: str | int | UUID) -> int:
    """A signed 64-bit number from the parts of a lock's name; equal names give equal numbers."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def lock_xact(tx: Tx, *key: str | int | UUID) -> None:
    """Wait for the lock of this name and hold it until the transaction ends."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(*key)})


async def notify(tx: Tx, channel: str, payload: str) -> None:
    """Ring `channel` when, and only when, this transaction commits. At most 7,999 bytes."""
    await tx.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )
