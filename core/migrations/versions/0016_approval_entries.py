"""What was typed where an approval was needed is kept until it is used."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0016_approval_entries"
down_revision = "core_0015_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("core_approval", sa.Column("entered", db.JsonType, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("core_approval", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("entered")
