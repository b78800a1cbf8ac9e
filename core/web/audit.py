"""The audit trail of a company, and the deliveries that could not be carried out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core.clocks import Clock
from core.errors import DomainError, Invalid
from core.events import PARKED, Delivery, Event
from core.i18n import _
from core.lists import export
from core.paging import count_up_to, paged
from core.web.audit_trail import COLUMNS, ORDER, TrailSource, Wish, chain_state, event_label, lines, wanted_events
from core.web.current import cursor_argument, pager_of
from core.web.errors import say
from core.web.exports import answer_export
from core.web.gate import needs
from core.web.timeline import event_words
from core.web.ui import Tab
from core.worker import retry_delivery

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@needs("core.audit.view")
def events_list():
    """Everything that happened in this company, newest first: by person, record, event, module, period and request."""
    ctx = g.ctx
    wish, errors = Wish.of(request.args), []
    try:
        query = wanted_events(ctx, wish)
    except Invalid as error:
        query, errors = sa.select(Event).where(sa.false()), [error.message]
    page = paged(ctx, query, ORDER, cursor=cursor_argument())
    kinds = ctx.registry.kinds.values()
    return render_template(
        "web/audit.html",
        rows=[(line, _address(ctx, line)) for line in lines(ctx, page.rows)],
        pager=pager_of(page),
        wish=wish,
        errors=errors,
        names=sorted(((n, event_label(ctx, n)) for n in ctx.registry.event_kinds), key=lambda pair: pair[1]),
        modules=[("core", _("System")), *((n, ctx.registry.plugin_label(n)) for n in ctx.registry.plugins)],
        kinds=sorted(((k.kind, _(k.label)) for k in kinds), key=lambda pair: pair[1]),
        chain=chain_state(ctx),
    ), 422 if errors else 200


def _address(ctx, line) -> str:
    """Where the record concerned is, for those who may see it."""
    from core.web.shell import may_open

    if not line.endpoint or not line.event.record_id or not may_open(ctx, line.endpoint):
        return ""
    return url_for(line.endpoint, record_id=line.event.record_id)


@blueprint.post("/audit/export")
@needs("core.audit.view")
def events_export():
    """What the filter shows as a file; that somebody took it away is on record."""
    ctx, back, most = g.ctx, Wish.of(request.form), export.at_once(g.ctx)
    try:
        if count_up_to(ctx.session, wanted_events(ctx, back), Event.id, most) > most:
            raise Invalid("too_many", _("These are more than {n} events. Filter the trail first.", n=f"{most:,}"))
        return answer_export(ctx, TrailSource(), back.given(), [key for key, _words in COLUMNS])
    except Invalid as error:
        shown: dict[str, Any] = {**back.given()}
        return say(error, url_for("audit.events_list", **shown))


@blueprint.get("/deliveries")
@needs("core.deliveries.manage")
def deliveries_list():
    """Deliveries by state; the parked ones can be queued again."""
    ctx = g.ctx
    state = request.args.get("state", PARKED)
    states = ("parked", "queued", "running", "done")
    state = state if state in states else PARKED
    query = sa.select(Delivery, Event).join(Event, Event.id == Delivery.event_id).where(Delivery.state == state)
    page = paged(ctx, query, [(Delivery.id, "desc")], cursor=cursor_argument())
    counts = dict(
        ctx.session.execute(
            sa.select(Delivery.state, sa.func.count(Delivery.id))
            .where(Delivery.state != "done")
            .group_by(Delivery.state)
        ).all()
    )
    words = {"parked": _("Parked"), "queued": _("Queued"), "running": _("Running"), "done": _("Done")}
    tabs = [
        Tab(words[s], url_for("audit.deliveries_list", state=s), counts.get(s) if s != "done" else None, s == state)
        for s in states
    ]
    overdue = ctx.session.scalar(
        sa.select(sa.func.count(Clock.id)).where(
            Clock.state == "running", Clock.next_at < ctx.now - dt.timedelta(minutes=5)
        )
    )
    return render_template(
        "web/deliveries.html",
        rows=[(d, e, event_words(ctx, e)) for d, e in page.rows],
        pager=pager_of(page),
        tabs=tabs,
        state=state,
        held=[d.plugin for d, _e in page.rows if d.plugin not in ctx.enabled],
        unswept=overdue,
    )


@blueprint.post("/deliveries/<int:delivery_id>/retry")
@needs("core.deliveries.manage")
def delivery_retry(delivery_id: int):
    """Queue a parked delivery again."""
    try:
        retry_delivery(g.ctx, delivery_id)
        flash(_("Queued again; the worker takes it up within seconds."), "ok")
    except DomainError as error:
        if error.status == 403:
            raise
        flash(error.message, "bad")
    return redirect(url_for("audit.deliveries_list"))
