"""What the archive waits for beside vouchers and money: nothing that belongs to the order is still to be done with."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Gate, _
from plugins.service.models import Order
from plugins.service.queries import archive as queries


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """DEF-10: what is archived is complete. Returned parts are settled, expenses claimed or dropped, slips judged."""
    if not isinstance(record, Order) or transition != "archive":
        return []
    url = url_for("service.order_page", record_id=record.id) if has_request_context() else ""
    left = queries.still_open(ctx, record.id)
    words = {
        "returns": _("Return {number} is not settled yet", number=_(", ").join(left["returns"])),
        "expenses": _("Expense {number} is neither claimed nor dropped", number=_(", ").join(left["expenses"])),
        "slips": _("The signed slip waits for headquarters"),
    }
    lacking = [name for name, numbers in left.items() if numbers]
    return [Gate(f"service.left_{name}", words[name], True, url, _("Look at it")) for name in lacking]
