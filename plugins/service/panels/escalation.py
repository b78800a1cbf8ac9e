"""What was put to a department, on the pages of orders and visits; deciding is the next step of its head."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from core.api import Ctx, Panel, _
from plugins.service import life
from plugins.service.contracts import NextStep, Steps
from plugins.service.models import Order, Visit
from plugins.service.queries import escalations as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.dispatching import ASSESS
from plugins.service.services.escalating import ASKED_FROM


def panels(ctx: Ctx, record) -> list[Panel]:
    """The questions and what was decided, and the button that asks or decides."""
    order = record.order if isinstance(record, Visit) else record
    if not isinstance(order, Order):
        return []
    rows = queries.escalations_of(ctx, order.id)
    asked = next((r for r in rows if r.answered_at is None), None)
    may = ctx.can(ASSESS) if asked else ctx.can(life.WORK)
    url = url_for("service.escalation_page", record_id=order.id) if may and order.state in ASKED_FROM else ""
    on_site = isinstance(record, Visit) or order.state == "working"
    if not rows and not (url and on_site):
        return []
    units = order_queries.unit_names(ctx) if rows else {}
    data = {"rows": rows, "asked": asked, "url": url, "units": units}
    return [Panel(_("Decision of a department"), "service/_escalation.html", data, "main", 25, idle=asked is None)]


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """A question that waits is decided by whoever may."""
    waiting = [o.id for o in orders if o.waiting == "approval"] if ctx.can(ASSESS) else []
    return [
        (order_id, NextStep(_("Give the decision"), url_for("service.escalation_page", record_id=order_id), 30))
        for order_id in queries.undecided_on(ctx, waiting)
    ]
