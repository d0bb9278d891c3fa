"""Logging in, being recognised, logging out, changing the password."""

import asyncio
import statistics
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from mojodex.domains.identity import (
    Caller,
    CallerKind,
    DemoRefused,
    EmailTaken,
    Grant,
    GrantMissing,
    LoggedIn,
    LoginId,
    LoginNotFound,
    NoPasswordSet,
    NoPasswordToChange,
    NotLoggedIn,
    TokenExpired,
    TokenInvalid,
    TooManyAttempts,
    User,
    UserId,
    UserNotFound,
    WeakPassword,
    WrongCredentials,
    WrongPassword,
    add_grant,
    authenticate,
    change_password,
    create_user,
    ensure_demo_account,
    get_user,
    list_logins,
    live_logins,
    log_in,
    log_out,
    remove_grant,
    require_grant,
    revoke_login,
    revoke_other_logins,
    secret_caller,
)
from mojodex.domains.identity.models import MdAudit, MdLogin, MdLoginFailure, MdUser
from mojodex.domains.identity.service.throttle import Attempt, record_outcome
from mojodex.kit.clock import FrozenClock
from mojodex.kit.ids import hash_token
from mojodex.kit.pagination import InvalidCursor, Window, encode_cursor
from mojodex.platform.db import Database, TransactionOpen
from tests.domains.counting import statements
from tests.domains.identity.conftest import BACKOFFICE, PASSWORD, person

EMAIL = "ada@example.com"


async def enter(db: Database, email: str = EMAIL, password: str = PASSWORD) -> LoggedIn:
    return await log_in(db, email=email, password=password, client="test", address="192.0.2.7")


async def recognise(db: Database, token: str) -> Caller:
    async with db.begin() as tx:
        return await authenticate(tx, token=token)


async def test_a_token_is_recognised_and_only_its_hash_is_stored(db: Database, ada: User) -> None:
    logged_in = await enter(db, email="  ADA@example.COM ")
    assert logged_in.user == ada
    assert ":" not in logged_in.token
    caller = await recognise(db, logged_in.token)
    assert caller == Caller(
        kind=CallerKind.USER,
        user_id=ada.user_id,
        login_id=logged_in.login_id,
        language_code=ada.language_code,
    )
    async with db.begin() as tx:
        row = (await tx.scalars(select(MdLogin))).one()
    assert row.token_hash == hash_token(logged_in.token)
    assert row.expires_at - row.created_at == timedelta(days=180)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong horse"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("no e-mail", PASSWORD),
        (EMAIL + "\x00", PASSWORD + "\x00"),
        ("\ud800@example.com", "\ud800"),
        ("a" * 100_000 + "@example.com", "p" * 1_000_000),
        (EMAIL, ""),
    ],
)
async def test_unknown_and_wrong_are_one_error(
    db: Database, ada: User, email: str, password: str
) -> None:
    with pytest.raises(WrongCredentials) as caught:
        await enter(db, email, password)
    assert caught.value.data == {}


async def test_unknown_and_wrong_take_the_same_time(db: Database, ada: User) -> None:
    async def measure(email: str) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            with pytest.raises(WrongCredentials):
                await enter(db, email, "wrong horse")
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    known, unknown = await measure(EMAIL), await measure("nobody@example.com")
    assert 1 / 3 < known / unknown < 3
    assert min(known, unknown) > 0.005


async def test_an_account_without_password_says_so(db: Database) -> None:
    await create_user(db, BACKOFFICE, email="eve@example.com", name="Eve", password=None)
    with pytest.raises(NoPasswordSet):
        await enter(db, "eve@example.com", "")


async def test_a_deleted_account_is_unknown(db: Database, ada: User, clock: FrozenClock) -> None:
    logged_in = await enter(db)
    async with db.begin() as tx:
        await tx.execute(update(MdUser).values(deleted_at=clock.now()))
        assert await live_logins(tx, login_ids=[logged_in.login_id]) == set()
    with pytest.raises(WrongCredentials):
        await enter(db)
    with pytest.raises(TokenExpired):
        await recognise(db, logged_in.token)


