"""Run by Alembic on the connection (and inside the transaction) of `platform.db.migrate`."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from mojodex.apps.migrations import QUEUE_PREFIX, load_models
from mojodex.platform.db import Base


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether a thing found in the database is described by our metadata."""
    return not (kind == "table" and name is not None and name.startswith(QUEUE_PREFIX))


def run(connection: Connection) -> None:
    load_models()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
