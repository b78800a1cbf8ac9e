"""Telling customers step by step: what was told, an address, and the finish that was promised.

New columns that may not be empty have a server default, for the rows that are there already.
"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "complaints_0004_progress"
down_revision = "complaints_0003_causes_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaints_complaint", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("person_email", sa.String(length=255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tell_progress", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("expected_at", db.UtcDateTime(), nullable=True))
    op.create_table(
        "complaints_progress",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("complaint_id", db.BigId, nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("occasion", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("expected_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("told_at", db.UtcDateTime(), nullable=True),
        sa.Column("by_id", db.BigId, nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.CheckConstraint("state in ('told', 'to_call', 'dropped')", name=op.f("ck_complaints_progress_state")),
        sa.ForeignKeyConstraint(["by_id"], ["core_user.id"], name=op.f("fk_complaints_progress_by_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "complaint_id"],
            ["complaints_complaint.company_id", "complaints_complaint.id"],
            name=op.f("fk_complaints_progress_company_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_complaints_progress_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints_progress")),
        sa.UniqueConstraint(
            "company_id", "complaint_id", "occasion", name=op.f("uq_complaints_progress_company_id_complaint_id_occasion")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_complaints_progress_company_id_id")),
    )
    with op.batch_alter_table("complaints_progress", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaints_progress_company_id_complaint_id"), ["company_id", "complaint_id"], unique=False
        )
        batch_op.create_index(
            "ix_complaints_progress_state", ["company_id", "state", "complaint_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("complaints_progress")
    with op.batch_alter_table("complaints_complaint", schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_column("expected_at")
        batch_op.drop_column("tell_progress")
        batch_op.drop_column("person_email")