async def test_ten_failures_close_an_email_for_a_quarter(
    db: Database, ada: User, bob: User, clock: FrozenClock
) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await enter(db, password="wrong horse")
        clock.advance(timedelta(seconds=1))
    with pytest.raises(TooManyAttempts) as caught:
        await enter(db)
    assert caught.value.data == {"retry_after_seconds": 15 * 60 - 10}
    await enter(db, "bob@example.com")
    clock.advance(timedelta(seconds=15 * 60 - 10))
    await enter(db)


async def test_a_success_forgets_the_failures_of_the_email(db: Database, ada: User) -> None:
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(WrongCredentials):
                await enter(db, password="wrong horse")
        await enter(db)


async def test_fifty_failures_close_an_address(db: Database, ada: User) -> None:
    for number in range(50):
        with pytest.raises(WrongCredentials):
            await enter(db, f"guess{number}@example.com", "wrong horse")
    with pytest.raises(TooManyAttempts):
        await enter(db)
    await log_in(db, email=EMAIL, password=PASSWORD, client="elsewhere", address="192.0.2.8")
    await log_in(db, email=EMAIL, password=PASSWORD, client="no address")


async def test_old_failures_are_forgotten(db: Database, ada: User, clock: FrozenClock) -> None:
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await enter(db, password="wrong horse")
        clock.advance(timedelta(minutes=16))
    async with db.begin() as tx:
        assert await tx.scalar(select(func.count()).select_from(MdLoginFailure)) == 2


async def test_a_burst_of_guesses_learns_no_more_than_the_limit(committed_db: Database) -> None:
    db = committed_db
    await create_user(db, BACKOFFICE, email=EMAIL, name="Ada", password=PASSWORD)
    guesses = [enter(db, password=f"wrong {number}") for number in range(25)]
    outcomes = await asyncio.gather(*guesses, enter(db), return_exceptions=True)
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) >= 15


async def test_failures_recorded_at_once_are_counted_one_by_one(committed_db: Database) -> None:
    attempt = Attempt(email=EMAIL, address="192.0.2.7")

    async def fail() -> TooManyAttempts | None:
        async with committed_db.begin() as tx:
            refusal = await record_outcome(tx, attempt=attempt, is_success=False)
            await asyncio.sleep(0.02)
            return refusal

    refusals = await asyncio.gather(*(fail() for _ in range(15)))
    assert refusals.count(None) == 10


async def test_many_log_in_at_once(committed_db: Database) -> None:
    db = committed_db
    user = await create_user(db, BACKOFFICE, email=EMAIL, name="Ada", password=PASSWORD)
    logged_in = await asyncio.gather(*(enter(db) for _ in range(20)))
    callers = [await recognise(db, each.token) for each in logged_in]
    assert {caller.user_id for caller in callers} == {user.user_id}


async def test_a_log_in_runs_outside_transactions(db: Database, ada: User) -> None:
    async with db.begin():
        with pytest.raises(TransactionOpen):
            await enter(db)


async def test_the_demo_is_refused_unless_allowed(db: Database) -> None:
    demo_id = await ensure_demo_account(db, is_embedded=True, is_demo_allowed=False)
    assert demo_id is not None
    with pytest.raises(DemoRefused):
        await enter(db, "demo@example.com", "demo")
    logged_in = await log_in(
        db, email="demo@example.com", password="demo", client="test", is_demo_allowed=True
    )
    assert logged_in.user.user_id == demo_id
    assert logged_in.user.language_code == "en"
    assert logged_in.user.terms_accepted_at is not None
    assert logged_in.user.onboarding_presented_at is not None
    with pytest.raises(DemoRefused):
        await change_password(
            db, person(logged_in.user), current_password="demo", new_password="mine alone"
        )


