"""Times, appointments and assessments for the orders that are under way."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, DomainError, emit, read_data_file, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import VISITED, AppointmentData, PlanData
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.queries import appointments, dispatch
from plugins.service.services import assignments

A_WHILE = dt.timedelta(hours=2)
WORDS = Path(__file__).parents[1] / "data" / "demo" / "dispatch.yaml"


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """Orders that somebody was sent to get a time today or tomorrow, one changed; the next to dispatch is judged."""
    slots = appointments.slots(ctx)
    if not slots:
        return
    words = read_data_file(WORDS)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        boss = people_with(ctx, "service.order.assess")[0]
        query = sa.select(Order).where(Order.state.in_(("accepted", "dispatched", "working"))).order_by(Order.id.desc())
        rows = [o for o in ctx.session.scalars(query) if not o.waiting]
        acting, days = ctx.as_actor(boss), [ctx.today, ctx.today + dt.timedelta(days=1)]
        times = [[t for h in slots if (t := h.on(day, ctx.tz))[1] > ctx.now] for day in days]
        next_times = times[0] or times[1]  # in the evening nothing of today is left
        waiting = [o for o in rows if o.state == "accepted" and o.kind in VISITED]
        for order in waiting[:1]:
            services.assess(acting, order.id, words["assessed"], order.urgency)
        for order in waiting[1:4]:
            _send(acting, order)
        for number, order in enumerate(o for o in rows if o.state == "dispatched" and o.kind in VISITED):
            _appoint(acting, order, *next_times[number % len(next_times)], "")
            if number == 1:
                _appoint(acting, order, *times[1][-1], words["changed"])
        for order in [o for o in rows if o.state == "working" and o.kind in VISITED]:
            main = dispatch.main_of(ctx, order.id)
            able = [c for c in dispatch.candidates(acting, order, ctx.now, ctx.now + A_WHILE) if c.may_go]
            helpers = [c for c in able if main is not None and c.user_id != main.user_id]
            if main is not None and helpers:
                assignments.put_helper(acting, order, helpers[0].user_id, main)
        emit(ctx, "service.demo_filled", orders=len(rows))


def _send(ctx: Ctx, order: Order) -> None:
    """Send whoever is proposed first, where nothing else (a price not agreed, an approval) stands in the way."""
    first = next((c for c in dispatch.candidates(ctx, order, ctx.now, ctx.now + A_WHILE) if c.may_go), None)
    try:
        if first is not None:
            services.assign(ctx, order.id, first.user_id, PlanData())
    except DomainError:
        return


def _appoint(ctx: Ctx, order: Order, starts: dt.datetime, ends: dt.datetime, reason: str) -> None:
    try:
        services.appoint(ctx, order.id, AppointmentData(starts, ends, reason=reason))
    except DomainError:
        return
