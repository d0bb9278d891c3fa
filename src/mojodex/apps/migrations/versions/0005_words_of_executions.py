"""words under which executions are found.

Revision 0005, after 0004. The words of what was written before are filled in by the job
`executions.index`: the product is up meanwhile.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "md_user_task_execution",
        sa.Column("search_words", postgresql.TSVECTOR(), nullable=True),
    )
    op.create_index(
        "ix_md_user_task_execution_words",
        "md_user_task_execution",
        ["search_words"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("start_date IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_md_user_task_execution_unindexed",
        "md_user_task_execution",
        ["user_task_execution_pk"],
        unique=False,
        postgresql_where=sa.text("search_words IS NULL AND start_date IS NOT NULL"),
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
