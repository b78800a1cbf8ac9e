"""contacts"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "service_0018_contacts"
down_revision = "service_0017_booked"
branch_labels = None
depends_on = None

COLUMNS = {
    "contacts": sa.String(length=10),
    "contact_who": sa.String(length=120),
    "contact_phone": sa.String(length=60),
    "contacts_why": sa.Text(),
}
STATES = "contacts in ('', 'exchanged', 'none')"
EXCHANGED = "contacts <> 'exchanged' or contact_phone <> ''"


def upgrade() -> None:
    # On SQLite the table is written anew: a condition can't be put on one that is there.
    with op.batch_alter_table("service_visit", schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=""))
    with op.batch_alter_table("service_visit", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        for name in COLUMNS:
            batch_op.alter_column(name, server_default=None)
        batch_op.create_check_constraint(batch_op.f("ck_service_visit_contacts"), STATES)
        batch_op.create_check_constraint(batch_op.f("ck_service_visit_contact_phone"), EXCHANGED)


def downgrade() -> None:
    with op.batch_alter_table("service_visit", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_service_visit_contact_phone"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_service_visit_contacts"), type_="check")
        for name in COLUMNS:
            batch_op.drop_column(name)
