"""Queries about failed checks of passwords."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, delete, insert, select

from mojodex.domains.identity.models import MdLoginFailure
from mojodex.platform.db import Prepared, Reading, Tx

_OF_SUBJECT = (
    MdLoginFailure.scope == bindparam("scope"),
    MdLoginFailure.subject_hash == bindparam("subject_hash"),
)
_LIST = Prepared(
    select(MdLoginFailure.created_at)
    .where(*_OF_SUBJECT, MdLoginFailure.created_at > bindparam("since"))
    .order_by(MdLoginFailure.created_at.desc())
    .limit(bindparam("limit", type_=BigInteger()))
)


async def list_failures(
    tx: Reading, scope: str, subject_hash: bytes, *, since: datetime, limit: int
) -> list[datetime]:
    """When the newest failures happened, newest first, at most `limit`."""
    rows = await tx.fetch(
        _LIST, {"scope": scope, "subject_hash": subject_hash, "since": since, "limit": limit}
    )
    return [created_at for (created_at,) in rows]


async def insert_failures(
    tx: Tx, subjects: Sequence[tuple[str, bytes]], now: datetime, keep: timedelta
) -> None:
    """Note a failure for each subject and forget those that no longer count."""
    old = (
        select(MdLoginFailure.login_failure_pk)
        .where(MdLoginFailure.created_at < now - keep)
        .with_for_update(skip_locked=True)
    )
    await tx.execute(delete(MdLoginFailure).where(MdLoginFailure.login_failure_pk.in_(old)))
    await tx.execute(
        insert(MdLoginFailure).values(
            [
                {"scope": scope, "subject_hash": subject_hash, "created_at": now}
                for scope, subject_hash in subjects
            ]
        )
    )


_DELETE = Prepared(delete(MdLoginFailure).where(*_OF_SUBJECT))


async def delete_failures(tx: Tx, scope: str, subject_hash: bytes) -> None:
    await tx.change(_DELETE, {"scope": scope, "subject_hash": subject_hash})


async def purge_failures(tx: Tx, before: datetime, limit: int) -> int:
    """Forget failures that are older than this instant. Returns how many."""
    old = (
        select(MdLoginFailure.login_failure_pk)
        .where(MdLoginFailure.created_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = delete(MdLoginFailure).where(MdLoginFailure.login_failure_pk.in_(old))
    return len((await tx.scalars(gone.returning(MdLoginFailure.login_failure_pk))).all())