async def test_the_demo_is_made_once_and_only_where_it_belongs(committed_db: Database) -> None:
    db = committed_db
    assert await ensure_demo_account(db, is_embedded=False, is_demo_allowed=False) is None
    made = await asyncio.gather(
        *(ensure_demo_account(db, is_embedded=False, is_demo_allowed=True) for _ in range(4))
    )
    assert len(set(made)) == 1
    assert made[0] is not None
    assert await ensure_demo_account(db, is_embedded=False, is_demo_allowed=False) == made[0]


async def test_a_real_account_with_the_demos_email_is_left_alone(db: Database) -> None:
    await create_user(db, BACKOFFICE, email="demo@example.com", name="Me", password=PASSWORD)
    assert await ensure_demo_account(db, is_embedded=True, is_demo_allowed=True) is None
    await enter(db, "demo@example.com")


@pytest.mark.parametrize("token", ["", "\x00", "x" * 201, "x" * 1_000_000, "\ud800", "A" * 43])
async def test_hostile_tokens_are_invalid(db: Database, token: str) -> None:
    with pytest.raises(TokenInvalid):
        await recognise(db, token)


async def test_an_ended_log_in_is_expired_then_invalid(
    db: Database, ada: User, clock: FrozenClock
) -> None:
    logged_in = await enter(db)
    clock.advance(timedelta(days=180))
    with pytest.raises(TokenExpired):
        await recognise(db, logged_in.token)
    clock.advance(timedelta(days=30))
    with pytest.raises(TokenExpired):
        await recognise(db, logged_in.token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TokenInvalid):
        await recognise(db, logged_in.token)
    await enter(db)
    async with db.begin() as tx:
        assert await tx.scalar(select(func.count()).select_from(MdLogin)) == 1


async def test_logging_out_ends_this_log_in_only(db: Database, ada: User) -> None:
    first, second = await enter(db), await enter(db)
    caller = await recognise(db, first.token)
    async with db.begin() as tx:
        await log_out(tx, caller)
        await log_out(tx, caller)
        assert await live_logins(tx, login_ids=[first.login_id, second.login_id, uuid4()]) == {
            second.login_id
        }
        assert await live_logins(tx, login_ids=[]) == set()
    with pytest.raises(TokenExpired):
        await recognise(db, first.token)
    await recognise(db, second.token)


async def test_a_secret_is_nobody(db: Database) -> None:
    async with db.begin() as tx:
        with pytest.raises(NotLoggedIn):
            await log_out(tx, BACKOFFICE)
        with pytest.raises(NotLoggedIn):
            await list_logins(tx, BACKOFFICE)


async def test_use_is_noted_every_five_minutes(db: Database, ada: User, clock: FrozenClock) -> None:
    logged_in = await enter(db)
    clock.advance(timedelta(minutes=4))
    with statements() as seen:
        await recognise(db, logged_in.token)
    assert not any(statement.startswith("UPDATE") for statement in seen)
    clock.advance(timedelta(minutes=1))
    caller = await recognise(db, logged_in.token)
    async with db.begin() as tx:
        page = await list_logins(tx, caller)
    assert [login.last_seen_at for login in page.items] == [clock.now()]
    assert [(login.client, login.is_current) for login in page.items] == [("test", True)]


async def test_recognising_is_one_statement_and_a_list_is_one(db: Database, ada: User) -> None:
    tokens = [(await enter(db)).token for _ in range(5)]
    async with db.begin() as tx:
        with statements() as seen:
            caller = await authenticate(tx, token=tokens[0])
            assert len(seen) == 1
            assert len((await list_logins(tx, caller)).items) == 5
            assert len(seen) == 2


