"""The audit trail is sealed in blocks, and read in the order of happening."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0002_audit"
down_revision = "core_0001"
branch_labels = None
depends_on = None

_UNSEALED = {"sqlite_where": sa.text("seal IS NULL"), "postgresql_where": sa.text("seal IS NULL")}


def upgrade() -> None:
    op.create_table(
        "core_audit_block",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("number", db.BigId, nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_audit_block_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit_block")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_audit_block_company_id_id")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_core_audit_block_company_id_number")),
    )
    op.add_column("core_event", sa.Column("block", db.BigId, nullable=True))
    op.drop_index("ix_core_event_name", table_name="core_event")
    op.drop_index("ix_core_event_record", table_name="core_event")
    op.create_index(
        "ix_core_event_record", "core_event", ["company_id", "record_kind", "record_id", "occurred_at", "id"]
    )
    op.create_index("ix_core_event_name", "core_event", ["company_id", "name", "occurred_at", "id"])
    op.create_index("ix_core_event_when", "core_event", ["company_id", "occurred_at", "id"])
    op.create_index("ix_core_event_actor", "core_event", ["company_id", "actor_id", "occurred_at", "id"])
    op.create_index("ix_core_event_request", "core_event", ["company_id", "request_id"])
    op.create_index("ix_core_event_unsealed", "core_event", ["company_id", "id"], **_UNSEALED)


def downgrade() -> None:
    for name in ("unsealed", "request", "actor", "when", "name", "record"):
        op.drop_index(f"ix_core_event_{name}", table_name="core_event")
    op.create_index("ix_core_event_record", "core_event", ["company_id", "record_kind", "record_id", "id"])
    op.create_index("ix_core_event_name", "core_event", ["company_id", "name", "id"])
    with op.batch_alter_table("core_event", reflect_kwargs=db.ONE_TABLE) as batch:
        batch.drop_column("block")
    op.drop_table("core_audit_block")
