"""Logging in and out, and finding out who calls."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from mojodex.domains.identity.errors import (
    DemoRefused,
    NoPasswordSet,
    NoPasswordToChange,
    TokenExpired,
    TokenInvalid,
    UserNotFound,
    WrongCredentials,
    WrongPassword,
)
from mojodex.domains.identity.policy import access_login
from mojodex.domains.identity.rules import check_password, find_email
from mojodex.domains.identity.service.accounts import get_user
from mojodex.domains.identity.service.audit import record_audit
from mojodex.domains.identity.service.passwords import (
    hash_password,
    is_outdated,
    verify_password,
)
from mojodex.domains.identity.service.throttle import Attempt, find_refusal, record_outcome
from mojodex.domains.identity.store import logins, people
from mojodex.domains.identity.store.people import Credentials
from mojodex.domains.identity.views import (
    Caller,
    CallerKind,
    LoggedIn,
    Login,
    LoginId,
    UserId,
)
from mojodex.kit.errors import AppError
from mojodex.kit.ids import decode_uuid, hash_token, new_id, new_token
from mojodex.kit.pagination import InvalidCursor, Page, Window, cut_page, decode_cursor
from mojodex.kit.pagination import encode_cursor as pack
from mojodex.kit.text import clean, shorten
from mojodex.platform.db import Database, Reading, Tx

LOGIN_LIFETIME = timedelta(days=180)
#: How long an ended log-in is remembered, so that its client reads "Expired token".
ENDED_MEMORY = timedelta(days=30)
#: `last_seen_at` is this coarse, so that a busy client does not write on each request.
SEEN_PRECISION = timedelta(minutes=5)
MAX_TOKEN_LENGTH = 200
MAX_CLIENT_LENGTH = 200


async def log_in(
    db: Database,
    *,
    email: str,
    password: str,
    client: str,
    address: str | None = None,
    is_demo_allowed: bool = False,
) -> LoggedIn:
    """Check e-mail and password and open a log-in of 180 days.

    `client` names the program for the list of log-ins; `address` is where it calls from, for the
    throttle (None: only the e-mail counts). Raises `WrongCredentials`, `NoPasswordSet`,
    `TooManyAttempts`, `DemoRefused`.
    """
    db.outside_transaction()
    known = find_email(email)
    attempt = Attempt(email=known or email, address=address)
    async with db.begin() as tx:
        refusal = await find_refusal(tx, attempt=attempt)
        credentials = await people.find_credentials(tx, email=known) if known else None
    if refusal is not None:
        raise refusal
    if credentials is not None and credentials.is_demo and not is_demo_allowed:
        raise DemoRefused()
    stored = credentials.password_hash if credentials else None
    is_right = await verify_password(stored=stored, password=password)
    if credentials is None or stored is None or not is_right:
        raise await _record_failure(db, attempt, credentials)
    fresh_hash = await hash_password(password=password) if is_outdated(stored) else None
    async with db.begin() as tx:
        overtaken = await record_outcome(tx, attempt=attempt, is_success=True)
        result = overtaken or await _open_login(tx, credentials, client, fresh_hash)
    if isinstance(result, AppError):
        raise result
    return result


async def _record_failure(
    db: Database, attempt: Attempt, credentials: Credentials | None
) -> AppError:
    async with db.begin() as tx:
        refusal = await record_outcome(tx, attempt=attempt, is_success=False)
    if refusal is not None:
        return refusal
    if credentials is not None and credentials.password_hash is None:
        return NoPasswordSet()
    return WrongCredentials()


async def _open_login(
    tx: Tx, credentials: Credentials, client: str, fresh_hash: str | None
) -> LoggedIn | WrongCredentials:
    """Store the log-in, unless the password was changed since it was checked."""
    now = tx.clock.now()
    row = await people.lock_user(tx, credentials.user_id)
    if row is None or row.password != credentials.password_hash:
        return WrongCredentials()
    if fresh_hash is not None:
        await people.update_user(tx, credentials.user_id, {"password": fresh_hash})
    await logins.delete_ended_logins(tx, credentials.user_id, now - ENDED_MEMORY)
    login_id, token = LoginId(new_id()), new_token()
    await logins.insert_login(
        tx,
        {
            "login_id": login_id,
            "user_id": credentials.user_id,
            "token_hash": hash_token(token),
            "client": shorten(clean(client).strip(), MAX_CLIENT_LENGTH),
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + LOGIN_LIFETIME,
        },
    )
    user = await get_user(tx, user_id=credentials.user_id)
    return LoggedIn(user=user, token=token, login_id=login_id)


async def authenticate(tx: Reading, *, token: str) -> Caller:
    """The person behind a token, and their powers as they are now; one statement.

    That the log-in was seen is noted every few minutes, with a second one.

    Raises `TokenExpired` for a log-in that ended within 30 days, `TokenInvalid` for anything else.
    """
    if not 0 < len(token) <= MAX_TOKEN_LENGTH:
        raise TokenInvalid()
    now = tx.clock.now()
    row = await logins.find_token(tx, hash_token(token))
    if row is None:
        raise TokenInvalid()
    if row.ended_at is not None and row.ended_at <= now:
        raise TokenExpired() if now - row.ended_at <= ENDED_MEMORY else TokenInvalid()
    if now - row.last_seen_at >= SEEN_PRECISION:
        await logins.touch_login(tx, row.login_id, now)
    return Caller(
        kind=CallerKind.USER,
        user_id=row.user_id,
        grants=row.grants,
        login_id=row.login_id,
        language_code=row.language_code,
    )


async def live_logins(tx: Reading, *, login_ids: Collection[UUID]) -> set[UUID]:
    """Which of these log-ins still stand; one query."""
    if not login_ids:
        return set()
    return await logins.find_live_logins(tx, login_ids, tx.clock.now())


async def log_out(tx: Tx, caller: Caller) -> None:
    """End the log-in that calls. Without effect when it has ended already."""
    user_id = caller.require_user()
    if caller.login_id is not None:
        await logins.revoke_logins(tx, user_id, tx.clock.now(), only=caller.login_id)


async def list_logins(tx: Reading, caller: Caller, *, window: Window | None = None) -> Page[Login]:
    """Where the caller is logged in, newest first. Raises `InvalidCursor`."""
    window = window or Window()
    rows = await logins.list_logins(
        tx,
        caller.require_user(),
        now=tx.clock.now(),
        after=None if window.cursor is None else _decode_cursor(window.cursor),
        offset=window.offset or 0,
        limit=window.limit + 1,
        current=caller.login_id,
    )
    return cut_page(
        rows, window.limit, lambda login: pack(login.created_at.isoformat(), login.login_id.hex)
    )


def _decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    moment, login = decode_cursor(cursor, str, str)
    try:
        created_at = datetime.fromisoformat(str(moment))
    except ValueError as error:
        raise InvalidCursor() from error
    login_id = decode_uuid(str(login))
    if login_id is None or created_at.tzinfo is None:
        raise InvalidCursor()
    return created_at, login_id


async def revoke_login(tx: Tx, caller: Caller, *, login_id: LoginId) -> None:
    """End one log-in: of the caller, or as an administrator of anybody. Raises `LoginNotFound`."""
    owner = await access_login(tx, caller, login_id=login_id)
    await logins.revoke_logins(tx, owner, tx.clock.now(), only=login_id)
    if owner != caller.user_id:
        await record_audit(tx, caller, act="login.revoke", subject_kind="user", subject_id=owner)


async def revoke_other_logins(tx: Tx, caller: Caller) -> None:
    """End every log-in of the caller but the one that calls."""
    await logins.revoke_logins(tx, caller.require_user(), tx.clock.now(), sparing=caller.login_id)


async def change_password(
    db: Database, caller: Caller, *, current_password: str, new_password: str
) -> None:
    """Set a new password; every other log-in of the person ends.

    Raises `WrongPassword` (also when another change came first), `WeakPassword`,
    `NoPasswordToChange`, `TooManyAttempts`, and `DemoRefused` for the demo account, whose password
    everybody knows.
    """
    db.outside_transaction()
    user_id = caller.require_user()
    async with db.begin() as tx:
        credentials = await people.find_credentials(tx, user_id=user_id)
        attempt = Attempt(email=credentials.email if credentials else "", address=None)
        refusal = await find_refusal(tx, attempt=attempt)
    if credentials is None:
        raise UserNotFound()
    _check_changeable(credentials, new_password)
    if refusal is not None:
        raise refusal
    is_right = await verify_password(stored=credentials.password_hash, password=current_password)
    new_hash = await hash_password(password=new_password) if is_right else ""
    async with db.begin() as tx:
        overtaken = await record_outcome(tx, attempt=attempt, is_success=is_right)
        if is_right and overtaken is None:
            is_right = await _replace_password(tx, caller, credentials, new_hash)
    if overtaken is not None:
        raise overtaken
    if not is_right:
        raise WrongPassword()


def _check_changeable(credentials: Credentials, new_password: str) -> None:
    if credentials.is_demo:
        raise DemoRefused()
    if credentials.password_hash is None:
        raise NoPasswordToChange()
    check_password(new_password, credentials.email)


async def _replace_password(
    tx: Tx, caller: Caller, credentials: Credentials, new_hash: str
) -> bool:
    """False when the password is no longer the one that was checked."""
    user_id: UserId = credentials.user_id
    row = await people.lock_user(tx, user_id)
    if row is None or row.password != credentials.password_hash:
        return False
    await people.update_user(tx, user_id, {"password": new_hash})
    await logins.revoke_logins(tx, user_id, tx.clock.now(), sparing=caller.login_id)
    return True
