"""the account of a load of all or nothing"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0021_import_account"
down_revision = "core_0020_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_import_entry",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("task_id", db.BigId, nullable=False),
        sa.Column("table_name", sa.String(length=80), nullable=False),
        sa.Column("first_id", db.BigId, nullable=True),
        sa.Column("last_id", db.BigId, nullable=True),
        sa.Column("news", db.JsonType, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "task_id"],
            ["core_task.company_id", "core_task.id"],
            name=op.f("fk_core_import_entry_company_id_task_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_import_entry_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import_entry")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_import_entry_company_id_id")),
    )
    with op.batch_alter_table("core_import_entry", schema=None) as batch_op:
        batch_op.create_index("ix_core_import_entry_rows", ["company_id", "task_id", "table_name", "first_id"])


def downgrade() -> None:
    with op.batch_alter_table("core_import_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_core_import_entry_rows")
    op.drop_table("core_import_entry")
