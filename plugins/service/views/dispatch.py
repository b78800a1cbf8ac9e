"""The dispatcher's board, and the page on which one order is dispatched and its time agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import abort, render_template, request, url_for

from core.api import Ctx, Invalid, _, label
from core.web_api import Key, carry_out, clock_view_of, current_ctx, day_of, needs, own_ids, paged, record_id
from plugins.service import life, services
from plugins.service.contracts import (
    APPOINTMENT_HOW_WORDS,
    INQUIRY,
    AppointmentData,
    PlanData,
)
from plugins.service.forms import dispatch as forms
from plugins.service.labels import Words
from plugins.service.models import Order
from plugins.service.queries import appointments, late
from plugins.service.queries import dispatch as queries
from plugins.service.queries import orders as order_queries
from plugins.service.queries.people import workers
from plugins.service.queries.progress import address_of
from plugins.service.rules.dispatch import Candidate
from plugins.service.services.dispatching import A_VISIT, ASSESS, BEFORE_WORK, reason_words
from plugins.service.staffing import FIT
from plugins.service.views.blueprint import blueprint
from plugins.service.views.planning import agreed_time, make_assign, offer_slots, span_of

BACKLOG = 20


# --- the board ------------------------------------------------------------------------------------------------------


@blueprint.get("/dispatch")
@needs(life.DISPATCH)
def dispatch_board():
    """People × hours of a day, and the orders that nobody was sent to, those from before today first (VCH-13)."""
    ctx = current_ctx()
    on = day_of(request.args.get("day")) or ctx.today
    unit_id = record_id(request.args.get("unit"))
    shown = queries.day(ctx, on, unit_id, request.args.get("after", "")[:200])
    page = paged(
        ctx,
        queries.backlog(unit_id),
        [Key(queries.carried_first(ctx), nullable=False), Key(Order.urgent_at), Key(Order.id)],
        size=BACKLOG,
        cursor=request.args.get("cursor"),
    )

    def at(**changed: Any) -> str:
        given = {"day": on.isoformat(), "unit": unit_id} | changed
        return url_for("service.dispatch_board", **{k: v for k, v in given.items() if v})

    return render_template(
        "service/board.html",
        board=shown,
        groups=_groups(ctx, page.rows),
        pager=page.pager(lambda cursor: at(cursor=cursor)),
        counts=queries.day_counts(ctx),
        words=Words(ctx),
        late=late.waiting(ctx),
        units=order_queries.units(ctx),
        unit_id=unit_id,
        before_url=at(day=(on - dt.timedelta(days=1)).isoformat()),
        after_url=at(day=(on + dt.timedelta(days=1)).isoformat()),
        today_url=at(day=ctx.today.isoformat()),
        more_url=at(after=shown.more_after) if shown.more_after else "",
    )


def _groups(ctx: Ctx, rows: list[Order]) -> list[tuple[str, list]]:
    """(heading, [(order, clock, appointment)]): what is left over from before today, the rest."""
    ids = [o.id for o in rows]
    clocks, agreed = order_queries.next_clocks(ctx, ids), appointments.standing_for(ctx, ids)
    groups: dict[str, list] = {"before": [], "today": []}
    for order in rows:
        clock = clocks.get(order.id)
        view = clock_view_of(ctx, clock) if clock is not None and clock.state in ("running", "paused") else None
        carried = queries.is_carried_over(ctx, order)
        groups["before" if carried else "today"].append((order, view, agreed.get(order.id)))
    titles = {"before": _("Not dispatched before today: first now"), "today": _("To dispatch")}
    return [(titles[key], found) for key, found in groups.items() if found]


# --- one order ------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:record_id>/plan")
@needs(life.VIEW)
def dispatch_page(record_id: int):
    """Whom to send and when, for one order."""
    ctx = current_ctx()
    return _page(ctx, order_queries.get_order(ctx, record_id))


@blueprint.post("/<int:record_id>/plan/<action>")
@needs(life.VIEW)
def dispatch_act(record_id: int, action: str):
    """Carry one action out. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in ACTIONS:
        abort(404)
    right, make, act = ACTIONS[action]
    ctx.require(right)

    def order() -> Order:
        return order_queries.get_order(ctx, record_id)

    def back(_done: str) -> str:
        if action == "assign" and request.form.get("back") == "board":
            return url_for("service.dispatch_board", day=form.day.data.isoformat() if form.day.data else None)
        return url_for("service.order_page" if action == "assign" else "service.dispatch_page", record_id=record_id)

    form: Any = make(ctx, order(), request.form)
    return carry_out(
        form,
        lambda: act(ctx, order(), form),
        str,
        back,
        lambda extra, status: _page(ctx, order(), failed=form, action=action, extra=extra, status=status),
        order,
    )


