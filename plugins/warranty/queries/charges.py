"""What a service order costs, for the module of orders: by the accepted quote, or by the company's price list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import Conflict, Ctx, _, ref_of
from plugins.warranty.contracts import DECISION, PriceAsked
from plugins.warranty.models import PriceList
from plugins.warranty.queries import coverage, prices, quotes


def of_quote(ctx: Ctx, order: Any) -> list[dict[str, Any]] | None:
    """The lines of the newest accepted quote for a record; what its total differs from their sum (a discount, tax,
    rounding) is a line of its own.
    """
    found = [q for q in quotes.of_record(ctx, ref_of(ctx, order)) if q.state == "accepted"]
    if not found:
        return None
    quote = max(found, key=lambda q: q.id)
    lines: list[dict[str, Any]] = [
        {
            "key": str(line.id), "kind": line.kind, "code": line.code, "label": line.label, "quantity": line.quantity,
            "unit_price": line.unit_price, "payer": line.payer,
            "amount": line.amount if line.payer == "customer" else line.quantity * line.unit_price,
            "why": _("Quote {number}", number=quote.full_number),
        }
        for line in quotes.lines_of(ctx, quote.id)
    ]  # fmt: skip
    rest = quote.total - sum((Decimal(x["amount"]) for x in lines if x["payer"] == "customer"), Decimal(0))
    if rest:
        lines.append(
            {
                "key": f"{quote.id}-rest", "kind": "other", "code": "", "quantity": Decimal(1), "unit_price": rest,
                "label": _("Discount, tax and rounding of the quote"), "payer": "customer", "amount": rest,
                "why": _("Quote {number}", number=quote.full_number),
            }
        )  # fmt: skip
    return lines


def by_list(ctx: Ctx, order: Any, kind: str, code: str, quantity: Decimal) -> dict[str, Any] | None:
    """The price today by the list that the decision on who pays names (DEF-5.1.1.2: a preferential one), else by the
    company's usual list; None where there is no list, or no row that fits.
    """
    try:
        used = _list_for(ctx, order)
        if used is None or used.currency != ctx.company.currency:
            return None
        found = prices.price(ctx, used, PriceAsked(kind, code, "", quantity), ctx.today)
    except Conflict:
        return None
    return {"label": found.label, "unit_price": found.amount, "why": found.why, "minimum": found.minimum}


def _list_for(ctx: Ctx, order: Any) -> PriceList | None:
    decided = order.coverage_ref if getattr(order, "coverage_kind", "") == DECISION else None
    row = coverage.by_ids(ctx, [decided]).get(decided) if decided is not None else None
    named = str(row.outputs.get("price_list") or "") if row is not None else ""
    return prices.list_named(ctx, named) if named else prices.default_list(ctx)
