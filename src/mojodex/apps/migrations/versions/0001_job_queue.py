"""The job queue's own types, tables, functions and triggers, by the installed Procrastinate.

A new database gets the schema of the version that is locked; raising that version takes a revision
that applies its changes to databases made before, unless they are there already.

Revision 0001, after nothing.
"""

from typing import Any

from alembic import op

from mojodex.platform.jobs import schema_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By the driver itself: the statements are many, and contain what looks like parameters.
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(schema_sql().encode())


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
