"""Counting of runs: reserved at the start, consumed once, at the first result.

All of it under the owner's lock, so that parallel starts cannot overdraw a limit.
"""

from mojodex.domains.identity import Caller, UserId
from mojodex.domains.purchases.errors import NoPurchase, PurchaseNotFound, UserTaskNotFound
from mojodex.domains.purchases.service.ownership import finish, lock_owner
from mojodex.domains.purchases.store import purchases as purchase_store
from mojodex.domains.purchases.views import PurchaseId, UserTask
from mojodex.platform.db import Reading, Tx


async def require_purchase(tx: Reading, caller: Caller, *, user_task: UserTask) -> None:
    """Whether a run of this task could be reserved now; reserves nothing.

    Raises `NoPurchase`, and `UserTaskNotFound` for somebody else's task.
    """
    user_id = _check_owner(caller, user_task)
    if not await purchase_store.has_room(tx, user_id, user_task.task_id, tx.clock.now()):
        raise NoPurchase()


def _check_owner(caller: Caller, user_task: UserTask) -> UserId:
    user_id = caller.require_user()
    if user_task.user_id != user_id:
        raise UserTaskNotFound()
    return user_id


async def reserve_run(tx: Tx, caller: Caller, *, user_task: UserTask) -> PurchaseId:
    """Reserve one run, in the oldest active purchase that gives the task and has room.

    Keep the id: `consume_run` or `release_run` must follow once. Raises `NoPurchase`, and
    `UserTaskNotFound` for somebody else's task.
    """
    user_id = _check_owner(caller, user_task)
    await lock_owner(tx, user_id=user_id)
    purchase_id = await purchase_store.reserve(tx, user_id, user_task.task_id, tx.clock.now())
    if purchase_id is None:
        raise NoPurchase()
    return purchase_id


async def consume_run(tx: Tx, *, user_id: UserId, purchase_id: PurchaseId) -> None:
    """Turn one reservation into a counted run; call it once per execution, at its first result.

    `user_id`: whose purchase it is. It counts also when the purchase ended meanwhile. A purchase
    whose limit of tasks is reached ends here. Raises `PurchaseNotFound`.
    """
    await lock_owner(tx, user_id=user_id)
    counted = await purchase_store.consume(tx, purchase_id)
    if counted is None:
        raise PurchaseNotFound()
    purchase, limit = counted
    if limit is not None and purchase.is_active and purchase.n_tasks_consumed >= limit:
        await finish(tx, purchase=purchase)


async def release_run(tx: Tx, *, purchase_id: PurchaseId) -> None:
    """Give one reservation back, for an execution that will have no result.

    Raises `PurchaseNotFound`.
    """
    if not await purchase_store.release(tx, purchase_id):
        raise PurchaseNotFound()
