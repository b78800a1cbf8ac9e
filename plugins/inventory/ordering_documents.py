"""What is printed of a purchase order: the order itself, for the supplier."""

from __future__ import annotations

from typing import Any

from core.api import N_, Amount, Ctx, DocumentKind
from plugins.inventory.contracts import ORDER
from plugins.inventory.models import PurchaseOrder
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries.parts import plain_quantity
from plugins.inventory.rules.sourcing import cost


def _sheet(ctx: Ctx, order: PurchaseOrder) -> dict[str, Any]:
    row = queries.get_order(ctx, order.id)
    currency, seller = ctx.company.currency, row.supplier
    return {
        "number": row.number,
        "supplier": seller.name if seller else "",
        "address": seller.address if seller else "",
        "contact": seller.contact_name if seller else "",
        "phone": seller.phone if seller else "",
        "to": row.to.name if row.to is not None else "",
        "expected": row.expected_on,
        "reference": row.their_reference,
        "lines": [
            {
                "part": f"{line.part.code} {line.part.name}",
                "theirs": line.their_number,
                "quantity": plain_quantity(line.quantity),
                "unit": line.part.measure.name,
                "price": Amount(line.price, currency),
                "amount": Amount(cost(line.price, line.quantity), currency),
            }
            for line in queries.lines_of(ctx, row.id)
        ],
        "total": Amount(row.amount, currency),
        "note": row.note,
        "by": row.made_by,
    }


KINDS = [
    DocumentKind(
        "inventory.order_sheet", N_("Purchase order"), ORDER, "inventory/documents/order.html", _sheet,
        "inventory.purchase.decide", "inventory.order_sheet_pattern",
    )
]  # fmt: skip
