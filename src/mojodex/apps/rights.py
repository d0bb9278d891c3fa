"""Whether those behind live sockets may still be where they are; asked again and again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from mojodex.domains import chat, identity
from mojodex.domains.identity import UserId
from mojodex.platform.db import Database, Reading
from mojodex.platform.realtime import Claim, Recheck, find_session_id


def build_login_check(db: Database) -> Recheck:
    """Which log-ins still stand: not ended, and their persons not removed. One query for all."""

    async def keep(login_ids: Sequence[UUID]) -> Collection[UUID]:
        async with db.read() as tx:
            return await identity.live_logins(tx, login_ids=login_ids)

    return keep


async def keep_claims(tx: Reading, claims: Sequence[Claim]) -> Collection[Claim]:
    """Sessions may be read by their persons while they are not deleted. One query for all claims.

    Log-ins that ended, and people who were removed, are disconnected before anybody asks here.
    Whoever lost a task keeps the sessions of its runs: past work stays readable.
    """
    asked: dict[tuple[UserId, UUID], Claim] = {}
    for claim in claims:
        user_id, room = claim
        session_id = find_session_id(room)
        if session_id is not None:
            asked[UserId(user_id), session_id] = claim
    readable = await chat.readable_sessions(tx, pairs=list(asked))
    return {asked[pair] for pair in readable}
