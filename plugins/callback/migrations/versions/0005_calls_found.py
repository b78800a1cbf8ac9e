"""Calls of a customer and of a day are found in their order; figures of a plan know who calls"""

from alembic import op

revision = "callback_0005_calls_found"
down_revision = "callback_0004_calling"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("callback_call", schema=None) as batch_op:
        batch_op.drop_index("ix_callback_call_company_id_customer_id")
        batch_op.drop_index("ix_callback_call_figures")
        batch_op.create_index("ix_callback_call_customer", ["company_id", "customer_id", "day", "id"], unique=False)
        batch_op.create_index("ix_callback_call_days", ["company_id", "day", "id"], unique=False)
        batch_op.create_index(
            "ix_callback_call_figures", ["company_id", "period_id", "state", "day", "assignee_id"], unique=False
        )


def downgrade():
    with op.batch_alter_table("callback_call", schema=None) as batch_op:
        batch_op.drop_index("ix_callback_call_figures")
        batch_op.drop_index("ix_callback_call_days")
        batch_op.drop_index("ix_callback_call_customer")
        batch_op.create_index("ix_callback_call_figures", ["company_id", "period_id", "state", "day"], unique=False)
        batch_op.create_index("ix_callback_call_company_id_customer_id", ["company_id", "customer_id"], unique=False)