def _page(
    ctx: Ctx, order: Order, *, failed: Any = None, action: str = "", extra: list[str] | None = None, status: int = 200
):
    if order.kind == INQUIRY:
        abort(404)
    made = {
        name: failed if name == action else make(ctx, order, None)
        for name, (_right, make, _act) in ACTIONS.items()
    }
    for name, form in made.items():
        own_ids(name, form)
    open_ = order.state in BEFORE_WORK
    chosen = made["assign"]
    starts, ends = span_of(ctx, chosen) if open_ else (None, None)
    begin = max(starts or ctx.now, ctx.now)
    proposed = (
        queries.candidates(ctx, order, begin, max(ends or begin + A_VISIT, begin)) if open_ and ctx.can(life.DISPATCH)
        else []
    )
    standing = queries.standing_of(ctx, order.id)
    day = queries.day(ctx, begin.astimezone(ctx.tz).date()) if proposed else None
    page = render_template(
        "service/plan.html",
        order=order,
        words=Words(ctx),
        forms=made,
        failed=action,
        extra=extra or [],
        candidates=[(c, [(label(reason_words(c, r.code)), r.points) for r in c.reasons]) for c in proposed],
        lanes={lane.user_id: lane for lane in day.lanes} if day else {},
        board=day,
        chosen=str(chosen.user_id.data or "") or _first(order, proposed, standing),
        standing=standing,
        agreed=appointments.appointment_of(ctx, order.id),
        how=APPOINTMENT_HOW_WORDS,
        names=order_queries.names_of(ctx, [a.user_id for a in standing]),
        units=order_queries.unit_names(ctx),
        judged=queries.triage_of(ctx, order.id),
        carried=queries.is_carried_over(ctx, order),
        back=request.values.get("back", "") == "board" and "board" or "",
        may={
            "dispatch": open_ and ctx.can(life.DISPATCH),
            "appoint": open_ and ctx.can(life.WORK),
            "assess": open_ and ctx.can(ASSESS),
            "refer": order.state in queries.TO_DISPATCH and ctx.can(life.DISPATCH),
            "waive": ctx.can("core.gates.waive"),
        },
    )
    return page, status


def _first(order: Order, proposed: list[Candidate], standing: list[Any]) -> str:
    """Who is chosen before anybody chose: who is on the way already, else the first proposed."""
    main = next((a.user_id for a in standing if a.part == "main" and order.state == "dispatched"), None)
    first = next((c.user_id for c in proposed if c.may_go), None)
    return str(main or first or "")


# --- forms ----------------------------------------------------------------------------------------------------------


def make_appoint(ctx: Ctx, o: Order, sent: Any) -> forms.AppointmentForm:
    form = forms.AppointmentForm(
        formdata=sent, version=o.version, mail_to=address_of(ctx, o), person_name=o.person_name,
        **agreed_time(ctx, o),
    )  # fmt: skip
    offer_slots(ctx, form, _("Choose …"))
    return form


def make_call_off(ctx: Ctx, o: Order, sent: Any) -> forms.EndForm:
    return forms.EndForm(formdata=sent, version=o.version)


