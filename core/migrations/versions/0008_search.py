"""The search index: entries, their grams, and the marks of what is to be indexed anew."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0008_search"
down_revision = "core_0007_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_search_entry",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", db.BigId, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("haystack", sa.String(length=700), nullable=False),
        sa.Column("unit_id", db.BigId, nullable=True),
        sa.Column("assignee_id", db.BigId, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["core_user.id"], name=op.f("fk_core_search_entry_assignee_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "unit_id"],
            ["core_org_unit.company_id", "core_org_unit.id"],
            name=op.f("fk_core_search_entry_company_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_search_entry_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_search_entry")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_search_entry_company_id_id")),
        sa.UniqueConstraint(
            "company_id", "kind", "record_id", name=op.f("uq_core_search_entry_company_id_kind_record_id")
        ),
    )
    op.create_index(op.f("ix_core_search_entry_assignee_id"), "core_search_entry", ["assignee_id"])
    op.create_index(op.f("ix_core_search_entry_company_id_unit_id"), "core_search_entry", ["company_id", "unit_id"])
    op.create_table(
        "core_search_gram",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("gram", sa.String(length=24), nullable=False),
        sa.Column("entry_id", db.BigId, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_search_gram_company_id")),
        sa.PrimaryKeyConstraint("company_id", "gram", "entry_id", name=op.f("pk_core_search_gram")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_core_search_gram_entry", "core_search_gram", ["company_id", "entry_id"])
    op.create_table(
        "core_search_mark",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", db.BigId, nullable=False),
        sa.Column("after_id", db.BigId, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_core_search_mark_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_search_mark")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_core_search_mark_company_id_id")),
    )


def downgrade() -> None:
    op.drop_table("core_search_mark")
    op.drop_table("core_search_gram")
    op.drop_table("core_search_entry")
