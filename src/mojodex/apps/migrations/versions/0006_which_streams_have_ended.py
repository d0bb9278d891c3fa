"""which streams have ended.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("md_stream", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("ix_md_stream_room"), "md_stream")
    op.create_index(
        op.f("ix_md_stream_room_ended_at"), "md_stream", ["room", "ended_at"], unique=False
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
