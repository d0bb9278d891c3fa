"""uploads that nobody used can be found, and one is sent once.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("md_upload", sa.Column("client_id", sa.Uuid(), nullable=True))
    op.add_column("md_upload", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE md_upload SET used_at = created_at")
    op.create_unique_constraint(
        op.f("uq_md_upload_session_id_client_id"), "md_upload", ["session_id", "client_id"]
    )
    op.create_index(
        "ix_md_upload_unused",
        "md_upload",
        ["created_at", "upload_id"],
        postgresql_where=sa.text("used_at IS NULL"),
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