async def test_log_ins_come_in_pages_newest_first(
    db: Database, ada: User, clock: FrozenClock
) -> None:
    made = []
    for number in range(5):
        made.append((await enter(db)).login_id)
        clock.advance(timedelta(seconds=number % 2))
    caller = person(ada)
    read: list[LoginId] = []
    cursor = None
    async with db.begin() as tx:
        while True:
            page = await list_logins(tx, caller, window=Window(limit=2, cursor=cursor))
            read += [login.login_id for login in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        offset = await list_logins(tx, caller, window=Window(limit=2, offset=1))
    assert sorted(read) == sorted(made)
    assert read[0] == made[-1]
    assert [login.login_id for login in offset.items] == read[1:3]


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", encode_cursor("2026", "y"), encode_cursor("2026-01-01T00:00:00", "0" * 32)],
)
async def test_a_foreign_cursor_is_refused(db: Database, ada: User, cursor: str) -> None:
    async with db.begin() as tx:
        with pytest.raises(InvalidCursor):
            await list_logins(tx, person(ada), window=Window(cursor=cursor))


async def test_a_log_in_is_revoked_by_its_owner_or_an_administrator(
    db: Database, ada: User, bob: User
) -> None:
    first, second = await enter(db), await enter(db)
    async with db.begin() as tx:
        for login_id in (first.login_id, LoginId(uuid4())):
            with pytest.raises(LoginNotFound):
                await revoke_login(tx, person(bob), login_id=login_id)
        await revoke_login(tx, person(ada), login_id=first.login_id)
        with pytest.raises(LoginNotFound):
            await revoke_login(tx, person(ada), login_id=first.login_id)
        admin = await add_grant(tx, BACKOFFICE, user_id=bob.user_id, grant=Grant.ADMIN)
        await revoke_login(tx, person(admin), login_id=second.login_id)
        acts = list(await tx.scalars(select(MdAudit.act).order_by(MdAudit.audit_pk)))
    assert acts[-2:] == ["grant.add.admin", "login.revoke"]
    for ended in (first, second):
        with pytest.raises(TokenExpired):
            await recognise(db, ended.token)


async def test_all_other_log_ins_end_at_once(db: Database, ada: User, bob: User) -> None:
    kept, other, older = await enter(db), await enter(db), await enter(db)
    foreign = await enter(db, email=bob.email)
    caller = await recognise(db, kept.token)
    async with db.begin() as tx:
        await revoke_other_logins(tx, caller)
        await revoke_other_logins(tx, caller)
        left = await list_logins(tx, caller)
    assert [(item.login_id, item.is_current) for item in left.items] == [(kept.login_id, True)]
    for ended in (other, older):
        with pytest.raises(TokenExpired):
            await recognise(db, ended.token)
    assert (await recognise(db, foreign.token)).user_id == bob.user_id
    async with db.begin() as tx:
        with pytest.raises(NotLoggedIn):
            await revoke_other_logins(tx, BACKOFFICE)


async def test_a_new_password_ends_the_other_log_ins(db: Database, ada: User) -> None:
    kept, other = await enter(db), await enter(db)
    caller = await recognise(db, kept.token)
    await change_password(db, caller, current_password=PASSWORD, new_password="better horse")
    await recognise(db, kept.token)
    with pytest.raises(TokenExpired):
        await recognise(db, other.token)
    with pytest.raises(WrongCredentials):
        await enter(db)
    await enter(db, password="better horse")


@pytest.mark.parametrize(
    ("new_password", "reason"),
    [("seven77", "too_short"), ("x" * 1025, "too_long"), ("Ada@Example.com", "is_email")],
)
async def test_a_weak_password_is_refused(
    db: Database, ada: User, new_password: str, reason: str
) -> None:
    with pytest.raises(WeakPassword) as caught:
        await change_password(db, person(ada), current_password=PASSWORD, new_password=new_password)
    assert caught.value.data["reason"] == reason


async def test_the_current_password_is_asked_and_throttled(db: Database, ada: User) -> None:
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await change_password(
                db, person(ada), current_password="wrong horse", new_password="better horse"
            )
    with pytest.raises(TooManyAttempts):
        await change_password(
            db, person(ada), current_password=PASSWORD, new_password="better horse"
        )


