"""why a turn waits.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "md_turn", sa.Column("n_failures", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(op.f("ck_md_turn_n_failures"), "md_turn", "n_failures >= 0")
    op.drop_constraint(op.f("ck_md_turn_error_code"), "md_turn")
    op.create_check_constraint(
        op.f("ck_md_turn_error_code"),
        "md_turn",
        "CASE state WHEN 'failed' THEN error_code IS NOT NULL WHEN 'queued' THEN true"
        " ELSE error_code IS NULL END",
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
