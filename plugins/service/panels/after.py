"""What trips and returns add to pages: gates, the section of an order's page, work, figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, OpenWork, Panel, WorkItem, _
from core.web_api import clock_view_of
from plugins.service import life
from plugins.service.after_contracts import (
    AGREEMENT,
    BRIEFING,
    HANDED_IN,
    RETURN_STEP_WORDS,
    REVIEW,
    STAGE_WORDS,
)
from plugins.service.after_life import AGREE, COSTS, REVIEW_RIGHT
from plugins.service.contracts import INQUIRY, VISITED, NextStep, Steps
from plugins.service.life import WITHOUT_A_VISIT
from plugins.service.models import Order, Return, Visit
from plugins.service.queries import after as queries

STAGE_RIGHT = {HANDED_IN: life.WORK, REVIEW: REVIEW_RIGHT, "cost_check": COSTS}


def trip_url(order: Order, anchor: str = "") -> str:
    """The page of what belongs to the trip for an order."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("service.trip_page", record_id=order.id, _anchor=anchor or None)


def return_url(row: Return, anchor: str = "") -> str:
    """The page of a return."""
    if not has_request_context():
        return ""
    return url_for("service.return_page", record_id=row.id, _anchor=anchor or None)


# --- gates ------------------------------------------------------------------------------------------------------------


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """What an order's ways, and the end of a visit, wait for."""
    if isinstance(record, Visit):
        return _to_leave(ctx, record.order) if transition == "end" else []
    if not isinstance(record, Order):
        return []
    if transition in ("dispatch", "start"):
        return _before_leaving(ctx, record, transition)
    if transition == "finish":
        there = record.started_at is not None and record.outcome not in WITHOUT_A_VISIT
        return _to_leave(ctx, record) if there else []
    return _owed(ctx, record) if transition == "close" else []


def _before_leaving(ctx: Ctx, order: Order, transition: str) -> list[Gate]:
    """DEF-6.2.5: the plan was told to the customer; whoever leaves has the service sheet."""
    if BRIEFING not in order.steps or order.kind not in VISITED:
        return []
    told = bool(queries.briefings_of(ctx, order.id))
    text = _("The customer was told the plan") if told else _("The customer was not told the plan yet")
    found = [Gate("service.briefing", text, not told, trip_url(order, "briefing"), _("Record it"))]
    if transition == "start":
        issued = queries.sheet_issued(ctx, order)
        text = _("The service sheet is handed out") if issued else _("No service sheet was handed out")
        found.append(Gate("service.sheet", text, not issued, trip_url(order, "sheet"), _("Issue it")))
    return found


def _to_leave(ctx: Ctx, order: Order) -> list[Gate]:
    """DEF-6.2.6: back only with the department's agreement."""
    if AGREEMENT not in order.steps or order.kind not in VISITED:
        return []
    agreed = queries.agreed_to_leave(ctx, order)
    text = _("The department agreed to the return") if agreed else _("The department has not agreed to the return")
    return [Gate("service.agreement", text, not agreed, trip_url(order, "agreement"), _("Ask"))]


def _owed(ctx: Ctx, order: Order) -> list[Gate]:
    """DEF-6.2.7 and DEF-6.2.8: handed in, reviewed, costs checked."""
    row = queries.return_of(ctx, order.id)
    asked = row.asked if row is not None else queries.owed(order)
    if not asked or row is None and order.outcome in WITHOUT_A_VISIT and order.started_at is None:
        return []
    results = {c.step: c.result for c in queries.checks_of(ctx, row.id)} if row is not None else {}
    stage = row.stage if row is not None else "working"
    found, ahead = [], False
    for step, words in RETURN_STEP_WORDS.items():
        if step not in asked:
            continue
        ahead = ahead or stage in (step, "working")
        text = _("{step}: {state}", step=_(words), state=_state(ahead, results.get(step, "")))
        url = return_url(row, step) if row is not None else ""
        found.append(Gate(f"service.{step}", text, ahead, url, _("Open")))
    return found


def _state(ahead: bool, result: str) -> str:
    if ahead:
        return _("not done yet")
    return _("waived by exception") if result == "waived" else _("in order")


