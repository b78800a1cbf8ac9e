"""Guidance by phone and answers to inquiries (DEF-5.2.1, DEF-5.2.2, DEF-6.2.1 to 6.2.3): free, and on record."""

from __future__ import annotations

from core.api import Ctx, Invalid, _, advance, both, emit, stop_clock, transaction
from plugins.service.contracts import (
    GUIDANCE_RESULT_WORDS,
    GUIDANCE_WORDS,
    INQUIRY,
    PROPOSAL,
    RESPONSE,
)
from plugins.service.life import WORK, WORKFLOW
from plugins.service.models import Guidance, Order
from plugins.service.services.common import (
    chosen,
    links_of,
    refresh_urgency,
    require_open,
    required,
    to_change,
)
from plugins.service.services.course import accepted, finished
from plugins.service.services.entitlement import put_entitlement


def guide(
    ctx: Ctx, order_id: int, text: str, result: str, kind: str = "phone", *, version: int | None = None
) -> Order:
    """Write down what the customer was told by phone. That is a first answer; when it helped, the order is done.

    Guidance and what the customer carries out himself or herself is free (DEF-5.2.2): an order that ends by it has
    nothing to pay, unless something was decided before.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        chosen(kind, ("phone", "solution"), "kind")
        chosen(result, ("solved", "trying", "not_solved"), "result")
        _keep(ctx, order, kind, text, result, PROPOSAL)
        if result == "solved" and order.state in ("accepted", "dispatched"):
            order.outcome, order.result = "solved_by_phone", text.strip()
            order.cause = order.cause or "unknown"
            if order.work_kind in ("", "paid"):
                put_entitlement(
                    ctx, order, "free", by_hand=True, words=_("Guidance by phone is free"),
                    reason=_("Guidance by phone is free"),
                )  # fmt: skip
            finished(ctx, order, ctx.now, "settle")
        return order


def answer(ctx: Ctx, order_id: int, text: str, *, version: int | None = None) -> Order:
    """Answer an inquiry: free for the whole life of the product (DEF-5.2.1); the order is done by it."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if order.kind != INQUIRY:
            text = _("{number} is no inquiry. Record guidance instead.", number=order.number)
            raise Invalid("no_inquiry", text, "text")
        _keep(ctx, order, "answer", text, "answered")
        if not order.work_kind:
            put_entitlement(
                ctx, order, "free", by_hand=True, words=_("Advice is free"), reason=_("Advice is free")
            )
        order.outcome, order.result = "answered", text.strip()
        finished(ctx, order, ctx.now, "settle")
        return order


def _keep(ctx: Ctx, order: Order, kind: str, text: str, result: str, *met: str) -> None:
    text = required(text, "text", _("Write down what the customer was told."))
    if order.state == "requested":
        advance(ctx, WORKFLOW, order, "accept")
        accepted(ctx, order)
    for clock in (RESPONSE, *met):
        stop_clock(ctx, order, clock)
    refresh_urgency(ctx, order)
    ctx.session.add(
        Guidance(
            order_id=order.id, at=ctx.now, kind=kind, text=text, result=result, by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )
    )
    emit(
        ctx, "service.guided", order, links=links_of(order), number=order.number, what=both(GUIDANCE_WORDS[kind]),
        result=both(GUIDANCE_RESULT_WORDS[result]),
    )  # fmt: skip


