"""Suppliers are those of the one list in base: sources, orders, tools and whatever else names one point there."""

import sqlalchemy as sa
from alembic import op

from core import db
from core.moved_kinds import move_kind, point_anew, with_ids, without_ids
from plugins.base.one_supplier_list import carry_over, grant, take_back

revision = "inventory_0017_one_supplier_list"
down_revision = "inventory_0016_sterility"
branch_labels = None
depends_on = None

OLD = "inventory_supplier"
POINTING = (
    "inventory_source", "inventory_request_line", "inventory_proposal", "inventory_order", "inventory_supplier_return",
    "inventory_evaluation", "inventory_tool",
)  # fmt: skip
RIGHTS = {f"inventory.supplier.{verb}": f"base.supplier.{verb}" for verb in ("view", "edit")}


def upgrade() -> None:
    # On SQLite the tables that point are written anew: a foreign key can't be added to one that is there.
    connection = op.get_bind()
    ids = carry_over(connection, OLD, "code")
    move_kind(connection, "inventory.supplier", "base.supplier", ids, tables={OLD: "base_supplier"})
    with_ids(connection, ids)
    for table in POINTING:
        point_anew(op, table, "supplier_id", "base_supplier")
    without_ids(connection)
    grant(connection, RIGHTS)
    _mappings(connection)
    op.drop_table(OLD)


def _mappings(connection: sa.Connection) -> None:
    """Files of suppliers are loaded by the importer of base, where the code is called a number."""
    for name in ("core_import", "core_import_mapping"):
        table = sa.table(
            name, *(sa.column(c) for c in ("id", "company_id", "importer", "name", "header_key")),
            sa.column("mapping", db.JsonType),
        )  # fmt: skip
        for row in connection.execute(sa.select(table).where(table.c.importer == "part_suppliers")).all():
            mapping = dict(row.mapping or {})
            fields = mapping.get("fields") or {}
            mapping["fields"] = {"number" if field == "code" else field: rule for field, rule in fields.items()}
            if "importer" in mapping:
                mapping["importer"] = "suppliers"
            values = {"importer": "suppliers", "mapping": mapping}
            if name == "core_import_mapping" and _is_taken(connection, table, row):
                values["name"] = f"{row.name[:70]} 2"
            connection.execute(sa.update(table).where(table.c.id == row.id).values(values))


def _is_taken(connection: sa.Connection, table: sa.TableClause, row: sa.Row) -> bool:
    """Whether a mapping of the other importer of suppliers has this name already."""
    same = [table.c[c] == getattr(row, c) for c in ("company_id", "name", "header_key")]
    query = sa.select(table.c.id).where(table.c.importer == "suppliers", *same)
    return connection.scalar(query) is not None


def downgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        OLD,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("external_key", sa.String(length=120), nullable=True),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("evaluate_on", sa.Date(), nullable=True),
        sa.CheckConstraint("lead_days between 0 and 3650", name=op.f("ck_inventory_supplier_lead_days")),
        sa.CheckConstraint(
            "standing in ('new', 'approved', 'watched', 'stopped')", name=op.f("ck_inventory_supplier_standing")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_inventory_supplier_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_supplier")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_inventory_supplier_company_id_code")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_supplier_company_id_id")),
    )
    with op.batch_alter_table(OLD, schema=None) as batch_op:
        batch_op.create_index("ix_inventory_supplier_name", ["company_id", "name"], unique=False)
        batch_op.create_index("ix_inventory_supplier_source", ["company_id", "external_key"], unique=True)
        batch_op.create_index("ix_inventory_supplier_due", ["company_id", "evaluate_on", "id"], unique=False)
    with_ids(connection, take_back(connection, OLD, "code"))
    for table in POINTING:
        point_anew(op, table, "supplier_id", OLD)
    without_ids(connection)
