"""What parts are worth, by which scrap and differences of a count are valued."""

from __future__ import annotations

from decimal import Decimal

from core.api import Ctx, Invalid, _, check_version, emit, transaction
from plugins.inventory.models import Cost
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import quality as queries

EDIT = "inventory.cost.edit"
MOST = Decimal(10) ** 9


def set_cost(ctx: Ctx, part_id: int, amount: Decimal, *, version: int | None = None) -> Cost:
    """Say what one of a part is worth."""
    ctx.require(EDIT)
    with transaction(ctx):
        part = part_queries.get_part(ctx, part_id, lock=True)
        if not amount.is_finite() or not 0 <= amount < MOST or amount != amount.quantize(Decimal("0.0001")):
            raise Invalid("bad_amount", _("An amount is a number from 0 on, with four decimals at most."), "amount")
        row = queries.get_cost(ctx, part_id, lock=True)
        if row is None:
            row = Cost(part_id=part_id, amount=amount)
            ctx.session.add(row)
        else:
            check_version(row, version)
            row.amount = amount
        ctx.session.flush()
        emit(ctx, "inventory.cost_set", part, part=part.code, amount=str(amount))
        return row
