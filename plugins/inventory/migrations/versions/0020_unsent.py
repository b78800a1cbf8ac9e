"""What came along on a transfer and was not sent, and what came damaged beyond what was sent."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0020_unsent"
down_revision = "inventory_0019_scans_taken_back"
branch_labels = None
depends_on = None

LINE, SCAN = "inventory_transfer_line", "inventory_transfer_scan"
LOT = {"part_id": "inventory_part", "batch_id": "inventory_batch", "serial_id": "inventory_serial"}


def upgrade() -> None:
    # On SQLite both tables are written anew: conditions can't be changed there. They hold papers, not the ledger.
    with op.batch_alter_table(LINE, schema=None) as batch_op:
        batch_op.add_column(sa.Column("surplus_damaged", db.Quantity(), nullable=False, server_default="0"))
        batch_op.drop_constraint(op.f("ck_inventory_transfer_line_quantity"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_inventory_transfer_line_quantity"), "quantity > 0 or (quantity = 0 and surplus > 0)"
        )
        batch_op.create_check_constraint(
            op.f("ck_inventory_transfer_line_surplus_damaged"), "surplus_damaged >= 0 and surplus_damaged <= surplus"
        )
    with op.batch_alter_table(SCAN, schema=None) as batch_op:
        for column in LOT:
            batch_op.add_column(sa.Column(column, db.BigId, nullable=True))
        batch_op.alter_column("line_id", existing_type=db.BigId, nullable=True)
        batch_op.create_check_constraint(
            op.f("ck_inventory_transfer_scan_what"), "(line_id is null) = (part_id is not null)"
        )
        for column, table in LOT.items():
            batch_op.create_foreign_key(
                op.f(f"fk_inventory_transfer_scan_company_id_{column}"), table, ["company_id", column],
                ["company_id", "id"],
            )  # fmt: skip
            batch_op.create_index(op.f(f"ix_inventory_transfer_scan_company_id_{column}"), ["company_id", column])


def downgrade() -> None:
    op.execute("delete from inventory_transfer_scan where line_id is null")
    op.execute(
        "delete from inventory_transfer_scan where line_id in (select id from inventory_transfer_line where quantity = 0)"
    )
    op.execute("delete from inventory_transfer_line where quantity = 0")
    with op.batch_alter_table(SCAN, schema=None) as batch_op:
        for column in LOT:
            batch_op.drop_index(op.f(f"ix_inventory_transfer_scan_company_id_{column}"))
            batch_op.drop_constraint(op.f(f"fk_inventory_transfer_scan_company_id_{column}"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_inventory_transfer_scan_what"), type_="check")
        batch_op.alter_column("line_id", existing_type=db.BigId, nullable=False)
        for column in LOT:
            batch_op.drop_column(column)
    with op.batch_alter_table(LINE, schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_inventory_transfer_line_surplus_damaged"), type_="check")
        batch_op.drop_constraint(op.f("ck_inventory_transfer_line_quantity"), type_="check")
        batch_op.create_check_constraint(op.f("ck_inventory_transfer_line_quantity"), "quantity > 0")
        batch_op.drop_column("surplus_damaged")
