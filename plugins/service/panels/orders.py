"""What orders add to pages of others: offers, promises, panels, work, figures. Asked by the hooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

from flask import url_for

from core.api import Ctx, DayFact, Figure, Offer, OpenWork, Panel, WorkItem, _, collect_items, due_by_table, n_
from plugins.base.contracts import CustomerFigure, Promise
from plugins.service import life
from plugins.service.contracts import (
    ARRIVAL,
    INQUIRY,
    KIND_WORDS,
    ON_SITE,
    RESPONSE,
    SOLUTION,
    STATE_WORDS,
    WORKSHOP,
    NextStep,
    Steps,
)
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.queries.dispatch import carried_first, is_carried_over
from plugins.service.rules.orders import limit_facts
from plugins.service.services.common import runs

SHOWN_ON = {"base.customer": queries.of_customer, "base.unit": queries.of_device, "base.contact": queries.of_contact}


def page_url(order: Order, anchor: str = "") -> str:
    """The address of an order's page."""
    return url_for("service.order_page", record_id=order.id, _anchor=anchor or None)


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """What to do next on orders, by their states alone."""
    by_state = {
        "requested": (life.ACCEPT, _("Accept"), "accept"),
        "accepted": (life.DISPATCH, _("Dispatch"), "dispatch"),
        "dispatched": (life.WORK, _("Begin"), "work"),
        "working": (life.WORK, _("Report it done"), "result"),
        "done": (life.CLOSE, _("Close the order"), "close"),
        "confirmed": (life.CLOSE, _("Close the order"), "close"),
        "closed": (life.ARCHIVE, _("Archive"), "archive"),
    }
    answer = life.WORK, _("Answer"), "guidance"
    found = []
    for order in orders:
        right, words, anchor = by_state.get(order.state, ("", "", ""))
        if order.kind == INQUIRY and order.state in ("requested", "accepted") and ctx.can(life.WORK):
            right, words, anchor = answer
        if right and ctx.can(right):
            found.append((order.id, NextStep(words, page_url(order, anchor))))
    return found


def next_of(ctx: Ctx, orders: Sequence[Order]) -> dict[int, NextStep]:
    """Order's id → the one thing to do next, of all that modules propose; each module is asked once for all."""
    best: dict[int, NextStep] = {}
    for order_id, step in collect_items(ctx, "orders_next", orders=orders) if orders else ():
        if order_id not in best or step.weight > best[order_id].weight:
            best[order_id] = step
    return best


def offers(ctx: Ctx, contact) -> list[Offer]:
    """What a contact can become: a repair on site or in the workshop, guidance by phone, an inquiry."""
    if not ctx.can(life.OPEN):
        return []
    fault = getattr(contact, "matter", "fault") == "fault"
    question = getattr(contact, "matter", "") == "question"
    contact_id = getattr(contact, "id", None)

    def to(kind: str, then: str | None = None) -> str:
        return url_for("service.order_new", contact_id=contact_id, kind=kind, then=then)

    return [
        Offer("service.on_site", _("Repair on site"), "wrench", to(ON_SITE), fault, 10),
        Offer("service.workshop", _("Repair in the workshop"), "hammer", to(WORKSHOP), False, 12),
        Offer("service.guidance", _("Guidance by phone"), "phone-outgoing", to(ON_SITE, "guidance"), False, 14),
        Offer("service.inquiry", _("Inquiry"), "circle-question-mark", to(INQUIRY), question, 16),
    ]


