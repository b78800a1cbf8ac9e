"""What a customer is written and spoken to in; empty: the company's language"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "base_0005_language"
down_revision = "base_0004_suppliers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("base_customer") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=10), nullable=False, server_default=""))
    with op.batch_alter_table("base_customer", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.alter_column("language", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("base_customer", reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("language")
