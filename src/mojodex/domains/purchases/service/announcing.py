"""Telling people that they may run other tasks than before."""

from collections.abc import Collection

from mojodex.domains.identity import UserId
from mojodex.platform.db import Tx
from mojodex.platform.realtime import announce_to_people


async def announce_tasks(tx: Tx, *, user_ids: Collection[UserId]) -> None:
    """Announce to each of them that tasks were given to them, or taken."""
    await announce_to_people(tx, user_ids=user_ids, kind="tasks.changed")
