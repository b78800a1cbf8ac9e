"""What preventive plans are found by in the search box, and filing one on another customer or unit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Refilable, Searchable, SearchText, emit_if_changed
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.service.models import CarePlan

RIGHT = "base.record.refile"


def _found(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(CarePlan).where(CarePlan.id.in_(ids))
    query = query.options(orm.joinedload(CarePlan.customer), orm.joinedload(CarePlan.device))
    found = {}
    for p in ctx.session.scalars(query):
        whose = p.customer.name if p.customer else ""
        serial = p.device.serial or "" if p.device else ""
        found[p.id] = SearchText(f"{p.number} {p.name}", whose, (serial,), p.unit_id, p.assignee_id)
    return found


def _place(ctx: Ctx, plan: Any, kind: str, target: Any) -> None:
    plan.contract_kind, plan.contract_ref, plan.contract_words = "", None, ""
    if kind == UNIT:
        plan.customer_id = target.customer_id if target.customer_id is not None else plan.customer_id
    elif plan.device_id is not None:
        model: Any = ctx.registry.kinds[UNIT].model
        device = ctx.session.scalar(sa.select(model).where(model.id == plan.device_id))
        if device is None or device.customer_id != target.id:
            plan.device_id = None


def _settled(ctx: Ctx, plan: Any) -> None:
    emit_if_changed(ctx, "service.plan_refiled", plan, number=plan.number)


PLANS = Searchable(_found)
FILED = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, _place, _settled)
