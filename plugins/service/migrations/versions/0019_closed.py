"""Orders are found by the day on which they were closed."""

from alembic import op

revision = "service_0019_closed"
down_revision = "service_0018_contacts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_service_order_closed", "service_order", ["company_id", "closed_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_service_order_closed", "service_order")
