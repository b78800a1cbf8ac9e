"""Evaluations of suppliers say what was claimed for what failed with customers."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0021_claims_of_suppliers"
down_revision = "inventory_0020_unsent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inventory_evaluation") as batch_op:
        batch_op.add_column(sa.Column("claims", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("claims_met", db.Quantity(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("inventory_evaluation", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("claims_met")
        batch_op.drop_column("claims")
