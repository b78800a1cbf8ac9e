"""What the workshop adds to pages: items of an order, gates, work, figures."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, Notice, OpenWork, Panel, WorkItem, _, n_
from plugins.service import life
from plugins.service.contracts import NextStep, Steps
from plugins.service.models import Item, Order
from plugins.service.queries import workshop as queries
from plugins.service.rules.workshop import MAY_GO_BACK, WITHOUT_REPAIR, inspected, repair_state
from plugins.service.services.workshop import TAKE
from plugins.service.workshop_contracts import STATE_WORDS, TEST_WORDS, VERDICT_WORDS


def item_url(item: Item, anchor: str = "") -> str:
    """The address of an item's page."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("service.item_page", record_id=item.id, _anchor=anchor or None)


def take_url(order: Order) -> str:
    """The address of the form that takes an item in."""
    return url_for("service.item_new", record_id=order.id) if has_request_context() else ""


def order_gates(ctx: Ctx, order: Order, transition: str) -> list[Gate]:
    """Taken in against a receipt (VCH-6), tested (REP-5) and inspected (VCH-7) before it is done; handed back before it
    closes.
    """
    if transition == "finish":
        return _before_done(ctx, order)
    if transition == "close":
        return [
            Gate("service.item_here" + str(i.id), _("{number} is still here", number=i.number), True,
                 item_url(i, "back"), _("Return to the customer"))
            for i in queries.here_of(ctx, order.id)
        ]  # fmt: skip
    return []


def _before_done(ctx: Ctx, order: Order) -> list[Gate]:
    if order.outcome in WITHOUT_REPAIR:
        return []
    items = queries.items_of(ctx, order.id)
    found = []
    if "receipt" in order.steps:
        text = _("Taken in against a receipt") if items else _("Nothing was taken in yet")
        found.append(Gate("service.receipt", text, not items, take_url(order), _("Take the item in")))
    for item in items:
        if item.state != "here":
            continue
        entries, tests = queries.entries_of(ctx, item.id), queries.tests_of(ctx, item.id)
        if "test" in order.steps:
            state = repair_state(entries, tests)
            text = _("{number}: {state}", number=item.number, state=_(TEST_WORDS[state]))
            found.append(Gate(f"service.test{item.id}", text, state != "passed", item_url(item, "test"), _("Test")))
        if "inspection" in order.steps:
            seen = inspected(item, entries, tests)
            text = _("{number}: inspected by the head", number=item.number) if seen else _(
                "{number}: not inspected by the head yet", number=item.number
            )
            found.append(
                Gate(f"service.inspection{item.id}", text, not seen, item_url(item, "inspect"), _("Inspect"))
            )
    return found


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """Conditions of an order's way on."""
    return order_gates(ctx, record, transition) if isinstance(record, Order) else []


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """What the workshop has to do next on orders."""
    if not ctx.can(TAKE):
        return []
    awaited, worked_on = ("accepted", "requested"), ("done", "confirmed", "cancelled")
    asked = [o for o in orders if o.state in worked_on or o.kind == "workshop" and o.state in awaited]
    items = queries.items_by_order(ctx, [o.id for o in asked])
    found: Steps = []
    for order in asked:
        rows = items.get(order.id, [])
        here = next((i for i in rows if i.state == "here"), None)
        if order.state in awaited:
            if not rows:
                found.append((order.id, NextStep(_("Take the item in"), take_url(order), 14)))
        elif here is not None:
            found.append((order.id, NextStep(_("Return to the customer"), item_url(here, "back"), 14)))
    return found


def panels(ctx: Ctx, record) -> list[Panel]:
    """On an order's page: what of the customer's is here, and the review of the application."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    items = queries.items_of(ctx, record.id)
    may_take = record.is_open and ctx.can(TAKE)
    reviews = queries.applications_of(ctx, record.id)
    may_review = record.kind in ("workshop", "analysis") and record.state == "requested" and ctx.can(life.ACCEPT)
    found = []
    if items or may_take and record.kind not in ("inquiry", "preventive", "inspection"):
        rows = [(i, item_url(i), _(STATE_WORDS[i.state])) for i in items]
        data = {"rows": rows, "take_url": take_url(record) if may_take else ""}
        brought = bool(items) or record.kind in ("workshop", "analysis")
        idle = not brought or bool(items) and all(i.returned_at for i in items)
        order = 20 if brought else 70
        found.append(Panel(_("Customer's items"), "service/_items.html", data, order=order, idle=idle))
    if may_review or reviews:
        url = url_for("service.application", record_id=record.id) if may_review else ""
        told = [(r, _(VERDICT_WORDS[r.verdict])) for r in reviews]
        found.append(
            Panel(_("Review of the application"), "service/_application.html", {"reviews": told, "url": url}, order=18)
        )
    return found


def work(ctx: Ctx) -> list[WorkItem]:
    """What this person has to hand back."""
    if ctx.actor.user_id is None or not ctx.can(TAKE):
        return []
    return [
        WorkItem(
            title=i.name, url=item_url(i, "back"), number=i.number, kind=_("Customer's item"), icon="package",
            detail=(i.order.customer.name if i.order.customer else "") or i.order.person_name,
            next_step=_("Return to the customer"),
        )
        for i in queries.mine(ctx)
    ]  # fmt: skip


def figures(ctx: Ctx) -> list[Figure]:
    """How many items are with us."""
    if not ctx.can(life.VIEW):
        return []
    here = queries.count(ctx, "here")
    if not here:
        return []
    url = url_for("service.items_list", tab="here")
    back = queries.count(ctx, "to_return")
    return [Figure(_("Customers' items with us"), here, url, hint=_("To hand back: {n}", n=back), icon="package")]


def notices(ctx: Ctx) -> list[Notice]:
    """Items that should be back with their customers."""
    if not ctx.can(TAKE):
        return []
    late = queries.count(ctx, "late")
    if not late:
        return []
    text = n_("{n} item should be back with its customer", "{n} items should be back with their customers", late)
    url = url_for("service.items_list", tab="late")
    return [Notice(_("Customers wait for their items"), text, url, _("See them"), "bad")]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person has of customers."""
    count = len(queries.held_by(ctx, user_id))
    return [OpenWork(_("Customers' items"), count, url_for("service.items_list"))] if count else []


def may_go_back(order: Order) -> bool:
    """Whether items of an order are handed back now."""
    return order.state in MAY_GO_BACK
