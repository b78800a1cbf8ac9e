"""Times, appointments and assessments for the orders that are under way."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa
import yaml

from core.api import Ctx, DomainError, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import VISITED, AppointmentData
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
        query = sa.select(Order).where(Order.state.in_(("accepted", "dispatched", "working"))).order_by(Order.id)
        rows = list(ctx.session.scalars(query))
        sent = [o for o in rows if o.state == "dispatched" and o.kind in VISITED]
        for number, order in enumerate(sent):
            day = ctx.today + dt.timedelta(days=number % 2)
            hours = [h for h in slots if h.on(day, ctx.tz)[1] > ctx.now] or slots
            starts, ends = rng.choice(hours).on(day, ctx.tz)
            _appoint(ctx, order, starts, ends, "")
        for order in sent[:1]:
            starts, ends = slots[-1].on(ctx.today + dt.timedelta(days=1), ctx.tz)
            _appoint(ctx, order, starts, ends, words["changed"])
        for order in [o for o in rows if o.state == "accepted"][:1]:
            services.assess(ctx, order.id, words["assessed"], order.urgency)
        for order in [o for o in rows if o.state == "working" and o.kind in VISITED]:
            main = dispatch.main_of(ctx, order.id)
            helpers = [p for p in dispatch.workers(ctx) if main is not None and p.user_id != main.user_id]
            if main is not None and helpers:
                assignments.put_helper(ctx, order, rng.choice(helpers).user_id, main)


def _appoint(ctx: Ctx, order: Order, starts: dt.datetime, ends: dt.datetime, reason: str) -> None:
    try:
        services.appoint(ctx, order.id, AppointmentData(starts, ends, reason=reason))
    except DomainError:
        return
