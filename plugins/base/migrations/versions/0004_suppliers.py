"""One list of suppliers for whoever buys, claims and evaluates."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "base_0004_suppliers"
down_revision = "base_0003_merged_units"
branch_labels = None
depends_on = None

TABLE = "base_supplier"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("evaluate_on", sa.Date(), nullable=True),
        sa.Column("merged_into_id", db.BigId, nullable=True),
        sa.Column("external_key", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("lead_days between 0 and 3650", name=op.f("ck_base_supplier_lead_days")),
        sa.CheckConstraint(
            "standing in ('new', 'approved', 'watched', 'stopped')", name=op.f("ck_base_supplier_standing")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "merged_into_id"], ["base_supplier.company_id", "base_supplier.id"],
            name=op.f("fk_base_supplier_company_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_base_supplier_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_supplier")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_base_supplier_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_base_supplier_company_id_number")),
    )  # fmt: skip
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_base_supplier_company_id_merged_into_id"), ["company_id", "merged_into_id"], unique=False
        )
        batch_op.create_index("ix_base_supplier_due", ["company_id", "evaluate_on", "id"], unique=False)
        batch_op.create_index("ix_base_supplier_name", ["company_id", "name"], unique=False)
        batch_op.create_index("ix_base_supplier_source", ["company_id", "external_key"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_index("ix_base_supplier_source")
        batch_op.drop_index("ix_base_supplier_name")
        batch_op.drop_index("ix_base_supplier_due")
        batch_op.drop_index(batch_op.f("ix_base_supplier_company_id_merged_into_id"))
    op.drop_table(TABLE)
