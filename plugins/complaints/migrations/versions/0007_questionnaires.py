"""Questionnaires that customers answer without an account, and their answers.

Two new tables; nothing that is there already is touched.
"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "complaints_0007_questionnaires"
down_revision = "complaints_0006_origin_of_action"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaints_questionnaire",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("intro_zh", sa.Text(), nullable=False),
        sa.Column("intro_en", sa.Text(), nullable=False),
        sa.Column("questions", db.JsonType, nullable=False),
        sa.Column("product_id", db.BigId, nullable=True),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "product_id"],
            ["base_product.company_id", "base_product.id"],
            name=op.f("fk_complaints_questionnaire_company_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["core_company.id"], name=op.f("fk_complaints_questionnaire_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints_questionnaire")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_complaints_questionnaire_company_id_id")),
        sa.UniqueConstraint("company_id", "token", name=op.f("uq_complaints_questionnaire_company_id_token")),
    )
    with op.batch_alter_table("complaints_questionnaire", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaints_questionnaire_company_id_product_id"), ["company_id", "product_id"], unique=False
        )
    op.create_table(
        "complaints_answer",
        sa.Column("company_id", db.BigId, nullable=False),
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("questionnaire_id", db.BigId, nullable=False),
        sa.Column("complaint_id", db.BigId, nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("matter", sa.String(length=12), nullable=False),
        sa.Column("serial", sa.String(length=120), nullable=False),
        sa.Column("answers", db.JsonType, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "matter in ('opinion', 'suggestion', 'complaint', 'inquiry')", name=op.f("ck_complaints_answer_matter")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "complaint_id"],
            ["complaints_complaint.company_id", "complaints_complaint.id"],
            name=op.f("fk_complaints_answer_company_id_complaint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "questionnaire_id"],
            ["complaints_questionnaire.company_id", "complaints_questionnaire.id"],
            name=op.f("fk_complaints_answer_company_id_questionnaire_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["core_company.id"], name=op.f("fk_complaints_answer_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints_answer")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_complaints_answer_company_id_id")),
        sa.UniqueConstraint("company_id", "key", name=op.f("uq_complaints_answer_company_id_key")),
    )
    with op.batch_alter_table("complaints_answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaints_answer_company_id_complaint_id"), ["company_id", "complaint_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_complaints_answer_company_id_questionnaire_id"), ["company_id", "questionnaire_id"],
            unique=False,
        )


def downgrade() -> None:
    op.drop_table("complaints_answer")
    op.drop_table("complaints_questionnaire")
