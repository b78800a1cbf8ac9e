"""What is printed of quotes: the sheet that the customer gets, and signs where consent is given on paper."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import N_, Amount, Conflict, Ctx, DocumentKind, _
from plugins.base.queries import language_for
from plugins.warranty.contracts import PAYER_WORDS, PRICE_UNIT_WORDS, QUOTE
from plugins.warranty.models import Quote
from plugins.warranty.queries import quotes
from plugins.warranty.quote_life import WRITE
from plugins.warranty.services.quotes import SHEET


def _sheet(ctx: Ctx, quote: Quote) -> dict[str, Any]:
    """All that a quote says, as it was sent. Raises Conflict for a draft: what it says may still change."""
    if quote.state == "draft":
        raise Conflict("draft", _("The quote is a draft: send it, then its sheet is issued."))
    lines = quotes.lines_of(ctx, quote.id)
    sums = quotes.sums_of(quote, lines, quotes.rounding_of(quote))

    def money(value: Decimal) -> Amount:
        return Amount(value, quote.currency)

    return {
        "number": quote.full_number,
        "customer": quotes.customer_name(quote),
        "person": quote.person_name if quote.customer is not None else "",
        "phone": quote.person_phone,
        "unit": quote.device.serial if quote.device is not None and quote.device.serial else "",
        "title": quote.title,
        "until": quote.valid_until,
        "note": quote.note,
        "lines": [
            {
                "what": " ".join(p for p in (line.code, line.label) if p),
                "quantity": line.quantity.normalize() if line.quantity else line.quantity,
                "unit": _(PRICE_UNIT_WORDS[line.unit]),
                "price": money(line.unit_price),
                "discount": line.discount.normalize() if line.discount else "",
                "amount": money(line.amount),
                "covered": _("{payer}: {why}", payer=_(PAYER_WORDS[line.payer]), why=line.payer_reason)
                if line.payer != "customer"
                else "",
            }
            for line in lines
        ],
        "discount": quote.discount.normalize() if quote.discount else "",
        "off": money(sums.off) if sums.off else "",
        "taxes": [
            {"rate": g.rate.normalize() if g.rate else g.rate, "net": money(g.net), "tax": money(g.tax)}
            for g in sums.groups
        ],
        "tax_included": quote.tax_included,
        "net": money(quote.net),
        "tax": money(quote.tax),
        "total": money(quote.total),
    }


KINDS = [
    DocumentKind(
        SHEET, N_("Quote"), QUOTE, "warranty/documents/quote.html", _sheet, WRITE, "warranty.quote_sheet_pattern",
        language=language_for,
    )
]
