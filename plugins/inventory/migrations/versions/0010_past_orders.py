"""Orders that are over are loaded from files; a return to a supplier refers to it."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0010_past_orders"
down_revision = "inventory_0009_stocktake"
branch_labels = None
depends_on = None

BACK = "inventory_supplier_return"
PART_INDEX, SOURCE_INDEX = "ix_inventory_order_line_part", "ix_inventory_order_line_source"


def upgrade() -> None:
    # On SQLite the tables are written anew: neither a check nor a foreign key can be added to one that is there.
    with op.batch_alter_table("inventory_supplier", schema=None) as batch_op:
        batch_op.add_column(sa.Column("external_key", sa.String(length=120), nullable=True))
        batch_op.create_index("ix_inventory_supplier_source", ["company_id", "external_key"], unique=True)
    with op.batch_alter_table("inventory_order", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("loaded", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("supplier_found", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.alter_column("supplier_id", existing_type=db.BigId, nullable=True)
        batch_op.alter_column("request_id", existing_type=db.BigId, nullable=True)
        batch_op.create_check_constraint(
            batch_op.f("ck_inventory_order_loaded"),
            "loaded or (supplier_id is not null and request_id is not null)",
        )
    with op.batch_alter_table("inventory_order", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.alter_column("loaded", existing_type=sa.Boolean(), server_default=None)
        batch_op.alter_column("supplier_found", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("inventory_order_line", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("rejected", db.Quantity(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("external_key", sa.String(length=120), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_inventory_order_line_company_id_order_id_part_id"), type_="unique")
        batch_op.create_check_constraint(
            batch_op.f("ck_inventory_order_line_rejected"), "rejected >= 0 and rejected <= received"
        )
        batch_op.create_index(SOURCE_INDEX, ["company_id", "external_key"], unique=True)
        batch_op.create_index(
            PART_INDEX, ["company_id", "order_id", "part_id"], unique=True,
            sqlite_where=sa.text("external_key is null"), postgresql_where=sa.text("external_key is null"),
        )  # fmt: skip
    with op.batch_alter_table("inventory_order_line", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.alter_column("rejected", existing_type=db.Quantity(), server_default=None)
    with op.batch_alter_table(BACK, schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("supplier_id", db.BigId, nullable=True))
        batch_op.create_index(
            batch_op.f("ix_inventory_supplier_return_company_id_supplier_id"), ["company_id", "supplier_id"],
            unique=False,
        )  # fmt: skip
        batch_op.create_foreign_key(
            batch_op.f("fk_inventory_supplier_return_company_id_supplier_id"), "inventory_supplier",
            ["company_id", "supplier_id"], ["company_id", "id"],
        )  # fmt: skip
    _find_suppliers()


def _find_suppliers() -> None:
    """What went back to a supplier named by hand is that one's of this name, where there is just one."""
    one = sa.table("inventory_supplier", *(sa.column(c) for c in ("company_id", "id", "name")))
    back = sa.table(BACK, *(sa.column(c) for c in ("company_id", "supplier", "supplier_id")))
    same = sa.and_(one.c.company_id == back.c.company_id, one.c.name == back.c.supplier)
    found = sa.select(sa.func.min(one.c.id)).where(same).group_by(one.c.name).having(sa.func.count() == 1)
    op.execute(sa.update(back).values(supplier_id=found.scalar_subquery()))


def downgrade() -> None:
    with op.batch_alter_table(BACK, schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_inventory_supplier_return_company_id_supplier_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_inventory_supplier_return_company_id_supplier_id"))
        batch_op.drop_column("supplier_id")
    lines = sa.table("inventory_order_line", sa.column("external_key"))
    orders = sa.table("inventory_order", sa.column("loaded"))
    op.execute(sa.delete(lines).where(lines.c.external_key.is_not(None)))
    op.execute(sa.delete(orders).where(orders.c.loaded))
    with op.batch_alter_table("inventory_order_line", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index(
            PART_INDEX, sqlite_where=sa.text("external_key is null"),
            postgresql_where=sa.text("external_key is null"),
        )  # fmt: skip
        batch_op.drop_index(SOURCE_INDEX)
        batch_op.drop_constraint(batch_op.f("ck_inventory_order_line_rejected"), type_="check")
        batch_op.create_unique_constraint(
            batch_op.f("uq_inventory_order_line_company_id_order_id_part_id"), ["company_id", "order_id", "part_id"]
        )
        for name in ("external_key", "rejected", "due_on"):
            batch_op.drop_column(name)
    with op.batch_alter_table("inventory_order", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_inventory_order_loaded"), type_="check")
        batch_op.alter_column("request_id", existing_type=db.BigId, nullable=False)
        batch_op.alter_column("supplier_id", existing_type=db.BigId, nullable=False)
        batch_op.drop_column("supplier_found")
        batch_op.drop_column("loaded")
    with op.batch_alter_table("inventory_supplier", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index("ix_inventory_supplier_source")
        batch_op.drop_column("external_key")
