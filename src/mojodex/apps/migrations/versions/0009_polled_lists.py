"""which state of the catalogue this is, and when a person last ran a task.

Revision 0009, after 0008. Processes keep the catalogue in memory and compare the revision, which
is renewed before each statement that changes one of its tables: so a second writer waits before it
has locked anything else.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "md_platform",
    "md_predefined_action_displayed_data",
    "md_task",
    "md_task_displayed_data",
    "md_task_platform_association",
    "md_task_predefined_action_association",
    "md_text_type",
)


def upgrade() -> None:
    op.create_table(
        "md_catalog_revision",
        sa.Column("is_only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "revision", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.CheckConstraint("is_only", name=op.f("ck_md_catalog_revision_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_md_catalog_revision")),
    )
    op.execute("INSERT INTO md_catalog_revision DEFAULT VALUES")
    op.execute(
        "CREATE FUNCTION md_renew_catalog_revision() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN UPDATE md_catalog_revision SET revision = gen_random_uuid(); RETURN NULL; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER renew_catalog_revision"
            f" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION md_renew_catalog_revision()"
        )
    op.drop_index("ix_md_user_task_execution_user_id", table_name="md_user_task_execution")
    op.create_index(
        "ix_md_user_task_execution_last_use",
        "md_user_task_execution",
        ["user_id", "task_fk", "start_date"],
        unique=False,
    )


def downgrade() -> None:
    raise RuntimeError("revisions go forward only; restore a backup to go back")
