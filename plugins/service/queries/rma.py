"""Reads of returns. Who sees the order sees them: each statement joins it, and the session scopes that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, OrgUnit, _, rule
from plugins.service.models import AWAITED_STATES, Order, Rma
from plugins.service.queries.orders import COUNTED, headquarters, product_group, served_by_agent, unit_coded
from plugins.service.rma_contracts import RMA
from plugins.service.rules.rma import Chase, scanned, steps_of

OPEN_STATES = (*AWAITED_STATES, "examined")
"""States in which it is not done with yet."""


def _returns() -> sa.Select:
    return sa.select(Rma).join(Order, sa.and_(Order.id == Rma.order_id, Order.company_id == Rma.company_id))


def rows_of(_ctx: Ctx) -> sa.Select:
    """Returns with what columns show of their orders."""
    order = orm.joinedload(Rma.order)
    return _returns().options(
        order.joinedload(Order.customer), order.joinedload(Order.office), orm.joinedload(Rma.to_unit)
    )


def get_return(ctx: Ctx, rma_id: int) -> Rma:
    """The return; NotFound when there is none for this person."""
    row = ctx.session.scalar(_returns().where(Rma.id == rma_id))
    if row is None:
        raise NotFound("unknown_return", _("There is no such return (RMA), or it is not meant for you."))
    return row


def by_once(ctx: Ctx, once: str) -> Rma | None:
    """The return that a form with this key made."""
    return ctx.session.scalar(sa.select(Rma).where(Rma.once == once)) if once else None


def by_source(ctx: Ctx, source: str | None) -> Rma | None:
    """The return that came from a part used, or an exchange."""
    return ctx.session.scalar(sa.select(Rma).where(Rma.source == source)) if source else None


def expected_of(ctx: Ctx, order_ids: Sequence[int], owner_id: int | None) -> list[Rma]:
    """What this person has to send back from these orders and has not yet, the first first."""
    if not order_ids:
        return []
    query = sa.select(Rma).where(Rma.order_id.in_(order_ids), Rma.state == "expected", Rma.owner_id == owner_id)
    return list(ctx.session.scalars(query.order_by(Rma.id)))


def returns_of(ctx: Ctx, order_id: int) -> list[Rma]:
    """The returns of an order, the first first."""
    query = sa.select(Rma).where(Rma.order_id == order_id).options(orm.joinedload(Rma.to_unit))
    return list(ctx.session.scalars(query.order_by(Rma.id)))


def found_by(ctx: Ctx, text: str, limit: int = 20) -> list[Rma]:
    """The returns that a scanned or typed text means: RMA number, code of the label, serial or tracking number; those
    that are still awaited first.
    """
    code = scanned(text)
    if not code:
        return []
    if code.startswith("#"):
        where: Any = Rma.id == int(code[1:])
    else:
        where = sa.or_(
            sa.func.upper(Rma.number) == code, sa.func.upper(Rma.serial) == code,
            sa.func.upper(Rma.tracking) == code, sa.func.upper(Rma.part_number) == code,
        )  # fmt: skip
    awaited = sa.case((Rma.state.in_(("expected", "sent")), 0), else_=1)
    return list(ctx.session.scalars(rows_of(ctx).where(where).order_by(awaited, Rma.id.desc()).limit(limit)))


def awaited_with_serial(ctx: Ctx, serial: str) -> Rma | None:
    """Another return that is awaited with this serial number."""
    wanted = sa.func.upper(Rma.serial) == serial.strip().upper()
    query = _returns().where(wanted, Rma.state.in_(("expected", "sent"))).order_by(Rma.id).limit(1)
    return ctx.session.scalar(query) if serial.strip() else None


def exchanged_on(ctx: Ctx, device_id: int) -> Order | None:
    """The newest order about a unit that was exchanged, of those that were not cancelled."""
    query = sa.select(Order).where(Order.device_id == device_id, Order.state.not_in(("cancelled", "archived")))
    return ctx.session.scalar(query.order_by(Order.id.desc()).limit(1))


# --- what the tables say --------------------------------------------------------------------------------------------


def comes_back(ctx: Ctx, order: Order, what: str, name: str, part_number: str) -> tuple[bool, OrgUnit | None, str]:
    """(whether it comes back, to which unit, in whose words) by the table ``service.rma_rules``."""
    facts = {
        "what": what, "kind": order.kind, "work_kind": order.work_kind or None, "by_agent": served_by_agent(order),
        "product_group": product_group(order) or None, "part": name or None, "part_number": part_number or None,
    }  # fmt: skip
    ruling = rule(ctx, "service.rma_rules", facts)
    out: Any = ruling.outputs or {}
    to = unit_coded(ctx, str(out["to"])) if out.get("to") else None
    return bool(out.get("comes_back")), to or headquarters(ctx), str(out.get("why") or "")


def limit_facts(item: Rma) -> dict[str, Any]:
    """Facts of the tables of limits of returns and of escalation; the clock's name is added later."""
    order = item.order
    return {
        "what": item.what, "purpose": item.purpose, "kind": order.kind, "urgency": order.urgency,
        "by_agent": served_by_agent(order),
    }  # fmt: skip


