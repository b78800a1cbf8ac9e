"""part_waits"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "service_0013_part_waits"
down_revision = "service_0012_escalation"
branch_labels = None
depends_on = None

TABLE = "service_part_wait"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("order_id", db.BigId, nullable=False),
        sa.Column("part", sa.String(length=200), nullable=False),
        sa.Column("part_number", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_words", sa.String(length=120), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("told_at", db.UtcDateTime(), nullable=False),
        sa.Column("told_how", sa.String(length=20), nullable=False),
        sa.Column("mailed_to", sa.String(length=254), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_reason", sa.String(length=400), nullable=False),
        sa.Column("by_id", db.BigId, nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_service_part_wait_days")),
        sa.CheckConstraint("(state = 'waits') = (ended_at is null)", name=op.f("ck_service_part_wait_ended")),
        sa.CheckConstraint(
            "state in ('waits', 'arrived', 'replaced', 'ended')", name=op.f("ck_service_part_wait_state")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["core_user.id"], name=op.f("fk_service_part_wait_by_id")),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_service_part_wait_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"], ["service_order.company_id", "service_order.id"],
            name=op.f("fk_service_part_wait_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_part_wait")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_service_part_wait_company_id_id")),
    )  # fmt: skip
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_service_part_wait_company_id_order_id"), ["company_id", "order_id"], unique=False
        )
        batch_op.create_index(
            "uq_service_part_wait_standing", ["company_id", "order_id"], unique=True,
            sqlite_where=sa.text("state = 'waits'"), postgresql_where=sa.text("state = 'waits'"),
        )  # fmt: skip


def downgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_index("uq_service_part_wait_standing")
        batch_op.drop_index(batch_op.f("ix_service_part_wait_company_id_order_id"))
    op.drop_table(TABLE)
