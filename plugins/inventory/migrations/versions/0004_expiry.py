"""days before expiry of a part, balances by their last day"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "inventory_0004_expiry"
down_revision = "inventory_0003_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inventory_part", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("warn_days", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_inventory_part_warn_days"), "warn_days is null or warn_days > 0")
    with op.batch_alter_table("inventory_balance", schema=None) as batch_op:
        batch_op.create_index("ix_inventory_balance_until", ["company_id", "usable_until", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("inventory_balance", schema=None) as batch_op:
        batch_op.drop_index("ix_inventory_balance_until")
    with op.batch_alter_table("inventory_part", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(op.f("ck_inventory_part_warn_days"), type_="check")
        batch_op.drop_column("warn_days")
