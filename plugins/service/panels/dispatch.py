"""What dispatch adds to pages: who is sent and when on the order's page, figures of the day."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from core.api import Ctx, DayFact, Figure, OpenWork, Panel, _
from plugins.service import life
from plugins.service.contracts import (
    APPOINTMENT_HOW_WORDS,
    ASSIGNMENT_WORDS,
    INQUIRY,
    PUNCTUALITY_WORDS,
    TRIAGE_WORDS,
    NextStep,
    Steps,
)
from plugins.service.models import Order
from plugins.service.queries import appointments
from plugins.service.queries import dispatch as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.dispatching import BEFORE_WORK


def plan_url(order: Order, anchor: str = "") -> str:
    """The page on which an order is dispatched and its time agreed."""
    return url_for("service.dispatch_page", record_id=order.id, _anchor=anchor or None)


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """Orders that nobody was sent to are dispatched each on its page of proposals."""
    if not ctx.can(life.DISPATCH):
        return []
    return [
        (o.id, NextStep(_("Dispatch"), plan_url(o), 20))
        for o in orders
        if o.state == "accepted" and o.kind != INQUIRY and not o.waiting
    ]


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of an order: who is sent and why, the time agreed and whether it was kept, how it was judged."""
    if not isinstance(record, Order) or record.kind == INQUIRY:
        return []
    sent, agreed = queries.assignments_of(ctx, record.id), appointments.appointments_of(ctx, record.id)
    judged = queries.triage_of(ctx, record.id)
    sends = record.state in queries.TO_DISPATCH and ctx.can(life.DISPATCH)  # whose page proposes people anyway
    may_plan = record.state in BEFORE_WORK and not sends and (ctx.can(life.WORK) or ctx.can(life.DISPATCH))
    if not (sent or agreed or judged or may_plan):
        return []
    standing = next((a for a in agreed if a.standing), None)
    kept = appointments.kept(ctx, standing, record.started_at) if standing and record.started_at else ""
    data = {
        "order": record,
        "sent": [a for a in sent if a.standing],
        "sent_before": [a for a in sent if not a.standing],
        "agreed": standing,
        "agreed_before": [a for a in agreed if not a.standing],
        "judged": judged,
        "kept": kept,
        "names": order_queries.names_of(ctx, [a.user_id for a in sent]),
        "units": order_queries.unit_names(ctx) if judged else {},
        "words": {
            "part": ASSIGNMENT_WORDS, "how": APPOINTMENT_HOW_WORDS, "kept": PUNCTUALITY_WORDS, "triage": TRIAGE_WORDS,
        },
        "url": plan_url(record) if may_plan else "",
    }
    begun = record.started_at is not None and record.state not in BEFORE_WORK
    return [Panel(_("Who goes, and when"), "service/_planning.html", data, "main", 20, idle=begun)]


def figures(ctx: Ctx) -> list[Figure]:
    """What waits for dispatch, with what is left over from before today (VCH-13), and today's visits."""
    if not ctx.can(life.VIEW):
        return []
    counts = queries.day_counts(ctx)
    board = ctx.can(life.DISPATCH)
    waiting_url = url_for("service.dispatch_board") if board else url_for("service.orders_list", tab="to_dispatch")
    found = [
        Figure(
            _("Orders to dispatch"), counts.to_dispatch, waiting_url, "warn" if counts.to_dispatch else "plain",
            _("left over from before today: {n}", n=counts.carried_over) if counts.carried_over else "",
            "user-check",
        )
    ]  # fmt: skip
    url = url_for("service.dispatch_board") if board else url_for("service.orders_list", tab="under_way")
    hint = _("done: {n}", n=counts.visited) if counts.visits else ""
    return [*found, Figure(_("Visits today"), counts.visits, url, "plain", hint, "truck")]


def today(ctx: Ctx) -> list[DayFact]:
    """Today's visits that are done, of how many."""
    if not ctx.can(life.VIEW):
        return []
    counts = queries.day_counts(ctx)
    url = url_for("service.dispatch_board") if ctx.can(life.DISPATCH) else ""
    return [DayFact(_("Visits done"), _("{done} of {total}", done=counts.visited, total=counts.visits), url)]


HOME_LANES = 6
"""So many people's days stand on "My work"; the board has the rest."""


def home_panels(ctx: Ctx) -> list[Panel]:
    """For dispatchers: the day of the people who are sent, who has something planned first."""
    if not ctx.can(life.DISPATCH):
        return []
    day = queries.day(ctx, ctx.today)
    if not day.lanes:
        return []
    lanes = sorted(day.lanes, key=lambda lane: (not lane.bars, not lane.open_orders))
    data = {
        "board": day, "lanes": lanes[:HOME_LANES], "url": url_for("service.dispatch_board"),
        "more": max(0, day.all_people - HOME_LANES),
    }  # fmt: skip
    return [Panel(_("People today"), "service/_home_lanes.html", data, "side", 20)]


def helped_with(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The orders to which a person goes along."""
    count = sum(a.part == "helper" for a in queries.standing_of_person(ctx, user_id))
    return [OpenWork(_("Orders to go along to"), count)] if count else []


