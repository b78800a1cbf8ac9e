"""Evaluations of suppliers."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0014_evaluation"
down_revision = "inventory_0013_loaners"
branch_labels = None
depends_on = None

TABLE = "inventory_evaluation"
STANDINGS = "standing in ('new', 'approved', 'watched', 'stopped')"


def upgrade() -> None:
    # On SQLite the table of suppliers is written anew: a check can't be added to one that is there.
    with op.batch_alter_table("inventory_supplier", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("standing", sa.String(length=10), server_default="new", nullable=False))
        batch_op.add_column(sa.Column("evaluate_on", sa.Date(), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_inventory_supplier_standing"), STANDINGS)
        batch_op.create_index("ix_inventory_supplier_due", ["company_id", "evaluate_on", "id"], unique=False)
    with op.batch_alter_table("inventory_supplier", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.alter_column("standing", existing_type=sa.String(length=10), server_default=None)
    op.create_table(
        TABLE,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("supplier_id", db.BigId, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("on_time", db.Quantity(), nullable=True),
        sa.Column("rejected", db.Quantity(), nullable=True),
        sa.Column("made_good", db.Quantity(), nullable=True),
        sa.Column("scores", db.JsonType, nullable=False),
        sa.Column("score", db.Quantity(), nullable=True),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("consequence", db.JsonType, nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_inventory_evaluation_days")),
        sa.CheckConstraint(
            "standing in ('approved', 'watched', 'stopped')", name=op.f("ck_inventory_evaluation_standing")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "supplier_id"], ["inventory_supplier.company_id", "inventory_supplier.id"],
            name=op.f("fk_inventory_evaluation_company_id_supplier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_inventory_evaluation_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_evaluation")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_evaluation_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_inventory_evaluation_company_id_number")),
    )  # fmt: skip
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.create_index(
            "ix_inventory_evaluation_supplier", ["company_id", "supplier_id", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_index("ix_inventory_evaluation_supplier")
    op.drop_table(TABLE)
    with op.batch_alter_table("inventory_supplier", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index("ix_inventory_supplier_due")
        batch_op.drop_constraint(batch_op.f("ck_inventory_supplier_standing"), type_="check")
        batch_op.drop_column("evaluate_on")
        batch_op.drop_column("standing")
