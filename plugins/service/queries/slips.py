"""Reads of signed slips. Who sees the order sees them: each statement joins it, and the session scopes that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.service.models import Order, Slip, SlipPage
from plugins.service.queries.orders import COUNTED, served_by_agent
from plugins.service.slip_contracts import SLIP_STEP


def _slips() -> sa.Select:
    return sa.select(Slip).join(Order, sa.and_(Order.id == Slip.order_id, Order.company_id == Slip.company_id))


def rows_of(_ctx: Ctx) -> sa.Select:
    """Slips with what columns show of their orders."""
    order = orm.joinedload(Slip.order)
    return _slips().options(order.joinedload(Order.customer), order.joinedload(Order.office))


def get_slip(ctx: Ctx, slip_id: int) -> Slip:
    """The slip; NotFound when there is none for this person."""
    row = ctx.session.scalar(_slips().where(Slip.id == slip_id))
    if row is None:
        raise NotFound("unknown_slip", _("There is no such slip, or it is not meant for you."))
    return row


def by_once(ctx: Ctx, once: str) -> Slip | None:
    """The slip that a form with this key sent."""
    return ctx.session.scalar(_slips().where(Slip.once == once)) if once else None


def slips_of(ctx: Ctx, order_id: int) -> list[Slip]:
    """The slips of an order, the newest first."""
    return list(ctx.session.scalars(sa.select(Slip).where(Slip.order_id == order_id).order_by(Slip.id.desc())))


def newest_of_orders(ctx: Ctx, order_ids: Sequence[int]) -> dict[int, Slip]:
    """Order's id → the slip that counts, of those that have one."""
    if not order_ids:
        return {}
    query = sa.select(Slip).where(Slip.order_id.in_(order_ids)).order_by(Slip.id)
    query = query.options(orm.joinedload(Slip.order).joinedload(Order.office))
    return {slip.order_id: slip for slip in ctx.session.scalars(query)}


def newest_of(ctx: Ctx, order_id: int) -> Slip | None:
    """The slip that counts."""
    query = sa.select(Slip).where(Slip.order_id == order_id).order_by(Slip.id.desc()).limit(1)
    return ctx.session.scalar(query)


def pages_of(ctx: Ctx, slip_id: int) -> list[SlipPage]:
    """The pages of a slip, in their order."""
    query = sa.select(SlipPage).where(SlipPage.slip_id == slip_id).order_by(SlipPage.number)
    return list(ctx.session.scalars(query.options(orm.joinedload(SlipPage.file))))


def limit_facts(order: Order) -> dict[str, Any]:
    """Facts of the tables of limits of slips and of escalation; the clock's name is added later."""
    return {
        "kind": order.kind, "urgency": order.urgency, "work_kind": order.work_kind or None,
        "by_agent": served_by_agent(order),
    }  # fmt: skip


def judging_role(order: Order) -> str:
    """The role that judges the slip of this order; empty: whoever has the right."""
    return str((order.steps.get(SLIP_STEP) or {}).get("role") or "")


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    clauses = {
        "waiting": lambda: Slip.state == "waiting",
        "sent_back": lambda: sa.and_(Slip.state == "sent_back", Order.is_open.is_(True)),
        "original": lambda: sa.and_(Slip.tracking != "", Slip.original_at.is_(None), Slip.state != "replaced"),
        "accepted": lambda: Slip.state == "accepted",
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["all"])()


def search_clause(text: str) -> Any:
    """Number of the order, what it is about, who signed, tracking number."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Order.subject.ilike(f"%{escaped}%", escape="\\"),
        Slip.signed_by.ilike(f"%{escaped}%", escape="\\"),
        Slip.tracking.ilike(f"%{escaped}%", escape="\\"),
    )


def count(ctx: Ctx, tab: str) -> int:
    """How many rows a tab has; 1,001 at most."""
    some = _slips().with_only_columns(Slip.id).where(tab_clause(ctx, tab)).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def to_judge(ctx: Ctx, limit: int = 30) -> list[Slip]:
    """Slips that wait for headquarters, the first sent first."""
    query = rows_of(ctx).where(Slip.state == "waiting").order_by(Slip.sent_at, Slip.id)
    return list(ctx.session.scalars(query.limit(limit)))


def of_orders(ctx: Ctx, order_ids: list[int]) -> list[Slip]:
    """The slips of some orders."""
    return list(ctx.session.scalars(sa.select(Slip).where(Slip.order_id.in_(order_ids)).order_by(Slip.id)))
