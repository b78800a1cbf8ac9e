"""second factor"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0006_second_factor"
down_revision = "core_0005_approvals"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("core_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tf_last_step", db.BigId, nullable=True))


def downgrade() -> None:

    with op.batch_alter_table("core_user", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("tf_last_step")
