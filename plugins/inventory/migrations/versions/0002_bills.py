"""bills of assemblies, keys of imported parts"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0002_bills"
down_revision = "inventory_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inventory_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("external_key", sa.String(length=120), nullable=True))
        batch_op.create_index("ix_inventory_part_source", ["company_id", "external_key"], unique=True)
    op.create_table(
        "inventory_bill_line",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("assembly_id", db.BigId, nullable=True),
        sa.Column("part_id", db.BigId, nullable=False),
        sa.Column("quantity", db.Quantity(), nullable=False),
        sa.Column("measure_id", db.BigId, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("external_key", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_inventory_bill_line_quantity")),
        sa.CheckConstraint(
            "assembly_id is null or assembly_id <> part_id", name=op.f("ck_inventory_bill_line_itself")
        ),
        sa.CheckConstraint(
            "since is null or until is null or until >= since", name=op.f("ck_inventory_bill_line_days")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "assembly_id"], ["inventory_part.company_id", "inventory_part.id"],
            name=op.f("fk_inventory_bill_line_company_id_assembly_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "measure_id"], ["inventory_measure.company_id", "inventory_measure.id"],
            name=op.f("fk_inventory_bill_line_company_id_measure_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "part_id"], ["inventory_part.company_id", "inventory_part.id"],
            name=op.f("fk_inventory_bill_line_company_id_part_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_inventory_bill_line_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_bill_line")),
        sa.UniqueConstraint(
            "company_id", "external_key", name=op.f("uq_inventory_bill_line_company_id_external_key")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_bill_line_company_id_id")),
    )  # fmt: skip
    with op.batch_alter_table("inventory_bill_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inventory_bill_line_company_id_assembly_id"), ["company_id", "assembly_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_inventory_bill_line_company_id_part_id"), ["company_id", "part_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inventory_bill_line_company_id_measure_id"), ["company_id", "measure_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("inventory_bill_line")
    with op.batch_alter_table("inventory_part", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index("ix_inventory_part_source")
        batch_op.drop_column("external_key")
