"""mail"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0015_mail"
down_revision = "core_0014_profiles"
branch_labels = None
depends_on = None

STATES = "state in ('queued', 'sending', 'sent', 'parked', 'unsure', 'dropped')"


def upgrade() -> None:
    op.create_table(
        "core_account_mail",
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("cause", sa.String(length=160), nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("handed_at", db.UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_core_account_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_account_mail")),
        sa.UniqueConstraint("cause", name=op.f("uq_core_account_mail_cause")),
    )
    with op.batch_alter_table("core_account_mail", schema=None) as batch_op:
        batch_op.create_index("ix_core_account_mail_due", ["state", "due_at"], unique=False)

    op.create_table(
        "core_mail",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("sender_address", sa.String(length=255), nullable=False),
        sa.Column("reply_to", sa.String(length=500), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", db.BigId, nullable=True),
        sa.Column("user_id", db.BigId, nullable=True),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("cause", sa.String(length=160), nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("handed_at", db.UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_core_mail_state")),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_mail_company_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_mail_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_mail")),
        sa.UniqueConstraint("company_id", "cause", name=op.f("uq_core_mail_company_id_cause")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_mail_company_id_id")),
    )
    with op.batch_alter_table("core_mail", schema=None) as batch_op:
        batch_op.create_index("ix_core_mail_company_state", ["company_id", "state", "id"], unique=False)
        batch_op.create_index("ix_core_mail_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_core_mail_record", ["company_id", "record_kind", "record_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("core_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_core_mail_record")
        batch_op.drop_index("ix_core_mail_due")
        batch_op.drop_index("ix_core_mail_company_state")

    op.drop_table("core_mail")
    with op.batch_alter_table("core_account_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_core_account_mail_due")

    op.drop_table("core_account_mail")
