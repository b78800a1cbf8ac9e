"""What is printed of warranties: the card of a unit 保修卡."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty import life, words
from plugins.warranty.contracts import REPAIR_RESULT_WORDS
from plugins.warranty.queries.periods import meter_kinds, periods_of
from plugins.warranty.queries.repairs import repairs_of


def _card(ctx: Ctx, unit: Any) -> dict[str, Any]:
    found = periods_of(ctx, unit.id)
    if not found:
        raise Conflict("no_term", _("No warranty term fits this unit; there is nothing to print."))
    meters = dict(meter_kinds(ctx))
    product = base_queries.get_product(ctx, unit.product_id)
    customer = base_queries.find(ctx, type(unit.customer), unit.customer_id) if unit.customer is not None else None
    return {
        "serial": unit.serial or "",
        "product": f"{product.name} {product.model}".strip(),
        "maker": product.maker,
        "batch": unit.batch,
        "customer": customer.name if customer is not None else "",
        "sold": unit.sale_date,
        "periods": [
            {
                "cover": words.cover(p),
                "term": p.term_name,
                "clause": p.clause,
                "start": p.start_on,
                "last": p.last_day,
                "meters": _(", ").join(f"{words.number(m.limit)} {words.meter(m.kind, meters)}" for m in p.meters),
                "left": words.line(p),
            }
            for p in found
            if not p.repair_id or p.covers_now
        ],
        "repairs": [
            {
                "number": r.number,
                "problem": r.problem,
                "received": r.received_at,
                "back": r.handed_back_at,
                "parts": _(", ").join(part["name"] for part in r.parts),
                "result": _(REPAIR_RESULT_WORDS[r.result]),
            }
            for r in repairs_of(ctx, unit.id, 20)
        ],
    }


CARD = DocumentKind(
    "warranty.card",
    N_("Warranty card"),
    UNIT,
    "warranty/documents/card.html",
    _card,
    life.SEE_CARD,
    "warranty.card_pattern",
    language=base_queries.language_for,
)
