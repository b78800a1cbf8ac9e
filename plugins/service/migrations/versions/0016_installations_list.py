"""list of installations: sorted by final acceptance"""

from alembic import op

revision = "service_0016_installations_list"
down_revision = "service_0015_rma"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('service_installation', schema=None) as batch_op:
        batch_op.create_index('ix_service_installation_accepted', ['company_id', 'accepted_on', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('service_installation', schema=None) as batch_op:
        batch_op.drop_index('ix_service_installation_accepted')
