"""What tests of quality have in common: the site of the stock, its laws and that of quarantine, checklists answered."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from core.api import answer_checklist
from core.decisions.store import latest_published, publish, save_draft, table_named
from plugins.inventory.models import Balance, Inspection, Location, Scrap
from plugins.inventory.quality_contracts import RULES
from plugins.inventory.queries.check import differences

SOUND = {"identity": "yes", "complete": "yes", "fault": "yes"}


def laws(ctx) -> None:
    """Balances are the sum of moves, and what lies in quarantine is what waits for a decision or for scrapping."""
    ctx.session.rollback()
    assert differences(ctx) == []
    query = sa.select(sa.func.sum(Balance.on_hand)).join(Location, Location.id == Balance.location_id)
    there = ctx.session.scalar(query.where(Location.kind == "quarantine")) or Decimal(0)
    waits = ctx.session.scalar(sa.select(sa.func.sum(Inspection.undecided))) or Decimal(0)
    asked = sa.select(sa.func.sum(Scrap.quantity)).where(Scrap.state == "asked", Scrap.inspection_id.is_not(None))
    assert there == waits + (ctx.session.scalar(asked) or Decimal(0))


def inspect_receipts(ctx, **when) -> None:
    """From today the company inspects receipts of what fits, by the list that comes with the module."""
    table = table_named(ctx, RULES)
    body = latest_published(ctx, table).body
    row = {
        "id": "receipts", "when": {"source": "receipt", **when},
        "then": {"inspect": True, "checklist": "inventory.receipt_check"},
    }  # fmt: skip
    save_draft(ctx, RULES, {**body, "rows": [*body["rows"], row]}, reason="test", effective_from=ctx.today)
    publish(ctx, RULES)


def looked_at(ctx, row: Inspection) -> None:
    """The checklist of what came back is answered."""
    answer_checklist(ctx, row, "inventory.returned_goods", SOUND)