def promises(ctx: Ctx, contact) -> list[Promise]:
    """By when somebody answers, is there, and has solved it, were it taken in now as a repair on site."""
    if not ctx.can(life.OPEN) or getattr(contact, "matter", "fault") != "fault":
        return []
    given = SimpleNamespace(
        kind=ON_SITE, urgency="normal", work_kind="", zone="", distance_km=None, region="",
        channel=getattr(contact, "channel", "") or "phone",
    )
    facts = limit_facts(given, "", ctx.today)
    found = []
    for kind, words in ((RESPONSE, _("Response")), (ARRIVAL, _("Arrival")), (SOLUTION, _("Solution"))):
        due = due_by_table(ctx, kind, facts) if runs(ctx, kind, facts) else None
        if due is not None:
            found.append(Promise(words, due, _("Repair on site, distance not known yet")))
    return found


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of a customer, a unit, an entry of the call register, and of what orders were opened from."""
    if not ctx.can(life.VIEW) or not getattr(record, "id", None):
        return []
    kind = next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")
    if not kind or kind.startswith("service."):
        return []
    rows = SHOWN_ON[kind](ctx, record.id) if kind in SHOWN_ON else queries.of_record(ctx, kind, record.id)
    if not rows:
        return []
    return [Panel(_("Service orders"), "service/_newest.html", {"rows": rows, "words": STATE_WORDS}, order=38)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Open orders given to this person, or waiting to be dispatched by him or her."""
    if ctx.actor.user_id is None or not ctx.can(life.VIEW):
        return []
    rows = queries.waiting_for(ctx, queries.own_unit(ctx), first=carried_first(ctx))
    clocks, steps = queries.next_clocks(ctx, [r.id for r in rows]), next_of(ctx, rows)
    items = []
    for row in rows:
        clock = clocks.get(row.id)
        running = clock is not None and clock.state in ("running", "paused")
        step = steps.get(row.id)
        items.append(
            WorkItem(
                title=row.subject,
                url=step.url if step else page_url(row),
                number=row.number,
                kind=_(KIND_WORDS[row.kind]),
                icon="clipboard-list",
                due=clock.due_at if clock is not None and running else None,
                clock=clock if running else None,
                detail=(row.customer.name if row.customer else "") or row.person_name,
                next_step=step.label if step else _("Open"),
                ahead=_("Not dispatched before today: first now") if is_carried_over(ctx, row) else "",
            )
        )
    return items


def figures(ctx: Ctx) -> list[Figure]:
    """Linked counts for the page "My work"."""
    if not ctx.can(life.VIEW):
        return []
    counts = queries.counts(ctx, queries.own_unit(ctx))
    url = url_for("service.orders_list")
    return [
        Figure(
            _("Overdue orders"), counts.overdue, f"{url}?tab=overdue", "bad" if counts.overdue else "plain",
            icon="octagon-alert",
        ),
        Figure(
            _("Open orders"), counts.open, f"{url}?tab=open", hint=_("Waiting: {n}", n=counts.waiting),
            icon="clipboard-list",
        ),
    ]


def today(ctx: Ctx) -> list[DayFact]:
    """How many orders came in today, where this person looks."""
    if not ctx.can(life.VIEW):
        return []
    url = url_for("service.orders_list", tab="all")
    return [DayFact(_("Orders taken in"), str(queries.taken_in_today(ctx)), url)]


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item: how many are overdue, else how many are mine."""
    if not ctx.can(life.VIEW):
        return {}
    found = queries.counts(ctx, queries.own_unit(ctx))
    if found.overdue:
        return {"service.orders_list": (found.overdue, True)}
    return {"service.orders_list": (found.mine, False)} if found.mine else {}


def customer_figures(ctx: Ctx, customer) -> list[CustomerFigure]:
    """How many of a customer's orders are open."""
    if not ctx.can(life.VIEW):
        return []
    count = sum(o.is_open for o in queries.of_customer(ctx, customer.id, 100))
    return [CustomerFigure(_("Open orders"), str(count))] if count else []


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still holds."""
    count = queries.count_open(ctx, user_id)
    return [OpenWork(_("Open orders"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """What an organisation unit still holds."""
    count = queries.count_open(ctx, unit_id=unit_id)
    return [OpenWork(_("Open orders"), count)] if count else []


def effects(ctx: Ctx) -> list[str]:
    """What switching the module on or off changes right now."""
    count = queries.count_open(ctx)
    clocks = queries.clock_counts(ctx)
    found = [n_("{n} open order", "{n} open orders", count)]
    if "service" in ctx.enabled:
        running = clocks.get("running", 0)
        found.append(n_("{n} running time limit will stand still", "{n} running time limits will stand still", running))
    else:
        paused = clocks.get("paused", 0)
        found.append(n_("{n} time limit will go on", "{n} time limits will go on", paused))
    return found if count else []
