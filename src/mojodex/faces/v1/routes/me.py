"""The person who asks."""

from mojodex.domains.identity import change_password, get_user, set_profile
from mojodex.faces.edge import Person, PersonApart, RequestDb, RequestTx
from mojodex.faces.v1.encode.people import encode_user
from mojodex.faces.v1.parts import build_router
from mojodex.faces.v1.wire.people import MePatch, PasswordIn, UserOut

router = build_router("me")


@router.get("/me")
async def read_me(tx: RequestTx, caller: Person) -> UserOut:
    """Who am I."""
    return encode_user(await get_user(tx, user_id=caller.require_user()))


@router.patch("/me")
async def change_me(tx: RequestTx, caller: Person, body: MePatch) -> UserOut:
    """Change name, language or time zone."""
    user = await set_profile(
        tx,
        caller,
        name=body.name,
        language_code=body.language,
        time_zone=body.time_zone,
    )
    return encode_user(user)


@router.put("/me/password", status_code=204)
async def change_my_password(caller: PersonApart, db: RequestDb, body: PasswordIn) -> None:
    """Change the password; every other log-in of the person ends."""
    await change_password(
        db, caller, current_password=body.current_password, new_password=body.new_password
    )
