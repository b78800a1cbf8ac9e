"""What returns add to pages: a condition of finishing and closing, the next step, work, the returns of an order."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Gate, Notice, OpenWork, Panel, WorkItem, _, n_
from plugins.service import life
from plugins.service.contracts import ANALYSIS, NextStep, Steps
from plugins.service.models import Order, Rma
from plugins.service.queries import rma as queries
from plugins.service.rma_contracts import (
    RMA_STATE_ICONS,
    RMA_STATE_TONES,
    RMA_STATE_WORDS,
    RMA_STEP,
)
from plugins.service.rma_life import RECEIVE, SEND
from plugins.service.services.rma import may_settle

BACK = ("received", "examined", "closed", "written_off", "withdrawn")
"""States in which nobody waits for it to come in."""


def return_url(item: Rma, anchor: str = "") -> str:
    """The address of a return."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("service.rma_page", record_id=item.id, _anchor=anchor or None)


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """A unit for analysis is examined before the work is done and its result told before it closes (ISO-5.2.5); where
    the company's table asks for it, everything is back before it closes (AG-15).
    """
    if not isinstance(record, Order) or transition not in ("finish", "close"):
        return []
    rows = queries.returns_of(ctx, record.id)
    found = []
    if record.kind == ANALYSIS and record.outcome != "refused":
        found += [g for r in rows if r.purpose == "analysis" and (g := _analysed(r, transition)) is not None]
    if transition == "close" and RMA_STEP in record.steps:
        found += [_back(r) for r in rows if r.state != "withdrawn"]
    return found


def _analysed(item: Rma, transition: str) -> Gate | None:
    if item.state in ("written_off", "withdrawn"):
        return None
    if transition == "finish":
        text = _("{number} was examined", number=item.number) if item.result else _(
            "{number} has not been examined yet", number=item.number
        )
        return Gate(f"service.analysed{item.id}", text, not item.result, return_url(item), _("Look at it"))
    told = item.told_at is not None
    text = _("The customer knows the result of {number}", number=item.number) if told else _(
        "The customer was not told the result of {number}", number=item.number
    )
    return Gate(f"service.result_told{item.id}", text, not told, return_url(item, "tell"), _("Tell the customer"))


def _back(item: Rma) -> Gate:
    is_back = item.state in BACK
    text = _("{number} is back: {name}", number=item.number, name=item.name) if is_back else _(
        "{number} is not back yet: {name}", number=item.number, name=item.name
    )
    return Gate(f"service.rma{item.id}", text, not is_back, return_url(item), _("Look at it"))


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """Sending what has to come back, once the work is done."""
    done = [o.id for o in orders if o.state in ("done", "confirmed")] if ctx.can(SEND) else []
    first: dict[int, Rma] = {}
    for row in queries.expected_of(ctx, done, ctx.actor.user_id):
        first.setdefault(row.order_id, row)
    return [(i, NextStep(_("Send the faulty part"), return_url(row, "send"), 14)) for i, row in first.items()]


def panels(ctx: Ctx, record) -> list[Panel]:
    """On an order's page: what comes back from it."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    rows = queries.returns_of(ctx, record.id)
    may = record.state not in ("archived", "cancelled", "requested") and record.kind != "inquiry" and ctx.can(SEND)
    if not rows and not may:
        return []
    data = {
        "rows": [
            (r, return_url(r), _(RMA_STATE_WORDS[r.state]), RMA_STATE_ICONS[r.state], RMA_STATE_TONES[r.state],
             r.state in ("expected", "sent", "received") and r.urgent_at < ctx.now)
            for r in rows
        ],
        "url": url_for("service.rma_new", record_id=record.id) if may else "",
    }  # fmt: skip
    idle = all(r.state in BACK for r in rows)
    return [Panel(_("What comes back"), "service/_rma.html", data, order=23, idle=idle, sub=str(len(rows) or ""))]


def work(ctx: Ctx) -> list[WorkItem]:
    """What this person has to send, and to examine."""
    if ctx.actor.user_id is None:
        return []
    found = [(r, _("Send the faulty part"), "send") for r in queries.to_send(ctx)] if ctx.can(SEND) else []
    if ctx.can(RECEIVE):
        found += [(r, _("Examine"), "examine") for r in queries.to_examine(ctx) if may_settle(ctx, r)]
    clocks = queries.next_clocks(ctx, [r.id for r, _step, _anchor in found]) if found else {}
    return [
        WorkItem(
            title=r.name, url=return_url(r, anchor), number=r.number, kind=_("Return (RMA)"), icon="package-open",
            due=clocks[r.id].due_at if r.id in clocks and clocks[r.id].state == "running" else None,
            clock=clocks.get(r.id), detail=r.order.number, next_step=step,
        )
        for r, step, anchor in found
    ]  # fmt: skip


def notices(ctx: Ctx) -> list[Notice]:
    """Returns that are overdue, for those who receive them."""
    if not ctx.can(RECEIVE):
        return []
    late = queries.count(ctx, "overdue")
    if not late:
        return []
    text = n_("{n} return is overdue", "{n} returns are overdue", late)
    url = url_for("service.rma_list", tab="overdue")
    return [Notice(_("Faulty parts are missing"), text, url, _("See them"), "warn")]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still has to send."""
    count = len(queries.owned_by(ctx, user_id))
    return [OpenWork(_("Returned parts"), count, url_for("service.rma_list"))] if count else []
