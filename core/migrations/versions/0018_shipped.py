"""shipped"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0018_shipped"
down_revision = "core_0017_merging"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_shipped",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("given", db.JsonType, nullable=False),
        sa.Column("given_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_shipped_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_shipped")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_shipped_company_id_id")),
        sa.UniqueConstraint("company_id", "plugin", name=op.f("uq_core_shipped_company_id_plugin")),
    )


def downgrade() -> None:
    op.drop_table("core_shipped")
