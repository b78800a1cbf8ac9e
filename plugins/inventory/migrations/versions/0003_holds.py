"""batch holds and their tasks"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0003_holds"
down_revision = "inventory_0002_bills"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inventory_hold",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("batch_id", db.BigId, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begun_at", db.UtcDateTime(), nullable=False),
        sa.Column("begun_by_id", db.BigId, nullable=True),
        sa.Column("begun_by", sa.String(length=120), nullable=False),
        sa.Column("freed", db.Quantity(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('open', 'ended')", name=op.f("ck_inventory_hold_state")),
        sa.CheckConstraint(
            "decision in ('', 'no_fault', 'sorted', 'reworked')", name=op.f("ck_inventory_hold_decision")
        ),
        sa.CheckConstraint("(state = 'ended') = (decision <> '')", name=op.f("ck_inventory_hold_decided")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["core_user.id"], name=op.f("fk_inventory_hold_begun_by_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "batch_id"], ["inventory_batch.company_id", "inventory_batch.id"],
            name=op.f("fk_inventory_hold_company_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_inventory_hold_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_hold")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_hold_company_id_id")),
    )  # fmt: skip
    with op.batch_alter_table("inventory_hold", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inventory_hold_company_id_batch_id"), ["company_id", "batch_id"], unique=False
        )
        batch_op.create_index("ix_inventory_hold_state", ["company_id", "state", "id"], unique=False)
        batch_op.create_index(
            "uq_inventory_hold_open", ["company_id", "batch_id"], unique=True,
            sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
        )  # fmt: skip
    op.create_table(
        "inventory_hold_task",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("hold_id", db.BigId, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("location_id", db.BigId, nullable=True),
        sa.Column("customer_id", db.BigId, nullable=True),
        sa.Column("device_id", db.BigId, nullable=True),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", db.BigId, nullable=True),
        sa.Column("quantity", db.Quantity(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('isolate', 'transit', 'recall')", name=op.f("ck_inventory_hold_task_kind")),
        sa.CheckConstraint("state in ('open', 'done', 'dropped')", name=op.f("ck_inventory_hold_task_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"], ["base_customer.company_id", "base_customer.id"],
            name=op.f("fk_inventory_hold_task_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "device_id"], ["base_unit.company_id", "base_unit.id"],
            name=op.f("fk_inventory_hold_task_company_id_device_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "hold_id"], ["inventory_hold.company_id", "inventory_hold.id"],
            name=op.f("fk_inventory_hold_task_company_id_hold_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "location_id"], ["inventory_location.company_id", "inventory_location.id"],
            name=op.f("fk_inventory_hold_task_company_id_location_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_inventory_hold_task_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_hold_task")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_inventory_hold_task_company_id_id")),
    )  # fmt: skip
    with op.batch_alter_table("inventory_hold_task", schema=None) as batch_op:
        for column in ("customer_id", "device_id", "location_id"):
            batch_op.create_index(
                batch_op.f(f"ix_inventory_hold_task_company_id_{column}"), ["company_id", column], unique=False
            )
        batch_op.create_index("ix_inventory_hold_task_of", ["company_id", "hold_id", "state", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("inventory_hold_task")
    op.drop_table("inventory_hold")
