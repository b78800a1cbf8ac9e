"""What reports of promises that are not kept add to pages: the order's page, work, figures, a notice for the head."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, WorkItem, _, n_
from core.web_api import clock_view_of
from plugins.service import life
from plugins.service.late_contracts import LATE_ANSWER_WORDS, LATE_HOW_WORDS, PROMISE_WORDS
from plugins.service.models import LateReport, Order
from plugins.service.queries import late as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.late import AHEAD


def late_url(row: LateReport, anchor: str = "") -> str:
    """The page of a report."""
    return url_for("service.late_page", record_id=row.id, _anchor=anchor or None)


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On an order's page: what was reported and answered, and the way to report."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    rows = queries.reports_of(ctx, record.id)
    promise = queries.promise_of(ctx, record) if record.state in AHEAD and ctx.can(life.WORK) else None
    if not rows and promise is None:
        return []
    clocks = queries.clocks_of(ctx, [r.id for r in rows if r.state == "open"])
    data = {
        "rows": [
            {
                "r": r,
                "url": late_url(r),
                "promise": _(PROMISE_WORDS[r.promise]),
                "answer": _(LATE_ANSWER_WORDS[r.answer]) if r.answer else "",
                "told": _(LATE_HOW_WORDS[r.told_how]),
                "clock": clock_view_of(ctx, clocks[r.id]) if r.id in clocks else None,
            }
            for r in rows
        ],
        "promise": (_(PROMISE_WORDS[promise[0]]), promise[1]) if promise is not None else None,
        "report_url": url_for("service.late_new", record_id=record.id) if promise is not None else "",
        "now": ctx.now,
    }
    waits = any(r.state == "open" for r in rows)
    where = "main" if waits else "side"
    return [Panel(_("Promise in danger"), "service/_late.html", data, where, 5 if waits else 21, idle=not waits)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Reports that wait for this head's answer: of the own unit, or of all where nobody is its head."""
    if ctx.actor.user_id is None or not ctx.can(life.DISPATCH):
        return []
    own = order_queries.own_unit(ctx)
    everywhere = own is None or ctx.actor.unit_ids is None
    rows = [r for r in queries.waiting(ctx) if everywhere or r.order.unit_id in (None, own)]
    clocks = queries.clocks_of(ctx, [r.id for r in rows])
    return [
        WorkItem(
            title=_("{number} will miss its time", number=r.order.number), url=late_url(r, "answer"),
            number=r.order.number, kind=_("Late report"), icon="triangle-alert",
            due=clocks[r.id].due_at if r.id in clocks else None, clock=clocks.get(r.id),
            detail=r.reason or r.order.subject, next_step=_("Answer"),
        )
        for r in rows
    ]  # fmt: skip


def notices(ctx: Ctx) -> list[Notice]:
    """For the head: somebody will not keep a promise."""
    if not ctx.can(life.DISPATCH):
        return []
    rows = queries.waiting(ctx)
    if not rows:
        return []
    text = n_("{n} order will miss its time", "{n} orders will miss their time", len(rows))
    return [Notice(_("Promises in danger"), text, late_url(rows[0], "answer"), _("Answer"), "bad")]
