"""What the services share: finding the record, its links, its most urgent deadline, its clocks, the steps it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import (
    Clock,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    cancel_clock,
    check_version,
    clocks_on,
    decision_of,
    emit,
    plain,
    redecide_clock,
    rule,
    start_each_clock,
    transaction,
)
from plugins.service.contracts import CLOCKS, ORDER, SILENCE
from plugins.service.life import archived_words
from plugins.service.models import NEVER, OPEN_STATES, Order
from plugins.service.queries import orders as queries
from plugins.service.rules.orders import earliest, limit_facts, step_facts, steps_of

RUNNING, PAUSED = "running", "paused"


def to_change(ctx: Ctx, order_id: int, version: int | None = None) -> Order:
    """The order, read inside the transaction. Conflict when it is archived, or no longer the version that was shown."""
    order = queries.get_order(ctx, order_id)
    require_not_archived(order)
    check_version(order, version)
    return order


def lock(ctx: Ctx, row: Any) -> None:
    """Lock a row until the transaction ends, and read it anew: without what it was loaded along with, which no database
    lets be locked.
    """
    query = sa.select(type(row)).where(type(row).id == row.id).with_for_update()
    ctx.session.execute(query.execution_options(populate_existing=True)).scalars().all()


def require_not_archived(order: Order) -> None:
    """Conflict when the order is archived: nothing of it is changed any more (DEF-10)."""
    words = archived_words(order)
    if words:
        raise Conflict("archived", words)


def require_open(order: Order) -> None:
    """Conflict unless work on the order may still go on."""
    require_not_archived(order)
    if order.state not in OPEN_STATES:
        raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=order.number))


def links_of(order: Order) -> list[RecordRef]:
    """The records on whose timelines an order's events appear too: customer, unit, call, where it came from."""
    found = (
        ("base.customer", order.customer_id),
        ("base.unit", order.device_id),
        ("base.contact", order.contact_id),
        (order.about_kind, order.about_ref),
    )
    return [RecordRef(kind, ref_id) for kind, ref_id in found if kind and ref_id is not None]


def required(value: str, field: str, message: str, longest: int = 20_000) -> str:
    """The text without blanks around it; Invalid at ``field`` when it is empty or too long."""
    value = (value or "").strip()
    if not value:
        raise Invalid(f"{field}_missing", message, field)
    if len(value) > longest:
        raise Invalid(
            f"{field}_too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(value)), field
        )
    return value


def short(text: str, field: str, longest: int) -> str:
    """The text without blanks around it, which may be empty; Invalid at ``field`` when it is too long."""
    text = (text or "").strip()
    if len(text) > longest:
        message = _("At most {n} characters; this has {length}.", n=longest, length=len(text))
        raise Invalid(f"{field}_too_long", message, field)
    return text


def chosen(value: str, allowed: Any, field: str) -> str:
    """``value``, when it is one of the choices; Invalid at ``field`` otherwise."""
    if value not in allowed:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=value), field)
    return value


# --- what the tables say ----------------------------------------------------------------------------------------------


def put_steps(ctx: Ctx, order: Order, *, keep: bool = True) -> None:
    """Put on the order which steps the company's table asks for; the decision is kept where it changed something."""
    facts = step_facts(order, queries.product_group(order), queries.served_by_agent(order))
    found = plain(steps_of(rule(ctx, "service.steps", facts).decision.all_outputs))
    if found == order.steps:
        return
    order.steps = found
    if keep:
        rule(ctx, "service.steps", facts, record=order)


def facts_for_limits(ctx: Ctx, order: Order) -> dict[str, Any]:
    """What the tables of limits ask of an order."""
    return limit_facts(order, queries.product_group(order), order.received_at.astimezone(ctx.tz).date())


def limited(ctx: Ctx, order: Order, kinds: tuple[str, ...] = CLOCKS) -> list[str]:
    """Those of the clocks that the table ``service.limits`` has run for this order."""
    facts = facts_for_limits(ctx, order)
    return [kind for kind in kinds if runs(ctx, kind, facts)]


def runs(ctx: Ctx, kind: str, facts: Mapping[str, Any]) -> bool:
    """Whether the table of limits has this clock run for an order with these facts."""
    asked = {**facts, "clock": kind.rpartition(".")[2]}
    outputs = rule(ctx, ctx.registry.clock_kinds[kind].table, asked).outputs or {}
    return outputs.get("limit") is not None and outputs.get("runs") is not False


def refresh_clocks(ctx: Ctx, order: Order) -> None:
    """What limits depend on has changed: decide those of running clocks anew, from the same start, and begin those that
    the order had none of before.
    """
    facts, wanted = facts_for_limits(ctx, order), limited(ctx, order)
    there = {c.kind for c in clocks_on(ctx, order)}
    for kind in CLOCKS:
        if kind in there and kind in wanted:
            redecide_clock(ctx, order, kind, facts)
        elif kind in there:
            cancel_clock(ctx, order, kind)
    fresh = [k for k in wanted if k not in there and not _passed(order, k)]
    if fresh:
        start_each_clock(ctx, order, fresh, facts, at=order.received_at)
    refresh_urgency(ctx, order)


def _passed(order: Order, kind: str) -> bool:
    """Whether that for which a clock waits has happened already."""
    name = kind.rpartition(".")[2]
    reached = {
        "response": order.accepted_at, "proposal": order.dispatched_at, "assignment": order.dispatched_at,
        "arrival": order.started_at, "solution": order.done_at,
    }
    return reached.get(name) is not None


def pause_outputs(ctx: Ctx, clock: Clock) -> dict[str, Any]:
    """What the row of the table that gave a clock its limit says beside it."""
    stored = decision_of(ctx, clock)
    return dict(stored.outputs[0]) if stored is not None and stored.outputs else {}


def refresh_urgency(ctx: Ctx, order: Order, clocks: list[Clock] | None = None) -> None:
    """Put the earliest running deadline on the order, so that queues can be sorted by it."""
    known = clocks if clocks is not None else clocks_on(ctx, order)
    order.urgent_at = earliest((c.due_at for c in known if c.state == RUNNING and c.kind != SILENCE), NEVER)


def refresh_all_urgency(ctx: Ctx) -> None:
    """Reckon the most urgent deadline of every open order anew: the module was off, and its clocks moved."""
    with transaction(ctx):
        due: dict[int, dt.datetime] = dict(
            ctx.session.execute(
                sa.select(Clock.record_id, sa.func.min(Clock.due_at))
                .where(Clock.record_kind == ORDER, Clock.state == RUNNING, Clock.kind != SILENCE)
                .group_by(Clock.record_id)
            ).all()
        )
        changed = 0
        for order in ctx.session.scalars(sa.select(Order).where(Order.is_open.is_(True)).order_by(Order.id)):
            moment = due.get(order.id, NEVER)
            if order.urgent_at != moment:
                order.urgent_at, changed = moment, changed + 1
        if changed:
            emit(ctx, "service.urgency_refreshed", orders=changed)