# --- pages ------------------------------------------------------------------------------------------------------------


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On an order's page: the trip (plan told, agreement, expenses) and what is owed after the work."""
    if not isinstance(record, Order) or record.kind == INQUIRY or not ctx.can(life.VIEW):
        return []
    row = queries.return_of(ctx, record.id)
    briefings, agreements = queries.briefings_of(ctx, record.id), queries.agreements_of(ctx, record.id)
    expenses = queries.expenses_of(ctx, record.id)
    may = record.kind in VISITED and record.is_open and ctx.can(life.WORK)
    may_ask = row is None and record.state in ("done", "confirmed") and ctx.can(REVIEW_RIGHT)
    if not (row or briefings or agreements or expenses or may):
        return []
    clock = queries.clocks_of(ctx, [row]).get(row.id) if row is not None else None
    counted = [e for e in expenses if e.state == "claimed"]
    data = {
        "order": record,
        "briefing": briefings[0] if briefings else None,
        "agreement": agreements[0] if agreements else None,
        "count": len([e for e in expenses if e.state not in ("dropped", "refused")]),
        "total": sum((e.amount for e in counted), start=0 * expenses[0].amount) if expenses else 0,
        "currency": ctx.company.currency,
        "url": trip_url(record),
        "row": row,
        "stage": _("The work goes on") if row is not None and row.stage == "working" else _(
            STAGE_WORDS[row.stage]
        ) if row is not None else "",
        "return_url": return_url(row) if row is not None else "",
        "clock": clock_view_of(ctx, clock) if clock is not None and clock.state == "running" else None,
        "may_ask": may_ask,
    }  # fmt: skip
    return [Panel(_("Trip and return"), "service/_trip.html", data, order=21, idle=row is None or not row.stage)]


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """What is owed after the work, for whoever has to see to it."""
    done = [o.id for o in orders if o.state in ("done", "confirmed")]
    return [
        (row.order_id, NextStep(_(RETURN_STEP_WORDS[row.stage]), return_url(row, row.stage), 12))
        for row in queries.returns_of(ctx, done)
        if row.stage in STAGE_RIGHT and ctx.can(STAGE_RIGHT[row.stage])
        and (row.technician_id == ctx.actor.user_id) == (row.stage == HANDED_IN)
    ]  # fmt: skip


def work(ctx: Ctx) -> list[WorkItem]:
    """What this person has to hand in, to review, to check."""
    if ctx.actor.user_id is None:
        return []
    wanted = [("mine", life.WORK), ("review", REVIEW_RIGHT), ("costs", COSTS)]
    rows = [r for tab, right in wanted if ctx.can(right) for r in queries.waiting(ctx, tab)]
    rows = [r for r in rows if r.stage == HANDED_IN or r.technician_id != ctx.actor.user_id]
    clocks = queries.clocks_of(ctx, rows)
    found = []
    for row in rows:
        clock = clocks.get(row.id)
        running = clock is not None and clock.state == "running"
        found.append(
            WorkItem(
                title=row.order.subject, url=return_url(row, row.stage), number=row.order.number, kind=_("Return"),
                icon="inbox", due=clock.due_at if clock is not None and running else None,
                clock=clock if running else None,
                detail=(row.order.customer.name if row.order.customer else "") or row.order.person_name,
                next_step=_(RETURN_STEP_WORDS[row.stage]),
            )
        )  # fmt: skip
    return found


def figures(ctx: Ctx) -> list[Figure]:
    """For those who review or check: how much waits, and what is late."""
    found = []
    url = url_for("service.returns_list")
    if ctx.can(REVIEW_RIGHT):
        waiting = queries.count(ctx, "review")
        found.append(Figure(_("Returns to review"), waiting, f"{url}?tab=review", icon="search-check"))
        late = queries.count(ctx, "late")
        found.append(Figure(_("Returns too late"), late, f"{url}?tab=late", "bad" if late else "plain", icon="inbox"))
    if ctx.can(COSTS):
        found.append(Figure(_("Costs to check"), queries.count(ctx, "costs"), f"{url}?tab=costs", icon="receipt"))
    return found


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still has to hand in."""
    count = len(queries.held_by(ctx, user_id))
    return [OpenWork(_("Returns to hand in"), count)] if count else []


def may_agree(ctx: Ctx) -> bool:
    """Whether this person agrees in the department's name."""
    return ctx.can(AGREE)
