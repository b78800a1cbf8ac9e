"""Suppliers are those of the one list in base: terms, agreements and claims point there."""

import sqlalchemy as sa
from alembic import op

from core import db
from core.moved_kinds import move_kind, point_anew, with_ids, without_ids
from plugins.base.one_supplier_list import carry_over, grant, take_back

revision = "warranty_0009_one_supplier_list"
down_revision = "warranty_0008_use_counters"
branch_labels = None
depends_on = None

OLD = "warranty_supplier"
POINTING = ("warranty_supplier_term", "warranty_supplier_agreement", "warranty_claim")
RIGHTS = {f"warranty.supplier.{verb}": f"base.supplier.{verb}" for verb in ("view", "edit", "merge")}


def upgrade() -> None:
    # On SQLite the tables that point are written anew: a foreign key can't be added to one that is there.
    connection = op.get_bind()
    ids = carry_over(connection, OLD, "number")
    move_kind(connection, "warranty.supplier", "base.supplier", ids, tables={OLD: "base_supplier"})
    with_ids(connection, ids)
    for table in POINTING:
        point_anew(op, table, "supplier_id", "base_supplier")
    without_ids(connection)
    grant(connection, RIGHTS, gone=("warranty.supplier.merge",))
    _renamed(connection, "core_setting", "key", "warranty.supplier.pattern", "base.supplier.pattern")
    _renamed(connection, "core_sequence", "name", "warranty.supplier", "base.supplier")
    _renamed(connection, "core_saved_filter", "list_name", "warranty.suppliers", "base.suppliers")
    op.drop_table(OLD)


def _renamed(connection: sa.Connection, table: str, column: str, old: str, new: str) -> None:
    here = sa.table(table, sa.column(column))
    connection.execute(sa.update(here).where(here.c[column] == old).values({column: new}))


def downgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        OLD,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", db.BigId, nullable=True),
        sa.Column("external_key", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "merged_into_id"], ["warranty_supplier.company_id", "warranty_supplier.id"],
            name=op.f("fk_warranty_supplier_company_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_warranty_supplier_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_supplier")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_warranty_supplier_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_warranty_supplier_company_id_number")),
    )  # fmt: skip
    with op.batch_alter_table(OLD, schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_warranty_supplier_company_id_merged_into_id"), ["company_id", "merged_into_id"],
            unique=False,
        )  # fmt: skip
        batch_op.create_index("ix_warranty_supplier_name", ["company_id", "name"], unique=False)
        batch_op.create_index("ix_warranty_supplier_source", ["company_id", "external_key"], unique=True)
    with_ids(connection, take_back(connection, OLD, "number"))
    for table in POINTING:
        point_anew(op, table, "supplier_id", OLD)
    without_ids(connection)
