"""How many wrong passwords are too many.

Failures are rows, shared by all processes and kept over restarts. They are counted per e-mail and
per address of the client, in a sliding window. The count is read before the password is checked
(cheap refusal) and once more, under a lock, when its outcome is recorded: of a burst of parallel
guesses, no more than the limit learn whether they were right.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mojodex.domains.identity.errors import TooManyAttempts
from mojodex.domains.identity.store import failures
from mojodex.kit.ids import hash_token
from mojodex.platform.db import Tx, lock_xact

WINDOW = timedelta(minutes=15)
LIMITS = {"email": 10, "address": 50}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Whose failures count against this attempt. Only hashes are stored."""

    email: str
    address: str | None

    @property
    def subjects(self) -> tuple[tuple[str, bytes], ...]:
        email = ("email", hash_token(self.email))
        return (email,) if self.address is None else (email, ("address", hash_token(self.address)))


async def find_refusal(tx: Tx, *, attempt: Attempt) -> TooManyAttempts | None:
    """The error that this attempt deserves for its past, if any."""
    now = tx.clock.now()
    waits = [await _wait(tx, scope, subject, now) for scope, subject in attempt.subjects]
    wait = max((each for each in waits if each is not None), default=None)
    if wait is None:
        return None
    return TooManyAttempts(retry_after_seconds=max(1, round(wait.total_seconds())))


async def _wait(tx: Tx, scope: str, subject: bytes, now: datetime) -> timedelta | None:
    limit = LIMITS[scope]
    failed = await failures.list_failures(tx, scope, subject, since=now - WINDOW, limit=limit)
    return failed[-1] + WINDOW - now if len(failed) >= limit else None


async def record_outcome(tx: Tx, *, attempt: Attempt, is_success: bool) -> TooManyAttempts | None:
    """Note how a check ended, in the order of their locks. Returns the refusal that overtook it.

    A success forgets the failures of the e-mail, never those of the address.
    """
    for scope, subject in attempt.subjects:
        await lock_xact(tx, "login_failure", scope, subject.hex())
    refusal = await find_refusal(tx, attempt=attempt)
    if refusal is not None:
        return refusal
    if is_success:
        await failures.delete_failures(tx, *attempt.subjects[0])
    else:
        await failures.insert_failures(tx, attempt.subjects, tx.clock.now(), WINDOW)
    return None
