"""message templates"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0019_message_templates"
down_revision = "core_0018_shipped"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_template_version",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", db.JsonType, nullable=False),
        sa.Column("body", db.JsonType, nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("by_id", db.BigId, nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["core_user.id"], name=op.f("fk_core_template_version_by_id")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_core_template_version_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_template_version")),
        sa.UniqueConstraint(
            "company_id", "code", "number", name=op.f("uq_core_template_version_company_id_code_number")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_template_version_company_id_id")),
    )


def downgrade() -> None:
    op.drop_table("core_template_version")
