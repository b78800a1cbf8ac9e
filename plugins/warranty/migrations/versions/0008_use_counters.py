"""use_counters"""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "warranty_0008_use_counters"
down_revision = "warranty_0007_proof_files"
branch_labels = None
depends_on = None

TABLE = "warranty_contract_use"
PLUS, PLUS_OR_MINUS = "quantity > 0", "quantity <> 0 and (counters_id is null) = (quantity > 0)"
WITHIN = "beyond >= 0 and beyond <= quantity"
WITHIN_EITHER = (
    "(quantity > 0 and beyond >= 0 and beyond <= quantity) or (quantity < 0 and beyond <= 0 and beyond >= quantity)"
)


def upgrade() -> None:
    # On SQLite the table is written anew: a foreign key can't be added to one that is there.
    with op.batch_alter_table(TABLE, schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.add_column(sa.Column("counters_id", db.BigId, nullable=True))
        batch_op.create_index(
            batch_op.f("ix_warranty_contract_use_company_id_counters_id"), ["company_id", "counters_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_warranty_contract_use_company_id_counters_id"), TABLE, ["company_id", "counters_id"],
            ["company_id", "id"],
        )  # fmt: skip
        batch_op.drop_constraint(batch_op.f("ck_warranty_contract_use_quantity"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_warranty_contract_use_beyond"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_warranty_contract_use_quantity"), PLUS_OR_MINUS)
        batch_op.create_check_constraint(batch_op.f("ck_warranty_contract_use_beyond"), WITHIN_EITHER)


def downgrade() -> None:
    uses = sa.table(TABLE, sa.column("id"), sa.column("counters_id"))
    op.execute(sa.delete(uses).where(uses.c.counters_id.is_not(None)))
    with op.batch_alter_table(TABLE, schema=None, reflect_kwargs=db.ONE_TABLE) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_warranty_contract_use_quantity"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_warranty_contract_use_beyond"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_warranty_contract_use_quantity"), PLUS)
        batch_op.create_check_constraint(batch_op.f("ck_warranty_contract_use_beyond"), WITHIN)
        batch_op.drop_constraint(batch_op.f("fk_warranty_contract_use_company_id_counters_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_warranty_contract_use_company_id_counters_id"))
        batch_op.drop_column("counters_id")
