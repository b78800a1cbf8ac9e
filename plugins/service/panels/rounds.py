"""What inspection rounds add to pages: the round on its order and visit, where a repair was found, conditions."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Gate, Panel, _, label
from plugins.service import life
from plugins.service.contracts import INSPECTION, STATE_WORDS, NextStep, Steps
from plugins.service.models import Order, Round, Visit
from plugins.service.queries import rounds as queries
from plugins.service.round_contracts import GENERAL_LIST
from plugins.service.rules.rounds import points_of

NOT_MADE = ("solved_by_phone", "answered", "refused", "not_solved")
"""Outcomes of an order by which no round was made."""


def page_url(found: Round, anchor: str = "") -> str:
    """The address of a round's page; empty where the worker asks."""
    if not has_request_context():
        return ""
    return url_for("service.round_page", record_id=found.id, _anchor=anchor or None)


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """Every place looked at when the work is done; the report when the order closes (SWM-2.3)."""
    if not isinstance(record, Order) or record.kind != INSPECTION or record.outcome in NOT_MADE:
        return []
    found = queries.round_of(ctx, record.id)
    if transition == "finish" and found is not None:
        places = queries.places_of(ctx, found.id)
        left = sum(p.state == "open" for p in places)
        said = _("Every place was looked at")
        if left:
            said = _("Places looked at: {done} of {n}", done=len(places) - left, n=len(places))
        return [Gate("service.round_places", said, bool(left), page_url(found, "places"), _("To the round"))]
    if transition == "close" and "report" in record.steps:
        given = found is not None and queries.reported(ctx, found)
        said = _("The inspection has its report") if given else _("The report of the inspection is missing")
        url = page_url(found) if found is not None else "#round"
        return [Gate("service.report", said, not given, url, _("Print the report"))]
    return []


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """The places left; then the report."""
    rounds = {o.id: o for o in orders if o.kind == INSPECTION and o.outcome not in NOT_MADE}
    found: Steps = []
    if not ctx.can(life.WORK):
        return found
    for row, left, reported in queries.rounds_of(ctx, list(rounds)):
        order = rounds[row.order_id]
        if left and order.state in ("dispatched", "working"):
            found.append((order.id, NextStep(_("To the round"), page_url(row, "places"), 14)))
        elif order.state in ("done", "confirmed") and "report" in order.steps and not reported:
            found.append((order.id, NextStep(_("Print the report"), page_url(row), 14)))
    return found


def panels(ctx: Ctx, record) -> list[Panel]:
    """The round on the page of its order and visit; on that of a repair the rounds on which it was found."""
    order = record.order if isinstance(record, Visit) else record
    if not isinstance(order, Order) or not ctx.can(life.VIEW):
        return []
    shown = [] if isinstance(record, Visit) else _found_on(ctx, order)
    if order.kind != INSPECTION:
        return shown
    found = queries.round_of(ctx, order.id)
    if found is None:
        if order.is_open and ctx.can(life.WORK):
            data = {"choices": queries.checklists(ctx), "order_id": order.id, "usual": GENERAL_LIST}
            shown.append(Panel(_("Round"), "service/_round_begin.html", data, "main", 12))
        return shown
    places = queries.places_of(ctx, found.id)
    data = {
        "name": label(found.name), "url": page_url(found), "total": len(places),
        "seen": sum(p.state != "open" for p in places), "faults": fault_rows(ctx, found),
    }  # fmt: skip
    return [*shown, Panel(_("Round"), "service/_round.html", data, "main", 12)]


def fault_rows(ctx: Ctx, found: Round) -> list[tuple]:
    """(fault, point in words, state of its repair) of each point that failed."""
    words = {p.code: label(dict(p.text)) for p in points_of(found.points)}
    return [
        (f, words.get(f.point, f.point), _(STATE_WORDS[f.repair.state]) if f.repair is not None else "")
        for f in queries.faults_of(ctx, found.id)
    ]


def _found_on(ctx: Ctx, order: Order) -> list[Panel]:
    rows = []
    for fault in queries.faults_for(ctx, order.id):
        found = fault.place.round
        words = {p.code: label(dict(p.text)) for p in points_of(found.points)}
        rows.append((fault, words.get(fault.point, fault.point), found.order, page_url(found, f"p{fault.place_id}")))
    return [Panel(_("Found on a round"), "service/_found_on.html", {"rows": rows}, "side", 12)] if rows else []
