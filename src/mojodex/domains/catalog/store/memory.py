"""All tasks in the memory of the process, exactly as the database has them.

Tasks are read by every request and changed once a week. Triggers give the catalogue a new revision
in each transaction that changes it; whoever compares the revision in their own statement therefore
sees what that statement would have read, with nothing to wait for and nothing to miss. Revisions
are random: one that was rolled back never comes again, and no two databases share one by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, true

from mojodex.domains.catalog.models import MdCatalogRevision, MdTask, MdTextType
from mojodex.domains.catalog.store.tasks import PARTS, read_task
from mojodex.domains.catalog.views import Task, TaskId
from mojodex.platform.db import Prepared, Reading

#: For queries of the domains above: the revision beside their own rows.
CATALOG_REVISION = select(MdCatalogRevision.revision).scalar_subquery()

_REVISION = Prepared(select(MdCatalogRevision.revision))
_ALL = Prepared(
    select(MdCatalogRevision.revision, *PARTS)
    .select_from(MdCatalogRevision)
    .outerjoin(MdTask, true())
    .outerjoin(MdTextType, MdTextType.text_type_pk == MdTask.output_text_type_fk)
    .order_by(MdTask.task_pk)
)


@dataclass(kw_only=True)
class _Memory:
    revision: UUID | None = None
    tasks: Mapping[TaskId, Task] = field(default_factory=dict)


_memory = _Memory()


async def recall(tx: Reading, *, as_of: UUID | None = None) -> Mapping[TaskId, Task]:
    """All tasks, by id, in its order. No statement when the revision `as_of`, which the caller has
    just read, is known; one otherwise, and a second after a change."""
    revision = as_of or (await tx.fetch(_REVISION, {}))[0][0]
    if revision != _memory.revision:
        rows = await tx.fetch(_ALL, {})
        tasks = [read_task(row[1:]) for row in rows if row[1] is not None]
        _memory.tasks = {task.task_id: task for task in tasks}
        _memory.revision = rows[0][0]
    return _memory.tasks
