"""What a service order costs, for the module of orders: by the accepted quote, or by the company's price list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import Conflict, Ctx, _, ref_of
from plugins.warranty.contracts import PriceAsked
from plugins.warranty.queries import prices, quotes


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
    """The price by the company's usual list today; None where there is no list, or no row that fits."""
    usual = prices.default_list(ctx)
    if usual is None or usual.currency != ctx.company.currency:
        return None
    try:
        found = prices.price(ctx, usual, PriceAsked(kind, code, "", quantity), ctx.today)
    except Conflict:
        return None
    return {"label": found.label, "unit_price": found.amount, "why": found.why}
