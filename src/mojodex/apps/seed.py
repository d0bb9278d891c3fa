"""What is there at the first start: the example tasks, their product, the demo account."""

from mojodex.domains import identity, purchases
from mojodex.platform.db import Database
from mojodex.platform.settings import Settings


async def seed(db: Database, settings: Settings) -> bool:
    """Add what is missing, and nothing twice. Returns whether the demo account may log in."""
    async with db.begin() as tx:
        await purchases.ensure_examples(tx)
    is_allowed = settings.server.is_demo_allowed
    user_id = await identity.ensure_demo_account(
        db, is_embedded=settings.is_embedded, is_demo_allowed=settings.server.demo is True
    )
    if user_id is None:
        return False
    async with db.begin() as tx:
        await purchases.ensure_demo_purchase(tx, user_id=user_id)
    return is_allowed