async def test_an_old_hash_is_renewed_at_log_in(db: Database, ada: User) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with db.begin() as tx:
        await tx.execute(update(MdUser).values(password=weak))
    await enter(db)
    async with db.begin() as tx:
        renewed = await tx.scalar(select(MdUser.password))
    assert renewed != weak
    await enter(db)


async def test_a_password_that_argon_cannot_read_is_wrong(db: Database, ada: User) -> None:
    async with db.begin() as tx:
        await tx.execute(update(MdUser).values(password="plain"))
    with pytest.raises(WrongCredentials):
        await enter(db, password="plain")


async def test_an_account_that_is_gone_changes_no_password(db: Database) -> None:
    ghost = Caller(kind=CallerKind.USER, user_id=UserId(uuid4()))
    with pytest.raises(UserNotFound):
        await change_password(db, ghost, current_password=PASSWORD, new_password="better horse")


async def test_without_a_password_none_is_changed(db: Database) -> None:
    eve = await create_user(db, BACKOFFICE, email="eve@example.com", name="Eve", password=None)
    with pytest.raises(NoPasswordToChange):
        await change_password(db, person(eve), current_password="", new_password="better horse")
    with pytest.raises(NotLoggedIn):
        await change_password(db, BACKOFFICE, current_password="", new_password="better horse")


async def test_of_two_new_passwords_one_wins(committed_db: Database) -> None:
    db = committed_db
    ada = await create_user(db, BACKOFFICE, email=EMAIL, name="Ada", password=PASSWORD)
    words = ["better horse", "other horse"]
    outcomes = await asyncio.gather(
        *(
            change_password(db, person(ada), current_password=PASSWORD, new_password=word)
            for word in words
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongPassword"]
    await enter(db, password=words[outcomes.index(None)])


async def test_accounts_are_made_by_administrators_only(db: Database, ada: User) -> None:
    for caller in (person(ada), secret_caller("scheduler"), Caller(kind=CallerKind.JOB)):
        with pytest.raises(GrantMissing):
            await create_user(db, caller, email="x@example.com", name="X", password=PASSWORD)
        async with db.begin() as tx:
            with pytest.raises(GrantMissing):
                await add_grant(tx, caller, user_id=ada.user_id, grant=Grant.ADMIN)
            with pytest.raises(GrantMissing):
                await remove_grant(tx, caller, user_id=ada.user_id, grant=Grant.ADMIN)


async def test_grants_count_from_the_next_request(db: Database, ada: User) -> None:
    token = (await enter(db)).token
    async with db.begin() as tx:
        user = await add_grant(tx, BACKOFFICE, user_id=ada.user_id, grant=Grant.ADMIN)
        await add_grant(tx, BACKOFFICE, user_id=ada.user_id, grant=Grant.ADMIN)
        assert user.grants == {Grant.ADMIN}
    caller = await recognise(db, token)
    assert caller.is_admin
    require_grant(caller, Grant.STAFF)
    async with db.begin() as tx:
        await remove_grant(tx, BACKOFFICE, user_id=ada.user_id, grant=Grant.ADMIN)
        assert (await get_user(tx, user_id=ada.user_id)).grants == frozenset()
    assert not (await recognise(db, token)).is_admin


def test_a_grant_is_a_persons_power() -> None:
    staff = Caller(kind=CallerKind.USER, grants=frozenset({Grant.STAFF}))
    require_grant(staff, Grant.STAFF)
    with pytest.raises(GrantMissing):
        require_grant(staff, Grant.REVIEWER)
    key = Caller(kind=CallerKind.API_KEY, grants=frozenset({Grant.ADMIN}))
    with pytest.raises(GrantMissing):
        require_grant(key, Grant.ADMIN)
    require_grant(BACKOFFICE, Grant.ADMIN)


async def test_of_many_accounts_with_one_email_one_is_made(committed_db: Database) -> None:
    outcomes = await asyncio.gather(
        *(
            create_user(committed_db, BACKOFFICE, email=email, name="Ada", password=PASSWORD)
            for email in (EMAIL, EMAIL.upper(), EMAIL, EMAIL.title())
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 3
