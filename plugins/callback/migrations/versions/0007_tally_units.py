"""Figures of plans are kept by organisation unit, too; changes since say how much. Everything is to be counted anew"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "callback_0007_tally_units"
down_revision = "callback_0006_tally"
branch_labels = None
depends_on = None

_OUTCOMES = "outcome in ('ahead', 'done', 'missed', 'cancelled', '')"
_NEW_OUTCOMES = "outcome in ('ahead', 'nobody', 'done', 'missed', 'cancelled', '')"


def upgrade() -> None:
    op.execute("DELETE FROM callback_tally")
    op.execute("DELETE FROM callback_changed_day")
    with op.batch_alter_table("callback_tally", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index("ix_callback_tally_period")
        batch_op.add_column(sa.Column("unit_id", db.BigId, nullable=True))
        batch_op.add_column(sa.Column("whole", sa.Boolean(), nullable=False))
        batch_op.drop_constraint(op.f("ck_callback_tally_outcome"), type_="check")
        batch_op.create_check_constraint(op.f("ck_callback_tally_outcome"), _NEW_OUTCOMES)
        _unit(batch_op, "callback_tally")
        batch_op.create_index("ix_callback_tally_period", ["company_id", "period_id", "whole", "unit_id", "day"])
    with op.batch_alter_table("callback_changed_day", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("period_id", db.BigId, nullable=True))
        batch_op.add_column(sa.Column("unit_id", db.BigId, nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=40), nullable=False))
        batch_op.add_column(sa.Column("left_out", sa.String(length=20), nullable=False))
        batch_op.add_column(sa.Column("outcome", sa.String(length=12), nullable=False))
        batch_op.add_column(sa.Column("amount", sa.Integer(), nullable=True))
        _unit(batch_op, "callback_changed_day")
        batch_op.create_foreign_key(
            op.f("fk_callback_changed_day_company_id_period_id"),
            "callback_period", ["company_id", "period_id"], ["company_id", "id"],
        )  # fmt: skip
    op.execute(
        "INSERT INTO callback_changed_day (company_id, day, reason, left_out, outcome) "
        "SELECT DISTINCT company_id, day, '', '', '' FROM callback_call"
    )
    op.execute(
        "INSERT INTO callback_changed_day (company_id, day, reason, left_out, outcome) "
        "SELECT DISTINCT company_id, CAST(NULL AS DATE), '', '', '' FROM callback_need"
    )


def _unit(batch_op, table: str) -> None:
    batch_op.create_foreign_key(
        op.f(f"fk_{table}_company_id_unit_id"), "core_org_unit", ["company_id", "unit_id"], ["company_id", "id"]
    )


def downgrade() -> None:
    op.execute("DELETE FROM callback_tally")
    op.execute("DELETE FROM callback_changed_day")
    with op.batch_alter_table("callback_changed_day", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(op.f("fk_callback_changed_day_company_id_period_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_callback_changed_day_company_id_unit_id"), type_="foreignkey")
        for column in ("amount", "outcome", "left_out", "reason", "unit_id", "period_id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("callback_tally", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_index("ix_callback_tally_period")
        batch_op.drop_constraint(op.f("fk_callback_tally_company_id_unit_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_callback_tally_outcome"), type_="check")
        batch_op.create_check_constraint(op.f("ck_callback_tally_outcome"), _OUTCOMES)
        batch_op.drop_column("whole")
        batch_op.drop_column("unit_id")
        batch_op.create_index("ix_callback_tally_period", ["company_id", "period_id", "day"])
    op.execute("INSERT INTO callback_changed_day (company_id, day) SELECT DISTINCT company_id, day FROM callback_call")
    op.execute(
        "INSERT INTO callback_changed_day (company_id, day) SELECT DISTINCT company_id, CAST(NULL AS DATE) "
        "FROM callback_need"
    )