def chasing(ctx: Ctx, item: Rma) -> list[Chase]:
    """Who is chased how long after the deadline, by the table ``service.rma_chasing``."""
    facts = {
        "state": item.state, "what": item.what, "purpose": item.purpose, "by_agent": served_by_agent(item.order),
    }
    return steps_of(rule(ctx, "service.rma_chasing", facts).decision.all_outputs)


def to_chase(ctx: Ctx, limit: int = 200) -> list[int]:
    """The ids of returns somebody is to be chased for now, the oldest first."""
    query = sa.select(Rma.id).where(Rma.chase_at <= ctx.now, Rma.state.in_(AWAITED_STATES))
    return list(ctx.session.scalars(query.order_by(Rma.chase_at, Rma.id).limit(limit)))


# --- lists ----------------------------------------------------------------------------------------------------------


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    awaited = Rma.state.in_(AWAITED_STATES)
    clauses = {
        "mine": lambda: sa.and_(Rma.state == "expected", Rma.owner_id == ctx.actor.user_id),
        "overdue": lambda: sa.and_(awaited, Rma.urgent_at < ctx.now),
        "expected": lambda: Rma.state == "expected",
        "sent": lambda: Rma.state == "sent",
        "examine": lambda: Rma.state.in_(("received", "examined")),
        "open": lambda: Rma.state.in_(OPEN_STATES),
        "ended": lambda: Rma.state.not_in(OPEN_STATES),
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["open"])()


def search_clause(text: str) -> Any:
    """RMA number, number of the order, what it is, its numbers, tracking number."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        Rma.number.ilike(f"{escaped}%", escape="\\"),
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Rma.name.ilike(f"%{escaped}%", escape="\\"),
        Rma.part_number.ilike(f"{escaped}%", escape="\\"),
        Rma.serial.ilike(f"{escaped}%", escape="\\"),
        Rma.serial_received.ilike(f"{escaped}%", escape="\\"),
        Rma.tracking.ilike(f"%{escaped}%", escape="\\"),
    )


def count(ctx: Ctx, tab: str) -> int:
    """How many rows a tab has; 1,001 at most."""
    some = _returns().with_only_columns(Rma.id).where(tab_clause(ctx, tab)).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def to_send(ctx: Ctx, limit: int = 30) -> list[Rma]:
    """What this person has to send, the most urgent first."""
    query = rows_of(ctx).where(tab_clause(ctx, "mine")).order_by(Rma.urgent_at, Rma.id)
    return list(ctx.session.scalars(query.limit(limit)))


def to_examine(ctx: Ctx, limit: int = 30) -> list[Rma]:
    """What has come in and is to be examined, the most urgent first."""
    query = rows_of(ctx).where(Rma.state == "received").order_by(Rma.urgent_at, Rma.id)
    return list(ctx.session.scalars(query.limit(limit)))


def owned_by(ctx: Ctx, user_id: int) -> list[Rma]:
    """What a person still has to send."""
    query = sa.select(Rma).where(Rma.owner_id == user_id, Rma.state == "expected").order_by(Rma.id)
    return list(ctx.session.scalars(query))


def of_orders(ctx: Ctx, order_ids: Sequence[int]) -> list[Rma]:
    """The returns of some orders, locked for a change."""
    query = sa.select(Rma).where(Rma.order_id.in_(order_ids)).order_by(Rma.id)
    return list(ctx.session.scalars(query.with_for_update()))


def next_clocks(ctx: Ctx, ids: Sequence[int]) -> dict[int, Clock]:
    """Rma → its clock: the running one, else the one that stopped last; one statement."""
    query = sa.select(Clock).where(Clock.record_kind == RMA, Clock.record_id.in_(ids), Clock.state != "cancelled")
    found: dict[int, Clock] = {}
    for clock in ctx.session.scalars(query.order_by(Clock.id)):
        known = found.get(clock.record_id)
        if known is None or known.state not in ("running", "paused"):
            found[clock.record_id] = clock
    return found


def running_due(ctx: Ctx) -> dict[int, dt.datetime]:
    """Rma → the deadline of its running clock, of all; for when the module is switched on again."""
    query = sa.select(Clock.record_id, sa.func.min(Clock.due_at)).where(
        Clock.record_kind == RMA, Clock.state == "running"
    )
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Clock.record_id))}


def awaited(ctx: Ctx) -> list[Rma]:
    """All returns under a time limit."""
    query = sa.select(Rma).where(Rma.state.in_(AWAITED_STATES)).order_by(Rma.id)
    return list(ctx.session.scalars(query))
