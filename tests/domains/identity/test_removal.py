"""Removing people, and forgetting what ended long ago."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.domains.identity import (
    GrantMissing,
    LoggedIn,
    TokenExpired,
    TokenInvalid,
    User,
    UserDeleted,
    UserErased,
    UserNotFound,
    authenticate,
    create_user,
    delete_user,
    erase_user,
    erase_user_job,
    get_user,
    live_logins,
    log_in,
    log_out,
    purge_logins,
    purge_logins_job,
)
from mojodex.domains.identity.service import removal
from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database, Tx
from mojodex.platform.events import DomainEvent, EventBus
from mojodex.platform.jobs import ImmediateJobs, JobContext, JobQueue
from tests.domains.identity.conftest import BACKOFFICE, PASSWORD, person

DAY = timedelta(days=1)


@pytest.fixture
def jobs(db: Database) -> ImmediateJobs:
    jobs = ImmediateJobs(db, [erase_user_job])
    db.provide(JobQueue, jobs)
    return jobs


@pytest.fixture
def told(db: Database) -> list[DomainEvent]:
    events: list[DomainEvent] = []

    async def note(_: Tx, event: DomainEvent) -> None:
        events.append(event)

    for kind in (UserDeleted, UserErased):
        db.use(EventBus).subscribe(kind, note)
    return events


async def enter(db: Database, user: User) -> LoggedIn:
    return await log_in(db, email=user.email, password=PASSWORD, client="tests")


async def count(db: Database, table: str) -> int:
    async with db.begin() as tx:
        return int(await tx.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_a_removed_person_is_out_at_once_and_gone_soon(
    db: Database, ada: User, bob: User, jobs: ImmediateJobs, told: list[DomainEvent],
    clock: FrozenClock,
) -> None:  # fmt: skip
    login, other = await enter(db, ada), await enter(db, bob)
    async with db.begin() as tx:
        await delete_user(tx, BACKOFFICE, user_id=ada.user_id)
    async with db.begin() as tx:
        with pytest.raises(TokenExpired):
            await authenticate(tx, token=login.token)
        ids = [login.login_id, other.login_id]
        assert await live_logins(tx, login_ids=ids) == {other.login_id}
        with pytest.raises(UserNotFound):
            await get_user(tx, user_id=ada.user_id)
    assert told == [UserDeleted(user_id=ada.user_id)]
    assert await jobs.run_all(db) == 0
    clock.advance(removal.ERASURE_DELAY)
    assert await jobs.run_all(db) == 1
    assert told[1:] == [UserErased(user_id=ada.user_id)]
    assert await count(db, "md_user") == 1
    assert await count(db, "md_login") == 1
    # The trace of what administrators did stays.
    async with db.begin() as tx:
        acts = await tx.scalars(
            text("SELECT act FROM md_audit WHERE subject_id = :id ORDER BY audit_pk"),
            {"id": str(ada.user_id)},
        )
        assert list(acts) == ["user.create", "user.delete"]
        with pytest.raises(TokenInvalid):
            await authenticate(tx, token=login.token)
    # The address is free again.
    await create_user(db, BACKOFFICE, email=ada.email, name="Ada", password=None)


async def test_only_administrators_remove_and_only_who_is_there(
    db: Database, ada: User, bob: User, jobs: ImmediateJobs
) -> None:
    async with db.begin() as tx:
        with pytest.raises(GrantMissing):
            await delete_user(tx, person(ada), user_id=bob.user_id)
        await delete_user(tx, BACKOFFICE, user_id=bob.user_id)
        with pytest.raises(UserNotFound):
            await delete_user(tx, BACKOFFICE, user_id=bob.user_id)
    assert len(jobs.waiting) == 1


async def test_nobody_is_erased_who_was_not_removed(
    db: Database, ada: User, told: list[DomainEvent]
) -> None:
    async with db.begin() as tx:
        await erase_user(tx, user_id=ada.user_id)
        await erase_user(tx, user_id=UUID(int=7))
        assert (await get_user(tx, user_id=ada.user_id)).email == ada.email
    assert told == []


async def test_ended_logins_are_forgotten_after_thirty_days(
    db: Database, ada: User, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    kept = await enter(db, ada)
    ended = [await enter(db, ada) for _ in range(5)]
    for login in ended:
        async with db.begin() as tx:
            await log_out(tx, await authenticate(tx, token=login.token))
    clock.advance(30 * DAY)
    assert await purge_logins(db) == 0
    async with db.begin() as tx:
        with pytest.raises(TokenExpired):
            await authenticate(tx, token=ended[0].token)
    clock.advance(DAY)
    assert await purge_logins(db) == 5
    async with db.begin() as tx:
        assert (await authenticate(tx, token=kept.token)).user_id == ada.user_id
        with pytest.raises(TokenInvalid):
            await authenticate(tx, token=ended[0].token)
    # One that expired ended too.
    clock.advance(211 * DAY)
    await purge_logins_job(JobContext(db=db, job_id=1, attempt=1, worker_id="1"))
    assert await count(db, "md_login") == 0


async def test_failed_logins_are_forgotten_when_they_count_no_more(
    db: Database, ada: User, clock: FrozenClock
) -> None:
    for minutes in (0, 10):
        clock.advance(timedelta(minutes=minutes))
        with pytest.raises(Exception, match="wrong_credentials"):
            await log_in(db, email=ada.email, password="a guess", client="tests")
    clock.advance(timedelta(minutes=6))
    assert await purge_logins(db) == 1
    assert await count(db, "md_login_failure") == 1
