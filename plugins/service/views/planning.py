"""The form that sends somebody, and the times it offers: for the page of dispatch and the order's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request

from core.api import Ctx, _
from core.web_api import day_of
from plugins.service.forms import dispatch as forms
from plugins.service.models import Order
from plugins.service.queries import appointments
from plugins.service.queries import dispatch as queries
from plugins.service.queries.progress import address_of
from plugins.service.rules.dispatch import hours_of


def span_of(ctx: Ctx, form: forms.TimeForm) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The moments of the day and slot chosen; none where no slot is."""
    hours = hours_of(form.slot.data or "")
    return hours.on(form.day.data or ctx.today, ctx.tz) if hours is not None else (None, None)


def offer_slots(ctx: Ctx, form: forms.TimeForm, none: str) -> None:
    """The company's slots, and the one that is agreed already should it be none of these."""
    offered = [(h.code, h.words) for h in appointments.slots(ctx)]
    value = form.slot.data
    hours = hours_of(value or "")
    if hours is not None and value not in {code for code, _words in offered}:
        offered.append((hours.code, hours.words))
    form.slot.choices = [("", none), *offered]


def agreed_time(ctx: Ctx, order: Order) -> dict[str, Any]:
    """The day and slot of what is agreed, or planned; else today."""
    agreed = appointments.appointment_of(ctx, order.id)
    main = None if agreed else queries.main_of(ctx, order.id)
    starts, ends = (agreed.starts_at, agreed.ends_at) if agreed else (None, None)
    if main is not None and main.starts_at and main.ends_at:
        starts, ends = main.starts_at, main.ends_at
    if starts is None or ends is None or ends <= ctx.now:
        return {"day": ctx.today, "slot": ""}
    first, last = starts.astimezone(ctx.tz), ends.astimezone(ctx.tz)
    code = f"{first:%H:%M}-{'24:00' if f'{last:%H:%M}' == '00:00' else f'{last:%H:%M}'}"
    return {"day": first.date(), "slot": code}


def make_assign(ctx: Ctx, o: Order, sent: Any) -> forms.AssignForm:
    known = agreed_time(ctx, o)
    asked = day_of(request.args.get("day"))
    if asked:
        known["day"] = asked
    if "slot" in request.args:
        hours = hours_of(request.args["slot"])
        known["slot"] = hours.code if hours else ""
    form = forms.AssignForm(
        formdata=sent, version=o.version, mail_to=address_of(ctx, o), person_name=o.person_name,
        **known,
    )  # fmt: skip
    offer_slots(ctx, form, _("No time yet"))
    return form
