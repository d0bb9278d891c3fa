"""why there is a version, and how it ends.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "md_produced_text_version"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("cause", sa.Text(), server_default="answer", nullable=False))
    op.add_column(TABLE, sa.Column("ending", sa.Text(), server_default="whole", nullable=False))
    op.add_column(TABLE, sa.Column("restored_index", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE md_produced_text_version SET cause = CASE WHEN author = 'user' THEN 'edit'"
        " WHEN version_index > 1 THEN 'change' ELSE 'answer' END"
    )
    op.create_check_constraint(
        op.f("ck_md_produced_text_version_cause"),
        TABLE,
        "cause IN ('answer', 'change', 'edit', 'restore')",
    )
    op.create_check_constraint(
        op.f("ck_md_produced_text_version_ending"), TABLE, "ending IN ('whole', 'stopped', 'cut')"
    )
    op.create_check_constraint(
        op.f("ck_md_produced_text_version_restored_index"),
        TABLE,
        "(cause = 'restore') = (restored_index IS NOT NULL)",
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
