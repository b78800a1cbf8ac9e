"""what an improvement action was opened for: words, and the conditions of the statistics

Both have a server default, for the rows that are there already.
"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "complaints_0006_origin_of_action"
down_revision = "complaints_0005_one_index_by_day"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaints_action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("origin_cut", db.JsonType, server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("complaints_action", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("origin_cut")
        batch_op.drop_column("origin")
