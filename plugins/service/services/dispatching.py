"""Sending people by fit and time: assigned with the reasons, helpers, appointments, and the head's assessment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    OrgUnit,
    _,
    both,
    emit,
    fill_in,
    mark_records,
    notify,
    queue_mail,
    transaction,
    written,
)
from plugins.base import queries as archive
from plugins.service.contracts import APPOINTMENT_HOW_WORDS, INQUIRY, URGENCY_WORDS, AppointmentData, PlanData
from plugins.service.life import DISPATCH, WORK
from plugins.service.models import Appointment, Assignment, Order, Triage
from plugins.service.money_contracts import PAYMENT
from plugins.service.queries import appointments, routing
from plugins.service.queries import dispatch as queries
from plugins.service.queries import orders as order_queries
from plugins.service.queries.money import payment_ids
from plugins.service.queries.people import fitness_of
from plugins.service.rules.dispatch import Candidate
from plugins.service.services import assignments
from plugins.service.services.common import (
    chosen,
    links_of,
    put_steps,
    refresh_clocks,
    require_open,
    required,
    to_change,
)
from plugins.service.services.course import accept, dispatch

ASSESS = "service.order.assess"
MAIL = "service.appointment"
BEFORE_WORK = ("requested", "accepted", "dispatched")
A_VISIT = dt.timedelta(hours=2)
"""For how long people are compared where no time is planned yet; nothing is stored of it."""


# --- who ------------------------------------------------------------------------------------------------------------


def assign(
    ctx: Ctx, order_id: int, user_id: int, plan: PlanData, *, waive: Mapping[str, str] | None = None,
    version: int | None = None,
) -> Order:
    """Send somebody, at a time perhaps that is agreed with the customer; why this person is kept with it.

    Whoever may not go (no certificate, on leave) is refused by the gates of ``dispatch``; ``waive`` as there.
    """
    if order_queries.get_order(ctx, order_id).state == "requested":
        version = accept(ctx, order_id, version=version).version
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        standing = appointments.appointment_of(ctx, order.id)
        starts, ends = plan.starts_at, plan.ends_at
        if starts is None and standing is not None and standing.ends_at > ctx.now:
            starts, ends = standing.starts_at, standing.ends_at
        if starts is not None:
            ends = _time(ctx, starts, ends)
        if plan.agreed and starts is None:
            raise Invalid("time_missing", _("Choose the time that was agreed."), "slot")
        reasons = _why(ctx, order, user_id, starts, ends)
        order = dispatch(
            ctx, order_id, user_id, plan.note, starts_at=starts, ends_at=ends, reasons=reasons, waive=waive
        )
        known = (standing.starts_at, standing.ends_at) if standing is not None else None
        if plan.agreed and starts is not None and ends is not None and known != (starts, ends):
            why = _("Another time was agreed when somebody was sent") if standing is not None else ""
            data = AppointmentData(starts, ends, plan.person_name, plan.how, plan.mail_to, why)
            _put_appointment(ctx, order, standing, data)
        return order


def _why(
    ctx: Ctx, order: Order, user_id: int, starts: dt.datetime | None, ends: dt.datetime | None
) -> list[Any]:
    """What spoke for and against this person when he or she was sent, in both languages."""
    begin = max(starts or ctx.now, ctx.now)
    found = queries.candidates(ctx, order, begin, ends or begin + A_VISIT)
    person = next((c for c in found if c.user_id == user_id), None)
    return [reason_words(person, r.code) | {"points": r.points} for r in person.reasons] if person else []


REASON_WORDS = {
    "certified": N_("Certified for it"),
    "on_roster": N_("On duty then"),
    "off_roster": N_("Not on duty then"),
    "own_unit": N_("Works in {unit}, which serves it"),
    "serves_place": N_("{unit} serves the place"),
    "distance": N_("{n} km away"),
    "free": N_("Free at that time"),
    "busy": N_("Has {number} at that time"),
    "load": N_("Open orders: {open}"),
    "knows_unit": N_("Has worked on this unit"),
    "knows_customer": N_("Was at this customer before"),
}


def reason_words(person: Candidate, code: str) -> dict[str, Any]:
    """A reason in both languages."""
    distance = f"{person.distance.normalize():f}" if person.distance is not None else ""
    return both(
        REASON_WORDS[code], unit=person.unit, n=distance, number=person.busy_with, open=person.open_orders
    )


def add_helper(ctx: Ctx, order_id: int, user_id: int, *, version: int | None = None) -> Assignment:
    """Send somebody along with the main technician; who may not go is refused with the reason."""
    ctx.require(DISPATCH)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        main = queries.main_of(ctx, order.id)
        if main is None:
            raise Conflict("nobody_sent", _("Send the main technician first."))
        name = order_queries.member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        if any(a.user_id == user_id for a in queries.standing_of(ctx, order.id)):
            raise Conflict("sent_already", _("{name} is sent to it already.", name=name))
        refuse_unfit(ctx, order, user_id, name, max(main.starts_at or ctx.now, ctx.now), "user_id")
        row = assignments.put_helper(ctx, order, user_id, main)
        emit(ctx, "service.helper_added", order, links=links_of(order), number=order.number, name=name)
        if user_id != ctx.actor.user_id:
            text = N_("You go along to order {number}: {subject}")
            notify(
                ctx, [user_id], text, record=order, once=f"assignment {row.id}", number=order.number,
                subject=order.subject[:80],
            )  # fmt: skip
        return row


def withdraw_helper(ctx: Ctx, order_id: int, user_id: int, reason: str) -> None:
    """A helper does not go along after all; the reason is kept."""
    ctx.require(DISPATCH)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        require_open(order)
        reason = required(reason, "reason", _("Give a reason."), 400)
        found = [a for a in queries.standing_of(ctx, order.id) if a.user_id == user_id and a.part == "helper"]
        if not found:
            raise Conflict("not_sent", _("This person does not go along."))
        assignments.end(ctx, found[0], reason)
        name = order_queries.names_of(ctx, [user_id]).get(user_id, "")
        emit(ctx, "service.helper_withdrawn", order, links=links_of(order), name=name, reason=reason)
        if user_id != ctx.actor.user_id:
            text = N_("You do not go along to order {number}: {reason}")
            notify(
                ctx, [user_id], text, record=order, once=f"assignment {found[0].id} ended", number=order.number,
                reason=reason[:200],
            )  # fmt: skip


def refuse_unfit(ctx: Ctx, order: Order, user_id: int, name: str, moment: dt.datetime, field: str) -> None:
    """Invalid at ``field`` when the module that knows people says that this person may not go then (GS-5)."""
    fit = fitness_of(ctx, order, user_id, moment)
    if not fit.may_go:
        why = _("; ").join(fit.words) or _("not among those who may be sent")
        raise Invalid("may_not_go", _("{name} may not go then: {why}.", name=name, why=why), field)


# --- when -------------------------------------------------------------------------------------------------------------


def appoint(ctx: Ctx, order_id: int, data: AppointmentData, *, version: int | None = None) -> Appointment:
    """Agree a time with the customer (GS-8). One that takes the place of another needs the reason; both are kept.

    Whoever is sent already goes at that time; who may not go then stands in the way.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        if order.state not in BEFORE_WORK or order.kind == INQUIRY:
            text = _("{number}: a time is agreed before the work begins.", number=order.number)
            raise Conflict("no_appointment", text)
        _time(ctx, data.starts_at, data.ends_at)
        chosen(data.how, tuple(APPOINTMENT_HOW_WORDS), "how")
        former = appointments.appointment_of(ctx, order.id)
        if former is not None:
            required(data.reason, "reason", _("Say why the time is changed."), 400)
        standing = queries.standing_of(ctx, order.id)
        names = order_queries.names_of(ctx, [a.user_id for a in standing])
        for row in standing:
            refuse_unfit(ctx, order, row.user_id, names.get(row.user_id, ""), max(data.starts_at, ctx.now), "slot")
            row.starts_at, row.ends_at = data.starts_at, data.ends_at
        made = _put_appointment(ctx, order, former, data)
        told = [a.user_id for a in standing if a.user_id != ctx.actor.user_id]
        if told:
            text = N_("Order {number}: the appointment is {when}")
            when = _span_words(ctx, data.starts_at, data.ends_at)
            notify(ctx, told, text, record=order, once=f"appointment {made.id}", number=order.number, when=when)
        return made


