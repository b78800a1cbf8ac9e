"""Figures of plans are kept by day; every day that there is waits to be counted"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "callback_0006_tally"
down_revision = "callback_0005_calls_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback_tally",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("period_id", db.BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("left_out", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_callback_tally_amount")),
        sa.CheckConstraint(
            "outcome in ('ahead', 'done', 'missed', 'cancelled', '')", name=op.f("ck_callback_tally_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "period_id"],
            ["callback_period.company_id", "callback_period.id"],
            name=op.f("fk_callback_tally_company_id_period_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_callback_tally_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_tally")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_callback_tally_company_id_id")),
    )
    op.create_table(
        "callback_changed_day",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_callback_changed_day_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_changed_day")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_callback_changed_day_company_id_id")),
    )
    with op.batch_alter_table("callback_tally", schema=None) as batch_op:
        batch_op.create_index("ix_callback_tally_period", ["company_id", "period_id", "day"], unique=False)
        batch_op.create_index("ix_callback_tally_day", ["company_id", "day"], unique=False)
    with op.batch_alter_table("callback_changed_day", schema=None) as batch_op:
        batch_op.create_index("ix_callback_changed_day_day", ["company_id", "day"], unique=False)
    with op.batch_alter_table("callback_call", schema=None) as batch_op:
        batch_op.drop_index("ix_callback_call_load")
        batch_op.create_index(
            "ix_callback_call_load", ["company_id", "day", "assignee_id", "state", "period_id"], unique=False
        )
    op.execute("INSERT INTO callback_changed_day (company_id, day) SELECT DISTINCT company_id, day FROM callback_call")
    op.execute(
        "INSERT INTO callback_changed_day (company_id, day) SELECT DISTINCT company_id, CAST(NULL AS DATE) "
        "FROM callback_need"
    )


def downgrade() -> None:
    with op.batch_alter_table("callback_call", schema=None) as batch_op:
        batch_op.drop_index("ix_callback_call_load")
        batch_op.create_index("ix_callback_call_load", ["company_id", "day", "state", "assignee_id"], unique=False)
    op.drop_table("callback_changed_day")
    op.drop_table("callback_tally")
