"""Telling the customer at each step how an order stands and when it is expected to be finished (MKT-4)."""

from __future__ import annotations

from typing import Any

from core.api import (
    N_,
    Ctx,
    both,
    emit,
    fill_in,
    mail_ready,
    notify,
    queue_mail,
    rule,
    transaction,
    written,
)
from plugins.base import queries as archive
from plugins.service.contracts import OUTCOME_WORDS, PROGRESS_WORDS
from plugins.service.models import Order
from plugins.service.queries import orders, progress
from plugins.service.services.common import links_of

TABLE = "service.progress"


def tell_step(ctx: Ctx, order_id: int, step: str, occasion: str, reason: str = "") -> None:
    """Tell the customer that an order has reached a step, in the way that the table ``service.progress`` says.

    By mail where an address is known; else whoever has the order, or took it in, is asked to call. The same
    ``occasion`` is told once. Says nothing where the table says so, or where the order has moved on meanwhile.
    """
    with transaction(ctx):
        order = orders.find_order(ctx, order_id)
        if order is None or not _still(order, step):
            return
        facts = {"step": step, "kind": order.kind, "urgency": order.urgency, "channel": order.channel}
        how = str((rule(ctx, TABLE, facts).outputs or {}).get("how") or "none")
        address = progress.address_of(ctx, order)
        if how in ("mail", "mail_or_call") and address and mail_ready():
            _mail(ctx, order, step, occasion, address, reason)
        elif how in ("call", "mail_or_call"):
            _ask_to_call(ctx, order, step, occasion)


def _still(order: Order, step: str) -> bool:
    """Whether the step is still news: what waits no more, or was settled meanwhile, is not told as if it were not."""
    if order.state == "cancelled":
        return False
    if step == "waits":
        return bool(order.waiting)
    return order.is_open or step in ("done", "closed")


def _mail(ctx: Ctx, order: Order, step: str, occasion: str, address: str, reason: str) -> None:
    cause, locale = f"service progress {occasion}", archive.language_of(
        ctx, order.customer_id, email=address, name=order.person_name
    )
    if progress.mailed(ctx, cause):
        return
    subject, body = fill_in(ctx, f"service.progress_{step}", _facts(ctx, order, locale, reason), locale)
    queue_mail(ctx, address, subject, body, cause=cause, record=order, locale=locale)
    words = both(PROGRESS_WORDS[step])
    emit(ctx, "service.progress_told", order, links=links_of(order), number=order.number, step=words, to=address)


def _ask_to_call(ctx: Ctx, order: Order, step: str, occasion: str) -> None:
    person = order.assignee_id or order.opened_by_id
    words = both(PROGRESS_WORDS[step])
    text = N_("Call the customer of {number}: {step}")
    told = notify(ctx, [person] if person is not None else [], text, record=order, once=f"progress {occasion}",
                  number=order.number, step=words)  # fmt: skip
    if told:
        name = orders.names_of(ctx, [person]).get(person or 0, "")
        emit(ctx, "service.progress_to_call", order, links=links_of(order), number=order.number, step=words, name=name)


def _facts(ctx: Ctx, order: Order, locale: str, reason: str) -> dict[str, Any]:
    """What the templates of steps may speak of, in the company's language."""
    expected = progress.expected_finish(ctx, order)
    technician = orders.names_of(ctx, [order.assignee_id]).get(order.assignee_id or 0, "")
    return {
        "number": order.number,
        "subject": order.subject,
        "name": order.person_name or (order.customer.name if order.customer is not None else "") or "–",
        "expected": written(expected.astimezone(ctx.tz), locale) if expected else both(N_("not known yet"))[locale],
        "technician": technician or ctx.company.name,
        "reason": reason or order.waiting_reason or "–",
        "outcome": both(OUTCOME_WORDS[order.outcome])[locale],
        "company": ctx.company.name,
    }
