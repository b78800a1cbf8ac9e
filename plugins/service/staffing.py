"""Conditions before somebody is sent or begins (able and there: GS-5; judged; time agreed), and erasing what dispatch
wrote down about a person.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Gate, RecordRef, _
from plugins.service.contracts import INQUIRY, VISITED
from plugins.service.erasing import orders_of
from plugins.service.models import Appointment, Assignment, Order, Triage
from plugins.service.queries import appointments, dispatch, orders
from plugins.service.queries.people import about_to_go, fitness_of

FIT = "service.fit"


def conditions(ctx: Ctx, record: object, transition: str) -> list[Gate]:
    """The gates of this part for an order on its way to be dispatched or begun."""
    if not isinstance(record, Order) or transition not in ("dispatch", "start") or record.kind == INQUIRY:
        return []
    found = _fit(ctx, record, transition)
    return found + (_judged(ctx, record) if transition == "dispatch" else _agreed(ctx, record))


def _fit(ctx: Ctx, order: Order, transition: str) -> list[Gate]:
    """Nobody is sent to work he or she is not certified for, nor while on leave; nor begins it unsent (GS-5)."""
    main, going = dispatch.main_of(ctx, order.id), about_to_go(ctx, order)
    if going is not None:
        user_id, planned = going
    else:
        person = order.assignee_id or (ctx.actor.user_id if transition == "start" else None)
        if person is None or (transition == "start" and main is not None and main.user_id == person):
            return []
        user_id, planned = person, main.starts_at if main is not None and main.user_id == person else None
    fit = fitness_of(ctx, order, user_id, max(planned, ctx.now) if planned else ctx.now)
    name = orders.names_of(ctx, [user_id]).get(user_id, "")
    if fit.may_go:
        return [Gate(FIT, _("{name} may be sent", name=name), False, "#dispatch", _("Choose"))]
    why = _("; ").join(fit.words) or _("not among those who may be sent")
    text = _("{name} may not be sent: {why}", name=name, why=why)
    return [Gate(FIT, text, True, "#dispatch", _("Choose somebody else"))]


def _judged(ctx: Ctx, order: Order) -> list[Gate]:
    """The head of the serving unit judges it first, where the company's table asks for it (GS-7)."""
    if "triage" not in order.steps:
        return []
    done = dispatch.is_assessed(ctx, order.id)
    text = _("The head has judged it") if done else _("The head of the serving unit judges it first")
    return [Gate("service.triage", text, not done, "#planning", _("Judge it"))]


def _agreed(ctx: Ctx, order: Order) -> list[Gate]:
    """A time is agreed with the customer before somebody goes, where the company's table asks for it (GS-8)."""
    if "appointment" not in order.steps or order.kind not in VISITED:
        return []
    done = appointments.appointment_of(ctx, order.id) is not None
    text = _("A time is agreed with the customer") if done else _("No time is agreed with the customer")
    return [Gate("service.appointment", text, not done, "#planning", _("Agree a time"))]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove what assignments, appointments and assessments of a person's orders say of him or her."""
    ids = [o.id for o in orders_of(ctx, ref)]
    for sent in ctx.session.scalars(
        sa.select(Assignment).where(Assignment.order_id.in_(ids)).order_by(Assignment.id)
    ):
        sent.note = sent.ended_reason = ""
    for agreed in ctx.session.scalars(
        sa.select(Appointment).where(Appointment.order_id.in_(ids)).order_by(Appointment.id)
    ):
        agreed.person_name = agreed.mailed_to = agreed.ended_reason = ""
    for judged in ctx.session.scalars(sa.select(Triage).where(Triage.order_id.in_(ids)).order_by(Triage.id)):
        judged.text = ""