def make_helper(ctx: Ctx, o: Order, sent: Any) -> forms.HelperForm:
    form = forms.HelperForm(formdata=sent, version=o.version)
    form.user_id.choices = [(w.user_id, w.name) for w in workers(ctx)]
    return form


def make_assess(ctx: Ctx, o: Order, sent: Any) -> forms.AssessForm:
    return forms.AssessForm(formdata=sent, version=o.version, urgency=o.urgency)


def make_refer(ctx: Ctx, o: Order, sent: Any) -> forms.ReferForm:
    form = forms.ReferForm(formdata=sent, version=o.version)
    form.unit_id.choices = [(u.id, u.name) for u in order_queries.units(ctx) if u.id != o.unit_id]
    return form


# --- what is done ---------------------------------------------------------------------------------------------------


def _assign(ctx: Ctx, order: Order, form: forms.AssignForm) -> str:
    user_id = record_id(form.user_id.data)
    if user_id is None:
        raise Invalid("nobody", _("Choose whom to send."), "user_id")
    starts, ends = span_of(ctx, form)
    plan = PlanData(
        starts, ends, form.agreed.data, form.person_name.data or "", form.how.data,
        (form.mail_to.data or "") if form.agreed.data else "", form.note.data or "",
    )  # fmt: skip
    waive = {FIT: form.waiver.data} if form.waiver.data else None
    done = services.assign(ctx, order.id, user_id, plan, waive=waive, version=form.seen)
    return _("{number} dispatched to {name}", number=done.number, name=order_queries.member_name(ctx, user_id) or "")


def _appoint(ctx: Ctx, order: Order, form: forms.AppointmentForm) -> str:
    starts, ends = span_of(ctx, form)
    if starts is None or ends is None:
        raise Invalid("time_missing", _("Choose the time that was agreed."), "slot")
    data = AppointmentData(
        starts, ends, form.person_name.data or "", form.how.data, form.mail_to.data or "", form.reason.data or ""
    )
    services.appoint(ctx, order.id, data, version=form.seen)
    return _("Time agreed; the customer is told by mail") if data.mail_to else _("Time agreed")


def _call_off(ctx: Ctx, order: Order, form: forms.EndForm) -> str:
    services.call_off(ctx, order.id, form.reason.data or "", version=form.seen)
    return _("Appointment called off")


def _helper(ctx: Ctx, order: Order, form: forms.HelperForm) -> str:
    services.add_helper(ctx, order.id, form.user_id.data, version=form.seen)
    return _("{name} goes along", name=order_queries.member_name(ctx, form.user_id.data) or "")


def _unhelp(ctx: Ctx, order: Order, form: forms.EndForm) -> str:
    services.withdraw_helper(ctx, order.id, record_id(form.user_id.data) or 0, form.reason.data or "")
    return _("Does not go along any more")


def _assess(ctx: Ctx, order: Order, form: forms.AssessForm) -> str:
    services.assess(ctx, order.id, form.text.data or "", form.urgency.data, version=form.seen)
    return _("Judged; it can be dispatched")


def _refer(ctx: Ctx, order: Order, form: forms.ReferForm) -> str:
    services.refer(ctx, order.id, form.unit_id.data, form.reason.data or "", version=form.seen)
    return _("Passed on; the head there is told")


ACTIONS: dict[str, tuple[str, Callable[[Ctx, Order, Any], Any], Callable[[Ctx, Order, Any], str]]] = {
    "assign": (life.DISPATCH, make_assign, _assign),
    "appoint": (life.WORK, make_appoint, _appoint),
    "call_off": (life.WORK, make_call_off, _call_off),
    "helper": (life.DISPATCH, make_helper, _helper),
    "unhelp": (life.DISPATCH, make_call_off, _unhelp),
    "assess": (ASSESS, make_assess, _assess),
    "refer": (life.DISPATCH, make_refer, _refer),
}
"""Action → the right it needs at least, its form, and what it does."""
