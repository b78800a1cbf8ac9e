"""What a contact person is written and spoken to in; empty: as the customer"""

import sqlalchemy as sa
from alembic import op

revision = "base_0006_language_of_persons"
down_revision = "base_0005_language"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("base_contact_person") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=10), nullable=False, server_default=""))
    with op.batch_alter_table("base_contact_person") as batch_op:
        batch_op.alter_column("language", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("base_contact_person") as batch_op:
        batch_op.drop_column("language")
