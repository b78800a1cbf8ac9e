"""invitations"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0012_invitations"
down_revision = "core_0011_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_invitation",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("role_codes", db.JsonType, nullable=False),
        sa.Column("unit_id", db.BigId, nullable=True),
        sa.Column("data_scope", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("inviter_id", db.BigId, nullable=True),
        sa.Column("inviter_name", sa.String(length=120), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("accepted_at", db.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "unit_id"],
            ["core_org_unit.company_id", "core_org_unit.id"],
            name=op.f("fk_core_invitation_company_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_invitation_company_id")),
        sa.ForeignKeyConstraint(["inviter_id"], ["core_user.id"], name=op.f("fk_core_invitation_inviter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_invitation")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_invitation_company_id_id")),
    )
    with op.batch_alter_table("core_invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_core_invitation_company_id_unit_id"), ["company_id", "unit_id"], unique=False
        )
        batch_op.create_index("ix_core_invitation_email", ["company_id", "email"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("core_invitation", schema=None) as batch_op:
        batch_op.drop_index("ix_core_invitation_email")
        batch_op.drop_index(batch_op.f("ix_core_invitation_company_id_unit_id"))

    op.drop_table("core_invitation")
