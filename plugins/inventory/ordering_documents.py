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
    currency = ctx.company.currency
    return {
        "number": row.number,
        "supplier": row.supplier.name,
        "address": row.supplier.address,
        "contact": row.supplier.contact_name,
        "phone": row.supplier.phone,
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
