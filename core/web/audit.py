"""The audit trail of a company, and the deliveries that could not be carried out."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core.clocks import Clock
from core.errors import DomainError
from core.events import PARKED, Delivery, Event
from core.i18n import _
from core.paging import paged
from core.web.current import cursor_argument, pager_of
from core.web.gate import needs
from core.web.timeline import event_words, timeline_items
from core.web.ui import Tab
from core.worker import retry_delivery

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@needs("core.audit.view")
def events_list():
    """Everything that happened in this company, newest first; by person, kind of event, record and date."""
    ctx = g.ctx
    query = sa.select(Event)
    who, what, day = (request.args.get(k, "").strip() for k in ("who", "what", "day"))
    if who:
        query = query.where(Event.actor_name == who)
    if what:
        query = query.where(Event.name == what)
    if day:
        try:
            begin = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ctx.tz)
            query = query.where(Event.occurred_at >= begin, Event.occurred_at < begin + dt.timedelta(days=1))
        except ValueError:
            flash(_("“{text}” is not a date. Write it like 2026-11-23.", text=day), "bad")
    page = paged(ctx, query, [(Event.id, "desc")], cursor=cursor_argument())
    names = sorted(ctx.registry.event_kinds)
    return render_template(
        "web/audit.html",
        rows=list(zip(page.rows, timeline_items(ctx, page.rows), strict=True)),
        records=_record_links(ctx, page.rows),
        pager=pager_of(page),
        who=who,
        what=what,
        day=day,
        names=[(n, event_label(ctx, n)) for n in names],
    )


def event_label(ctx, name: str) -> str:
    """A kind of event for a filter: its sentence with the placeholders left open."""
    kind = ctx.registry.event_kinds.get(name)
    return _(kind.text).replace("{", "").replace("}", "") if kind else name


def _record_links(ctx, events) -> dict[int, tuple[str, str]]:
    """Event id → (kind in words, address) of the record concerned, where the reader may see it."""
    from core.web.shell import may_open

    found = {}
    for event in events:
        kind = ctx.registry.kinds.get(event.record_kind)
        if kind is None:
            continue
        url = ""
        if kind.endpoint and event.record_id and may_open(ctx, kind.endpoint):
            url = url_for(kind.endpoint, record_id=event.record_id)
        found[event.id] = (_(kind.label), url)
    return found


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