def _put_appointment(ctx: Ctx, order: Order, former: Appointment | None, data: AppointmentData) -> Appointment:
    if former is not None:
        _end_appointment(ctx, former, data.reason)
    row = Appointment(
        order_id=order.id,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        person_name=(data.person_name.strip() or order.person_name)[:120],
        how=data.how,
        mailed_to=data.mail_to.strip(),
        at=ctx.now,
        by_id=ctx.actor.user_id,
        by_name=ctx.actor.name,
    )
    ctx.session.add(row)
    order.promised_at = data.ends_at
    ctx.session.flush()
    when = _span_words(ctx, data.starts_at, data.ends_at)
    event = "service.appointed" if former is None else "service.appointment_changed"
    emit(ctx, event, order, links=links_of(order), when=when, person=row.person_name, reason=data.reason.strip())
    if row.mailed_to:
        locale = archive.language_of(ctx, order.customer_id, email=row.mailed_to, name=row.person_name)
        subject, body = fill_in(ctx, MAIL, mail_facts(ctx, order, row, locale), locale)
        queue_mail(
            ctx, row.mailed_to, subject, body, cause=f"service appointment {row.id}", record=order, locale=locale
        )
    return row


def call_off(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> None:
    """The time agreed holds no more, and no other is agreed yet; the reason is kept."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        reason = required(reason, "reason", _("Give a reason."), 400)
        former = appointments.appointment_of(ctx, order.id)
        if former is None:
            raise Conflict("no_appointment", _("No time is agreed for {number}.", number=order.number))
        _end_appointment(ctx, former, reason)
        order.promised_at = None
        for row in queries.standing_of(ctx, order.id):
            if order.state in BEFORE_WORK:
                row.starts_at = row.ends_at = None
        when = _span_words(ctx, former.starts_at, former.ends_at)
        emit(ctx, "service.appointment_called_off", order, links=links_of(order), when=when, reason=reason)


def _end_appointment(ctx: Ctx, row: Appointment, reason: str) -> None:
    row.standing, row.ended_at, row.ended_by, row.ended_reason = False, ctx.now, ctx.actor.name, reason.strip()
    ctx.session.flush()


def _time(ctx: Ctx, starts: dt.datetime, ends: dt.datetime | None) -> dt.datetime:
    """The end of a planned time; Invalid when it is over, lies on a day before today, or ends before it begins."""
    if ends is None or ends <= starts:
        raise Invalid("ends_early", _("The end comes after the beginning."), "slot")
    if ends <= ctx.now or starts < queries.midnight(ctx):
        raise Invalid("in_past", _("This time is over already. Choose one that lies ahead."), "slot")
    return ends


def _span_words(ctx: Ctx, starts: dt.datetime, ends: dt.datetime) -> str:
    first, last = starts.astimezone(ctx.tz), ends.astimezone(ctx.tz)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M}–{end}"


def mail_facts(ctx: Ctx, order: Order, row: Appointment, locale: str) -> dict[str, Any]:
    """What the template of the appointment's mail may speak of."""
    first, last = row.starts_at.astimezone(ctx.tz), row.ends_at.astimezone(ctx.tz)
    names = [a.user_id for a in queries.standing_of(ctx, order.id) if a.part == "main"]
    technician = next(iter(order_queries.names_of(ctx, names).values()), "–")
    return {
        "number": order.number, "subject": order.subject, "name": row.person_name or "–",
        "day": written(first.date(), locale), "from": f"{first:%H:%M}", "to": f"{last:%H:%M}",
        "technician": technician, "company": ctx.company.name,
    }  # fmt: skip


# --- the head's assessment ------------------------------------------------------------------------------------------


def assess(ctx: Ctx, order_id: int, text: str, urgency: str, *, version: int | None = None) -> Triage:
    """Judge what the fault is likely to be and what it takes (GS-7, AG-7); the urgency found counts from now on."""
    ctx.require(ASSESS)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        _before_work(order)
        text = required(text, "text", _("Say what it is likely to be and what it takes."), 2000)
        chosen(urgency, tuple(URGENCY_WORDS), "urgency")
        before, order.urgency = order.urgency, urgency
        row = Triage(
            order_id=order.id, kind="assessed", at=ctx.now, text=text, urgency=urgency, from_unit_id=order.unit_id,
            by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        if urgency != before:
            put_steps(ctx, order)
            refresh_clocks(ctx, order)
        emit(
            ctx, "service.assessed", order, links=links_of(order), text=text, urgency=both(URGENCY_WORDS[urgency])
        )
        return row


def refer(ctx: Ctx, order_id: int, unit_id: int, reason: str, *, version: int | None = None) -> Order:
    """Pass an order on to the unit that should serve it, with the reason; its head is told."""
    ctx.require(DISPATCH)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        _before_work(order)
        reason = required(reason, "reason", _("Give a reason."), 1000)
        unit = order_queries.find_unit(ctx, unit_id)
        if unit is None or unit.id == order.unit_id:
            raise Invalid("unknown_unit", _("Choose another organisation unit."), "unit_id")
        if order.state == "dispatched":
            raise Conflict("sent_already", _("Take {number} back from the technician first.", number=order.number))
        row = Triage(
            order_id=order.id, kind="referred", at=ctx.now, text=reason, urgency=order.urgency,
            from_unit_id=order.unit_id, to_unit_id=unit.id, by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        order.unit_id, order.office, order.assignee_id = unit.id, unit, None
        ctx.session.flush()
        put_steps(ctx, order)
        refresh_clocks(ctx, order)
        mark_records(ctx, PAYMENT, payment_ids(ctx, order.id))
        emit(ctx, "service.referred", order, links=links_of(order), unit=unit.name, reason=reason)
        tell_head(ctx, order, unit, f"triage {row.id}")
        return order


def _before_work(order: Order) -> None:
    if order.state not in BEFORE_WORK:
        text = _("{number} is past that: it is judged and passed on before the work begins.", number=order.number)
        raise Conflict("past_triage", text)


def tell_head(ctx: Ctx, order: Order, unit: OrgUnit | None, once: str) -> None:
    """Tell whoever heads the serving unit (the table's role) that an order waits for his or her judgement."""
    role = routing.route_of(ctx, order).tell_role
    people = [p for p in routing.told_in(ctx, role, unit.id if unit else None) if p != ctx.actor.user_id]
    if people:
        text = N_("Order {number} for {unit} waits to be judged and dispatched: {subject}")
        notify(
            ctx, people, text, record=order, once=f"{once} head", number=order.number,
            unit=unit.name if unit else "", subject=order.subject[:80],
        )  # fmt: skip


def hand_over_assignments(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give the assignments of somebody who leaves to another; answers how many orders he or she only helped with.

    Works while the module is off, too.
    """
    with transaction(ctx):
        rows = queries.standing_of_person(ctx, from_user_id)
        helped = 0
        for row in rows:
            order = order_queries.get_order(ctx, row.order_id)
            there = {a.user_id for a in queries.standing_of(ctx, order.id)}
            starts, ends, note = row.starts_at, row.ends_at, row.note
            assignments.end(ctx, row, _("Handed over"))
            ctx.session.flush()
            if row.part == "main":
                assignments.put_main(ctx, order, to_user_id, starts_at=starts, ends_at=ends, note=note)
            elif to_user_id not in there:
                main = queries.main_of(ctx, order.id)
                if main is not None:
                    assignments.put_helper(ctx, order, to_user_id, main)
            helped += row.part != "main"
        if rows:
            name = order_queries.member_name(ctx, to_user_id) or ""
            emit(ctx, "service.assignments_handed_over", name=name, orders=len(rows))
        return helped
