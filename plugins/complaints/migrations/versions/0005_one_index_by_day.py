"""one index for lists by day and for statistics, in place of two

With a narrow and a covering index beside each other PostgreSQL counts now by the one, now by the other.
"""

from alembic import op

revision = "complaints_0005_one_index_by_day"
down_revision = "complaints_0004_progress"
branch_labels = None
depends_on = None

COUNTED = ["kind", "state", "category", "severity", "cause_id", "product_id", "unit_id", "customer_id"]


def upgrade() -> None:
    op.drop_index("ix_complaints_complaint_figures", table_name="complaints_complaint")
    op.drop_index("ix_complaints_complaint_received", table_name="complaints_complaint")
    op.create_index(
        "ix_complaints_complaint_received", "complaints_complaint", ["company_id", "received_at", "id", *COUNTED]
    )


def downgrade() -> None:
    op.drop_index("ix_complaints_complaint_received", table_name="complaints_complaint")
    op.create_index("ix_complaints_complaint_received", "complaints_complaint", ["company_id", "received_at", "id"])
    op.create_index("ix_complaints_complaint_figures", "complaints_complaint", ["company_id", "received_at", *COUNTED])
