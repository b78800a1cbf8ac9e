"""rule approval: a draft is submitted and approved before it is published"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0009_rule_approval"
down_revision = "core_0008_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("core_decision_table", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("core_decision_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author_ids", db.JsonType, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("submitted_at", db.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("submitted_by", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("submitted_by_id", db.BigId, nullable=True))
        batch_op.add_column(sa.Column("sent_back_by", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("sent_back_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("approved_at", db.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=120), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("core_decision_version", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        for name in (
            "approved_by", "approved_at", "sent_back_reason", "sent_back_by",
            "submitted_by_id", "submitted_by", "submitted_at", "author_ids",
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("core_decision_table", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("needs_approval")
