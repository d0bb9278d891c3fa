"""Counting of runs: reserved at the start, consumed once, at the first result.

All of it under the owner's lock, so that parallel starts cannot overdraw a limit.
"""

from mojodex.domains.identity import Caller
from mojodex.domains.purchases.errors import NoPurchase, PurchaseNotFound, UserTaskNotFound
from mojodex.domains.purchases.service.ownership import finish, lock_owner
from mojodex.domains.purchases.service.products import get_product
from mojodex.domains.purchases.store import purchases as purchase_store
from mojodex.domains.purchases.views import PurchaseId, UserTask
from mojodex.platform.db import Tx


async def require_purchase(tx: Tx, caller: Caller, *, user_task: UserTask) -> None:
    """Whether a run of this task could be reserved now; reserves nothing.

    Raises `NoPurchase`, and `UserTaskNotFound` for somebody else's task.
    """
    await _choose(tx, caller, user_task)


async def _choose(tx: Tx, caller: Caller, user_task: UserTask) -> PurchaseId:
    user_id = caller.require_user()
    if user_task.user_id != user_id:
        raise UserTaskNotFound()
    purchase_id = await purchase_store.find_room(tx, user_id, user_task.task_id, tx.clock.now())
    if purchase_id is None:
        raise NoPurchase()
    return purchase_id


async def reserve_run(tx: Tx, caller: Caller, *, user_task: UserTask) -> PurchaseId:
    """Reserve one run, in the oldest active purchase that gives the task and has room.

    Keep the id: `consume_run` or `release_run` must follow once. Raises `NoPurchase`, and
    `UserTaskNotFound` for somebody else's task.
    """
    await lock_owner(tx, user_id=caller.require_user())
    purchase_id = await _choose(tx, caller, user_task)
    await purchase_store.count_runs(tx, purchase_id, reserved=1, consumed=0)
    return purchase_id


async def consume_run(tx: Tx, *, purchase_id: PurchaseId) -> None:
    """Turn one reservation into a counted run; call it once per execution, at its first result.

    It counts also when the purchase ended meanwhile. A purchase whose limit of tasks is reached
    ends here. Raises `PurchaseNotFound`.
    """
    purchase = await purchase_store.find_purchase(tx, purchase_id)
    if purchase is None:
        raise PurchaseNotFound()
    await lock_owner(tx, user_id=purchase.user_id)
    counted = await purchase_store.count_runs(tx, purchase_id, reserved=-1, consumed=1)
    product = await get_product(tx, product_id=purchase.product_id)
    if counted is None or product.n_tasks_limit is None or not counted.is_active:
        return
    if counted.n_tasks_consumed >= product.n_tasks_limit:
        await finish(tx, purchase=counted)


async def release_run(tx: Tx, *, purchase_id: PurchaseId) -> None:
    """Give one reservation back, for an execution that will have no result.

    Raises `PurchaseNotFound`.
    """
    if await purchase_store.count_runs(tx, purchase_id, reserved=-1, consumed=0) is None:
        raise PurchaseNotFound()
