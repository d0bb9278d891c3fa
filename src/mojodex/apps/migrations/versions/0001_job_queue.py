"""The job queue's own types, tables, functions and triggers, as Procrastinate 3.10 makes them.

Frozen beside this file: a revision must do in ten years what it did on its first day.

Revision 0001, after nothing.
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    # By the driver itself: the statements are many, and contain what looks like parameters.
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(SCHEMA.read_bytes())


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
