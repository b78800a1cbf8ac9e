"""What an industry profile brought to a company last."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0014_profiles"
down_revision = "core_0013_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_profile_item",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("profile", sa.String(length=60), nullable=False),
        sa.Column("body", db.JsonType, nullable=False),
        sa.Column("applied_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_profile_item_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_profile_item")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_profile_item_company_id_id")),
        sa.UniqueConstraint("company_id", "section", "code", name=op.f("uq_core_profile_item_company_id_section_code")),
    )


def downgrade() -> None:
    op.drop_table("core_profile_item")
