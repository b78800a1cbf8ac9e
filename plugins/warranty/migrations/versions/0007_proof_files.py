"""proof_files"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "warranty_0007_proof_files"
down_revision = "warranty_0006_periods"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('warranty_date', schema=None) as batch_op:
        batch_op.add_column(sa.Column('file', sa.String(length=255), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('warranty_date', schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column('file')
