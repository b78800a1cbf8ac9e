"""an index for sorting all complaints by their time limit"""

from alembic import op

revision = "complaints_0002_order_of_all"
down_revision = "complaints_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaints_complaint", schema=None) as batch_op:
        batch_op.create_index("ix_complaints_complaint_urgent", ["company_id", "urgent_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("complaints_complaint", schema=None) as batch_op:
        batch_op.drop_index("ix_complaints_complaint_urgent")
