"""booked"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "service_0017_booked"
down_revision = "service_0016_installations_list"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A visit of an earlier version may be booked; asked to take it back, the contract's module finds it by its order.
    with op.batch_alter_table("service_occurrence", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("booked", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("service_occurrence", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.alter_column("booked", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("service_occurrence", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("booked")
