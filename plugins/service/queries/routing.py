"""Which organisation unit serves an order that comes in (GS-3), by the company's table, and who there is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Membership, OrgUnit, people_with_role, rule
from plugins.service.models import Order
from plugins.service.queries import orders


@dataclass(frozen=True)
class Route:
    """The unit (None: there is none at all) and the role that is told there."""

    unit: OrgUnit | None
    tell_role: str = ""


def route(
    ctx: Ctx, *, kind: str, product_group: str, places: tuple[str, ...], own_unit_id: int | None
) -> Route:
    """Where the table ``service.routing`` sends an order; to headquarters when the unit that it names is lacking."""
    told = " ".join(p for p in places if p)
    serving, own = orders.unit_for_region(ctx, told), orders.find_unit(ctx, own_unit_id)
    facts = {
        "kind": kind, "product_group": product_group or None, "place": told or None,
        "place_served": serving is not None, "has_own": own is not None,
    }
    out: Any = rule(ctx, "service.routing", facts).decision.outputs or {}
    to = out.get("to")
    named = orders.unit_coded(ctx, str(out["unit"])) if to == "unit" and out.get("unit") else None
    unit = {"place": serving, "own": own, "unit": named}.get(str(to))
    return Route(unit or orders.headquarters(ctx), str(out.get("tell_role") or ""))


def route_of(ctx: Ctx, order: Order) -> Route:
    """The same for an order that is there."""
    own = (order.device.unit_id if order.device else None) or (order.customer.unit_id if order.customer else None)
    places = (order.address, order.region)
    group = orders.product_group(order)
    return route(ctx, kind=order.kind, product_group=group, places=places, own_unit_id=own)


def told_in(ctx: Ctx, role: str, unit_id: int | None) -> list[int]:
    """The people with a role in a unit; where none is, those who hold it for the whole company."""
    if not role:
        return []
    holders = people_with_role(ctx, role)
    query = sa.select(Membership.user_id, Membership.unit_id, Membership.data_scope).where(
        Membership.active.is_(True), Membership.user_id.in_(holders)
    )
    rows = ctx.session.execute(query).all()
    there = sorted(user_id for user_id, unit, _scope in rows if unit == unit_id)
    return there or sorted(user_id for user_id, _unit, scope in rows if scope == "company")
