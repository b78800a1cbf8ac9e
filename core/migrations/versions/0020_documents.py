"""documents"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0020_documents"
down_revision = "core_0019_message_templates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_document",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", db.BigId, nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("facts", db.JsonType, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("issued_at", db.UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=120), nullable=False),
        sa.Column("cancelled_at", db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=120), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_document_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_document")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_document_company_id_id")),
        sa.UniqueConstraint("company_id", "kind", "number", name=op.f("uq_core_document_company_id_kind_number")),
    )
    with op.batch_alter_table("core_document", schema=None) as batch_op:
        batch_op.create_index(
            "ix_core_document_record", ["company_id", "record_kind", "record_id", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("core_document", schema=None) as batch_op:
        batch_op.drop_index("ix_core_document_record")

    op.drop_table("core_document")
