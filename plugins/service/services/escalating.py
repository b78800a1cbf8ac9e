"""What can't be solved by the facts found goes to a department (FLW-6): it is asked, the order waits, it decides."""

from __future__ import annotations

from core.api import N_, Conflict, Ctx, Invalid, _, emit, notify, transaction
from plugins.service.life import WORK
from plugins.service.models import Escalation
from plugins.service.queries import escalations as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.common import links_of, required, to_change
from plugins.service.services.course import put_resumed, put_waiting
from plugins.service.services.dispatching import ASSESS

ASKED_FROM = ("requested", "accepted", "dispatched", "working")


def escalate(ctx: Ctx, order_id: int, unit_id: int, question: str, *, version: int | None = None) -> Escalation:
    """Put a question about an order to a department. The order waits for its decision; its head is told.

    Refused while another question is open, and where nobody who would decide there sees the order.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        if order.state not in ASKED_FROM:
            text = _("{number}: a department decides before the work is done.", number=order.number)
            raise Conflict("done_already", text)
        if queries.open_on(ctx, order.id) is not None:
            raise Conflict("asked_already", _("A department decides on {number} already.", number=order.number))
        unit = order_queries.find_unit(ctx, unit_id)
        if unit is None:
            raise Invalid("unknown_unit", _("Choose an organisation unit."), "unit_id")
        question = required(question, "question", _("Say what was found and what is to be decided."), 2000)
        deciders = queries.deciders(ctx, order, unit.id)
        if not deciders:
            text = _("Nobody who decides for {unit} sees this order. Choose another unit.", unit=unit.name)
            raise Invalid("nobody_decides", text, "unit_id")
        row = Escalation(
            order_id=order.id, to_unit_id=unit.id, question=question, at=ctx.now, by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "service.escalated", order, links=links_of(order), number=order.number, unit=unit.name,
            question=question[:400],
        )  # fmt: skip
        put_waiting(ctx, order, "approval", question[:400])
        text = N_("{unit} decides on order {number}: {question}")
        notify(
            ctx, [p for p in deciders if p != ctx.actor.user_id], text, record=order, once=f"escalation {row.id}",
            number=order.number, unit=unit.name, question=question[:200],
        )  # fmt: skip
        return row


def decide(ctx: Ctx, order_id: int, answer: str, *, version: int | None = None) -> Escalation:
    """The department decides; the order goes on, whoever asked and whoever has the order are told."""
    ctx.require(ASSESS)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        row = queries.open_on(ctx, order.id)
        if row is None:
            raise Conflict("nothing_asked", _("No department is asked about {number}.", number=order.number))
        row.answer = required(answer, "answer", _("Say what is decided."), 2000)
        row.answered_at, row.answered_by_id, row.answered_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        if order.waiting == "approval":
            put_resumed(ctx, order)
        emit(
            ctx, "service.escalation_decided", order, links=links_of(order), number=order.number,
            answer=row.answer[:400],
        )  # fmt: skip
        told = {p for p in (row.by_id, order.assignee_id) if p is not None and p != ctx.actor.user_id}
        text = N_("Decided on order {number}: {answer}")
        notify(
            ctx, told, text, record=order, once=f"escalation {row.id} decided", number=order.number,
            answer=row.answer[:200],
        )  # fmt: skip
        return row
