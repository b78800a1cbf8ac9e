"""Reads of what is put to departments, and who decides there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.api import Ctx, Membership, Role
from plugins.service.models import Escalation, Order
from plugins.service.queries import routing

JUDGE = "service.order.assess"


def escalations_of(ctx: Ctx, order_id: int) -> list[Escalation]:
    """What was put to departments about an order, the newest first."""
    query = sa.select(Escalation).where(Escalation.order_id == order_id).order_by(Escalation.id.desc())
    return list(ctx.session.scalars(query))


def undecided_on(ctx: Ctx, order_ids: Sequence[int]) -> list[int]:
    """Which of these orders have a question that is not decided yet."""
    if not order_ids:
        return []
    query = sa.select(Escalation.order_id).where(Escalation.order_id.in_(order_ids), Escalation.answered_at.is_(None))
    return sorted(set(ctx.session.scalars(query)))


def open_on(ctx: Ctx, order_id: int) -> Escalation | None:
    """The question that is not decided yet."""
    query = sa.select(Escalation).where(Escalation.order_id == order_id, Escalation.answered_at.is_(None))
    return ctx.session.scalar(query)


def deciders(ctx: Ctx, order: Order, unit_id: int) -> list[int]:
    """Who decides in a unit: those there who judge orders and see this one; where none is, the heads of the company,
    and at last whoever judges orders for the whole company.
    """
    judging = {r.code for r in ctx.session.scalars(sa.select(Role)) if JUDGE in r.permissions}
    query = sa.select(Membership).where(Membership.active.is_(True))
    able = [m for m in ctx.session.scalars(query.order_by(Membership.user_id)) if judging & set(m.role_codes)]
    seeing = [m for m in able if m.data_scope == "company" or m.unit_id == order.unit_id]
    there = [m.user_id for m in seeing if m.unit_id == unit_id]
    above = [m for m in seeing if m.data_scope == "company"]
    role = routing.route_of(ctx, order).tell_role
    return there or [m.user_id for m in above if role in m.role_codes] or [m.user_id for m in above]
