"""Scans of what came on transfers, kept until they are entered; scans that are sent again are told."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0018_transfer_scans"
down_revision = "inventory_0017_one_supplier_list"
branch_labels = None
depends_on = None

TABLE = "inventory_transfer_scan"
LINES = ("inventory_transfer_line", "inventory_stocktake_line")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("transfer_id", db.BigId, nullable=False),
        sa.Column("line_id", db.BigId, nullable=False),
        sa.Column("user_id", db.BigId, nullable=True),
        sa.Column("quantity", db.Quantity(), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("scanned_at", db.UtcDateTime(), nullable=False),
        sa.Column("once", sa.String(length=60), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_inventory_transfer_scan_quantity")),
        sa.ForeignKeyConstraint(
            ["company_id", "transfer_id"], ["inventory_transfer.company_id", "inventory_transfer.id"],
            name=op.f("fk_inventory_transfer_scan_company_id_transfer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "line_id"], ["inventory_transfer_line.company_id", "inventory_transfer_line.id"],
            name=op.f("fk_inventory_transfer_scan_company_id_line_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_inventory_transfer_scan_user_id")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_inventory_transfer_scan_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_transfer_scan")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_transfer_scan_company_id_id")),
        sa.UniqueConstraint(
            "company_id", "once", "place", name=op.f("uq_inventory_transfer_scan_company_id_once_place")
        ),
    )  # fmt: skip
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.create_index(
            "ix_inventory_transfer_scan_of", ["company_id", "transfer_id", "user_id", "id"], unique=False
        )
        batch_op.create_index("ix_inventory_transfer_scan_by", ["company_id", "user_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inventory_transfer_scan_company_id_line_id"), ["company_id", "line_id"], unique=False
        )


    for table in LINES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("once", sa.String(length=60), nullable=True))
    op.create_index("ix_inventory_transfer_line_once", "inventory_transfer_line", ["company_id", "once"])


def downgrade() -> None:
    op.drop_index("ix_inventory_transfer_line_once", table_name="inventory_transfer_line")
    for table in LINES:
        with op.batch_alter_table(table, schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
            batch_op.drop_column("once")
    op.drop_table(TABLE)
