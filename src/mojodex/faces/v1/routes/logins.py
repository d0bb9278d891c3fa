"""Log in, log out, where am I logged in."""

from fastapi import Request, Response

from mojodex.domains.identity import (
    LoginId,
    list_logins,
    log_in,
    log_out,
    revoke_login,
    revoke_other_logins,
)
from mojodex.faces.edge import (
    LOGIN_COOKIE,
    Anyone,
    Person,
    RequestDb,
    RequestTx,
    client_address,
    refuse_foreign_origin,
)
from mojodex.faces.v1.config import V1Config
from mojodex.faces.v1.encode.people import encode_login, encode_user
from mojodex.faces.v1.parts import PageWindow, PathId, build_router, uuid_id
from mojodex.faces.v1.problems import forget_login
from mojodex.faces.v1.wire.base import Page
from mojodex.faces.v1.wire.people import LoginIn, LoginItem, LoginOut

router = build_router("logins")

LOGIN_LIFETIME_S = 180 * 24 * 3600


@router.post("/logins", status_code=201)
async def create_login(
    request: Request, response: Response, _: Anyone, db: RequestDb, body: LoginIn
) -> LoginOut:
    """Log in with e-mail and password."""
    by_cookie = body.transport == "cookie"
    if by_cookie:
        refuse_foreign_origin(request)
    config: V1Config = request.app.state.config
    login = await log_in(
        db,
        email=body.email,
        password=body.password,
        client=request.headers.get("user-agent") or "unknown",
        address=client_address(request),
        is_demo_allowed=config.demo_account is not None,
    )
    if by_cookie:
        set_login_cookie(request, response, login.token)
    return LoginOut(
        login_id=str(login.login_id),
        user=encode_user(login.user),
        token=None if by_cookie else login.token,
    )


@router.delete("/logins/current", status_code=204)
async def delete_current_login(response: Response, tx: RequestTx, caller: Person) -> None:
    """Log out: this log-in ends, its cookie goes."""
    await log_out(tx, caller)
    forget_login(response)


@router.delete("/logins/others", status_code=204)
async def delete_other_logins(tx: RequestTx, caller: Person) -> None:
    """End every other log-in of the person: on all devices but this one."""
    await revoke_other_logins(tx, caller)


@router.get("/logins")
async def read_logins(tx: RequestTx, caller: Person, window: PageWindow) -> Page[LoginItem]:
    """Where the person is logged in, the newest first."""
    page = await list_logins(tx, caller, window=window)
    return Page(items=[encode_login(item) for item in page.items], next_cursor=page.next_cursor)


@router.delete("/logins/{login_id}", status_code=204)
async def delete_login(tx: RequestTx, caller: Person, login_id: PathId) -> None:
    """End one of the person's log-ins."""
    await revoke_login(tx, caller, login_id=LoginId(uuid_id(login_id)))


def set_login_cookie(request: Request, response: Response, token: str) -> None:
    """HttpOnly: no script reads it. Lax: it does not travel with foreign posts."""
    response.set_cookie(
        LOGIN_COOKIE,
        token,
        max_age=LOGIN_LIFETIME_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
