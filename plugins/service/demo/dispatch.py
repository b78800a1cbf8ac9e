"""Times, appointments and assessments for the orders that are under way."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa
import yaml

from core.api import Ctx, DomainError, emit, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import VISITED, AppointmentData, PlanData
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.queries import appointments, dispatch
from plugins.service.services import assignments

WORDS = Path(__file__).parents[1] / "data" / "demo" / "dispatch.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Orders that somebody was sent to get a time today or tomorrow, one changed; the next to dispatch is judged."""
    slots = appointments.slots(ctx)
    if not slots:
        return
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        boss = people_with(ctx, "service.order.assess")[0]
        query = sa.select(Order).where(Order.state.in_(("accepted", "dispatched", "working"))).order_by(Order.id.desc())
        rows = [o for o in ctx.session.scalars(query) if not o.waiting]
        acting, today = ctx.as_actor(boss), [h for h in slots if h.on(ctx.today, ctx.tz)[1] > ctx.now] or slots[-1:]
        waiting = [o for o in rows if o.state == "accepted" and o.kind in VISITED]
        for order in waiting[:1]:
            services.assess(acting, order.id, words["assessed"], order.urgency)
        technicians = [w.user_id for w in dispatch.workers(ctx)]
        for number, order in enumerate(waiting[1:4] if technicians else ()):
            _send(acting, order, technicians[number % len(technicians)])
        for number, order in enumerate(o for o in rows if o.state == "dispatched" and o.kind in VISITED):
            _appoint(acting, order, *today[number % len(today)].on(ctx.today, ctx.tz), "")
            if number == 1:
                tomorrow = slots[-1].on(ctx.today + dt.timedelta(days=1), ctx.tz)
                _appoint(acting, order, *tomorrow, words["changed"])
        for order in [o for o in rows if o.state == "working" and o.kind in VISITED]:
            main = dispatch.main_of(ctx, order.id)
            helpers = [t for t in technicians if main is not None and t != main.user_id]
            if main is not None and helpers:
                assignments.put_helper(acting, order, rng.choice(helpers), main)
        emit(ctx, "service.demo_filled", orders=len(rows))


def _send(ctx: Ctx, order: Order, user_id: int) -> None:
    """Send somebody, where nothing (a price not agreed, a certificate) stands in the way."""
    try:
        services.assign(ctx, order.id, user_id, PlanData())
    except DomainError:
        return


def _appoint(ctx: Ctx, order: Order, starts: dt.datetime, ends: dt.datetime, reason: str) -> None:
    try:
        services.appoint(ctx, order.id, AppointmentData(starts, ends, reason=reason))
    except DomainError:
        return
