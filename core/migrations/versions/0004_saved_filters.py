"""saved filters"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0004_saved_filters"
down_revision = "core_0003_files_and_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_saved_filter",
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("list_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", db.BigId, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("args", db.JsonType, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_core_saved_filter_company_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["core_user.id"], name=op.f("fk_core_saved_filter_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_saved_filter")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_saved_filter_company_id_id")),
        sa.UniqueConstraint(
            "company_id", "list_name", "owner_id", "name",
            name=op.f("uq_core_saved_filter_company_id_list_name_owner_id_name"),
        ),
    )
    with op.batch_alter_table("core_saved_filter", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_core_saved_filter_owner_id"), ["owner_id"], unique=False
        )
        batch_op.create_index(
            "ix_core_saved_filter_shared", ["company_id", "list_name", "shared"], unique=False
        )


def downgrade() -> None:
    op.drop_table("core_saved_filter")
