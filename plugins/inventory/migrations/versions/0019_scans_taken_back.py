"""A scan that was taken back says by which request: one that is sent again takes back nothing more."""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0019_scans_taken_back"
down_revision = "inventory_0018_transfer_scans"
branch_labels = None
depends_on = None

TABLE = "inventory_transfer_scan"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("taken_back", sa.String(length=60), nullable=True))


def downgrade() -> None:
    op.execute(f"delete from {TABLE} where taken_back is not null")  # noqa: S608
    op.drop_column(TABLE, "taken_back")
