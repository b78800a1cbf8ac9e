"""What preventive plans add to pages: of a customer, a unit, an order; work and notices of who looks after them."""

from __future__ import annotations

import datetime as dt

from flask import url_for

from core.api import Ctx, Notice, OpenWork, Panel, WorkItem, _, n_
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.service.lists.plans import every_words
from plugins.service.models import Order
from plugins.service.plan_contracts import OCCURRENCE_WORDS, PLAN_STATE_WORDS
from plugins.service.queries import plans as queries
from plugins.service.services.plans import EDIT_PLANS, VIEW_PLANS


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of a customer or a unit its plans, on that of an order the visit for which it was opened."""
    if not ctx.can(VIEW_PLANS) or not getattr(record, "id", None):
        return []
    if isinstance(record, Order):
        occurrence = queries.occurrence_of(ctx, record.id)
        if occurrence is None or occurrence.plan is None:
            return []
        late = occurrence.state == "open" and occurrence.due_on < ctx.today
        data = {"o": occurrence, "plan": occurrence.plan, "late": late, "state": _(OCCURRENCE_WORDS[occurrence.state])}
        return [Panel(_("Planned visit"), "service/_planned_visit.html", data, where="side", order=15)]
    kind = next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")
    if kind not in (CUSTOMER, UNIT):
        return []
    rows = queries.plans_of(ctx, **{"customer_id" if kind == CUSTOMER else "device_id": record.id})
    may = ctx.can(EDIT_PLANS)
    if not rows and not may:
        return []
    given = {"customer" if kind == CUSTOMER else "unit": record.id}
    data = {
        "rows": [(p, every_words(p), _(PLAN_STATE_WORDS[p.state])) for p in rows],
        "url": url_for("service.plan_new", **given) if may else "",
    }
    return [Panel(_("Preventive plans"), "service/_plans_of.html", data, order=40)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Planned visits that this person has to see to: overdue, or held back."""
    if ctx.actor.user_id is None or not ctx.can(EDIT_PLANS):
        return []
    found = []
    for o in queries.to_decide(ctx):
        held = o.state == "held"
        found.append(
            WorkItem(
                title=o.plan.name, url=url_for("service.plan_page", record_id=o.plan_id, _anchor=f"o{o.id}"),
                number=o.plan.number, kind=_("Planned visit"), icon="calendar-check",
                due=dt.datetime.combine(o.due_on, dt.time(23, 59), ctx.tz),
                detail=o.reason if held else o.order.number if o.order else "",
                next_step=_("Decide") if held else _("See to it"),
            )
        )  # fmt: skip
    return found


def notices(ctx: Ctx) -> list[Notice]:
    """Planned visits that should have been made."""
    if not ctx.can(EDIT_PLANS):
        return []
    late = queries.count_overdue(ctx)
    if not late:
        return []
    text = n_("{n} planned visit is overdue", "{n} planned visits are overdue", late)
    url = url_for("service.plans_list", tab="overdue")
    return [Notice(_("Preventive plans fall behind"), text, url, _("See them"), "bad")]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The plans that a person looks after."""
    count = len(queries.looked_after_by(ctx, user_id))
    return [OpenWork(_("Preventive plans"), count, url_for("service.plans_list"))] if count else []
