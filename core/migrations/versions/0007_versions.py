"""Roles, organisation units, memberships and settings count their versions, so that no change is lost."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0007_versions"
down_revision = "core_0006_second_factor"
branch_labels = None
depends_on = None

TABLES = ("core_org_unit", "core_role", "core_membership", "core_setting")


def upgrade() -> None:
    # the default of the database is for the rows that are there; both databases add such a column without a rewrite
    for table in TABLES:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, reflect_kwargs=db.ONE_TABLE) as batch:
            batch.drop_column("version")
