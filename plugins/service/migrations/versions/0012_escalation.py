"""escalation"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "service_0012_escalation"
down_revision = "service_0011_late"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('service_escalation',
    sa.Column('company_id', db.BigId, nullable=False),
    sa.Column('id', db.BigId, nullable=False),
    sa.Column('order_id', db.BigId, nullable=False),
    sa.Column('to_unit_id', db.BigId, nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('at', db.UtcDateTime(), nullable=False),
    sa.Column('by_id', db.BigId, nullable=True),
    sa.Column('by_name', sa.String(length=120), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_at', db.UtcDateTime(), nullable=True),
    sa.Column('answered_by_id', db.BigId, nullable=True),
    sa.Column('answered_by', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['answered_by_id'], ['core_user.id'], name=op.f('fk_service_escalation_answered_by_id')),
    sa.ForeignKeyConstraint(['by_id'], ['core_user.id'], name=op.f('fk_service_escalation_by_id')),
    sa.ForeignKeyConstraint(['company_id'], ['core_company.id'], name=op.f('fk_service_escalation_company_id')),
    sa.ForeignKeyConstraint(['company_id', 'order_id'], ['service_order.company_id', 'service_order.id'], name=op.f('fk_service_escalation_company_id_order_id')),
    sa.ForeignKeyConstraint(['company_id', 'to_unit_id'], ['core_org_unit.company_id', 'core_org_unit.id'], name=op.f('fk_service_escalation_company_id_to_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_escalation')),
    sa.UniqueConstraint('company_id', 'id', name=op.f('uq_service_escalation_company_id_id'))
    )
    with op.batch_alter_table('service_escalation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_escalation_company_id_order_id'), ['company_id', 'order_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_escalation_company_id_to_unit_id'), ['company_id', 'to_unit_id'], unique=False)
        batch_op.create_index('uq_service_escalation_open', ['company_id', 'order_id'], unique=True, sqlite_where=sa.text('answered_at is null'), postgresql_where=sa.text('answered_at is null'))


def downgrade() -> None:
    with op.batch_alter_table('service_escalation', schema=None) as batch_op:
        batch_op.drop_index('uq_service_escalation_open', sqlite_where=sa.text('answered_at is null'), postgresql_where=sa.text('answered_at is null'))
        batch_op.drop_index(batch_op.f('ix_service_escalation_company_id_to_unit_id'))
        batch_op.drop_index(batch_op.f('ix_service_escalation_company_id_order_id'))

    op.drop_table('service_escalation')
