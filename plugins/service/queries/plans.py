"""Reads of preventive plans and their visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, RecordRef, _, calendar, rule
from plugins.base.contracts import UNIT
from plugins.base.queries import customer_by_number
from plugins.service.models import WAITING_STATES, CarePlan, Occurrence, Order
from plugins.service.plan_contracts import STARTS, PlanStart
from plugins.service.queries.orders import COUNTED, product_group
from plugins.service.rules.plans import DRIFTING, Due, IsOpen, Rhythm, forecast, starts_of

SHOWN_AHEAD = 6
"""So many visits to come are shown."""
AT_ONCE = 200
"""So many plans are looked after in one run of the job."""


def get_plan(ctx: Ctx, plan_id: int, *, locked: bool = False) -> CarePlan:
    """The plan; NotFound when there is none for this person. ``locked``: nobody else changes it meanwhile."""
    query = sa.select(CarePlan).where(CarePlan.id == plan_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_plan", _("There is no such plan, or it is not meant for you."))
    return row


def find_plan(ctx: Ctx, plan_id: int) -> CarePlan | None:
    """The plan, if there is one for this person."""
    return ctx.session.scalar(sa.select(CarePlan).where(CarePlan.id == plan_id))


def by_key(ctx: Ctx, key: str | None) -> CarePlan | None:
    """The plan that has this key of a file or a form."""
    return ctx.session.scalar(sa.select(CarePlan).where(CarePlan.external_key == key)) if key else None


def known_keys(ctx: Ctx, keys: Sequence[str]) -> set[str]:
    """Which of these keys of an import are plans already."""
    query = sa.select(CarePlan.external_key).where(CarePlan.external_key.in_(keys))
    return {key for key in ctx.session.scalars(query) if key}


def rows_of(_ctx: Ctx) -> sa.Select:
    """Plans with what columns show of their customers and units."""
    return sa.select(CarePlan).options(orm.joinedload(CarePlan.customer), orm.joinedload(CarePlan.device))


def latest_of(ctx: Ctx, plan_id: int) -> Occurrence | None:
    """The newest time of a plan, whatever became of it."""
    query = sa.select(Occurrence).where(Occurrence.plan_id == plan_id).order_by(Occurrence.n.desc()).limit(1)
    return ctx.session.scalar(query)


def get_occurrence(ctx: Ctx, plan_id: int, occurrence_id: int) -> Occurrence:
    """One time of a plan; NotFound when it has no such one."""
    query = sa.select(Occurrence).where(Occurrence.id == occurrence_id, Occurrence.plan_id == plan_id)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_occurrence", _("The plan has no such visit."))
    return row


def occurrence_of(ctx: Ctx, order_id: int) -> Occurrence | None:
    """The time of a plan for which an order was opened."""
    query = sa.select(Occurrence).options(orm.joinedload(Occurrence.plan)).where(Occurrence.order_id == order_id)
    return ctx.session.scalar(query)


def occurrences() -> sa.Select:
    """Times of plans with their orders."""
    return sa.select(Occurrence).options(orm.joinedload(Occurrence.order), orm.joinedload(Occurrence.plan))


def search_units(ctx: Ctx, text: str, customer_number: str = "", limit: int = 12) -> list[Any]:
    """Units whose serial number begins with the text (any, where a customer is named), with product and owner."""
    text = text.strip()[:80].upper()
    customer = customer_by_number(ctx, customer_number.strip()) if customer_number.strip() else None
    if len(text) < 2 and customer is None:
        return []
    model: Any = ctx.registry.kinds[UNIT].model
    begins = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    query = sa.select(model).where(
        model.serial.like(begins, escape="\\"), model.serial.is_not(None), model.merged_into_id.is_(None)
    )
    query = query.where(model.customer_id == customer.id) if customer is not None else query
    query = query.options(orm.joinedload(model.product), orm.joinedload(model.customer))
    return list(ctx.session.scalars(query.order_by(model.serial).limit(limit)))


def starts_for(ctx: Ctx, order: Order) -> list[PlanStart]:
    """The plans that the company's table begins when this installation is accepted."""
    product = order.product
    facts = {"product_group": product_group(order) or None, "product": product.code if product is not None else None}
    return starts_of(rule(ctx, STARTS, facts, record=order).decision.all_outputs)


def due_to_open(ctx: Ctx, today: dt.date) -> list[int]:
    """Ids of plans whose next order is to be opened by ``today``, in the order in which they are locked."""
    query = sa.select(CarePlan.id).where(CarePlan.state == "active", CarePlan.opens_on <= today)
    return sorted(ctx.session.scalars(query.order_by(CarePlan.opens_on, CarePlan.id).limit(AT_ONCE)))


def run_out(ctx: Ctx, today: dt.date) -> list[int]:
    """Ids of plans that are over, with no visit left to make."""
    waiting = sa.select(Occurrence.id).where(
        Occurrence.plan_id == CarePlan.id,
        Occurrence.company_id == CarePlan.company_id,
        Occurrence.state.in_(WAITING_STATES),
    )
    query = sa.select(CarePlan.id).where(
        CarePlan.state == "active", CarePlan.next_on.is_(None), CarePlan.ends_on < today, ~waiting.exists()
    )
    return sorted(ctx.session.scalars(query.order_by(CarePlan.id).limit(AT_ONCE)))


def open_under(ctx: Ctx, contract: RecordRef) -> int:
    """How many visits planned under a contract have an order that is not settled yet: they will use it."""
    query = (
        sa.select(sa.func.count(Occurrence.id))
        .join(CarePlan, sa.and_(CarePlan.id == Occurrence.plan_id, CarePlan.company_id == Occurrence.company_id))
        .join(Order, sa.and_(Order.id == Occurrence.order_id, Order.company_id == Occurrence.company_id))
        .where(
            Occurrence.state == "open", Order.work_kind == "contract", CarePlan.contract_kind == contract.kind,
            CarePlan.contract_ref == contract.id,
        )
    )  # fmt: skip
    return ctx.session.scalar(query) or 0


# --- what is to come --------------------------------------------------------------------------------------------------


def rhythm_of(plan: Any) -> Rhythm:
    """The rhythm that a plan, or one that is entered, names."""
    return Rhythm(plan.every, plan.period, plan.closed_days, plan.ends_on)


def open_days(ctx: Ctx, code: str) -> IsOpen:
    """Whether a day is worked by a calendar of the company."""
    return calendar(ctx, code).is_working_day


def counted_from(plan: CarePlan, latest: Occurrence | None) -> tuple[dt.date, dt.date, Due | None]:
    """(day from which steps are counted, first day on which one may lie, the one before) of a plan."""
    if latest is None:
        return plan.starts_on, max(plan.first_on, plan.starts_on), None
    before = Due(latest.nominal_on, latest.due_on)
    if plan.rhythm != DRIFTING:
        return plan.starts_on, max(plan.first_on, plan.starts_on), before
    anchor = latest.settled_on or latest.due_on
    return anchor, max(plan.first_on, anchor + dt.timedelta(days=1)), before


def ahead_of(ctx: Ctx, plan: CarePlan, limit: int = SHOWN_AHEAD) -> list[Due]:
    """The visits to come, the next first; none for a plan that rests. While a drifting plan waits for a visit, as if
    that were made on its due day.
    """
    if plan.state != "active":
        return []
    anchor, first, before = counted_from(plan, latest_of(ctx, plan.id))
    found = forecast(
        rhythm_of(plan), open_days(ctx, plan.calendar), drifting=plan.rhythm == DRIFTING, anchor=anchor, first=first,
        after=before,
    )  # fmt: skip
    return [due for _number, due in zip(range(limit), found, strict=False)]


# --- lists ------------------------------------------------------------------------------------------------------------


def overdue(ctx: Ctx) -> sa.ColumnElement[bool]:
    """The condition of times that should have been settled before today."""
    return sa.and_(Occurrence.state.in_(WAITING_STATES), Occurrence.due_on < ctx.today)


def _with(condition: Any) -> Any:
    own = sa.and_(Occurrence.plan_id == CarePlan.id, Occurrence.company_id == CarePlan.company_id)
    return sa.select(Occurrence.id).where(own, condition).exists()


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the tabs of the list of plans."""
    clauses = {
        "active": lambda: CarePlan.state == "active",
        "mine": lambda: sa.and_(CarePlan.state != "ended", CarePlan.assignee_id == (ctx.actor.user_id or 0)),
        "overdue": lambda: _with(overdue(ctx)),
        "held": lambda: _with(Occurrence.state == "held"),
        "paused": lambda: CarePlan.state == "paused",
        "ended": lambda: CarePlan.state == "ended",
    }
    return clauses[tab]() if tab in clauses else sa.true()


def search_clause(text: str) -> Any:
    """Number or name of the plan, name of the customer, serial number of the unit."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        CarePlan.number.ilike(f"{escaped}%", escape="\\"),
        CarePlan.name.ilike(f"%{escaped}%", escape="\\"),
        CarePlan.customer.has(name=text),
        CarePlan.device.has(serial=text),
    )


def late_of(ctx: Ctx, plan_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(overdue, held back) of plans that have such visits, in one statement."""
    late = sa.func.sum(sa.case((overdue(ctx), 1), else_=0))
    held = sa.func.sum(sa.case((Occurrence.state == "held", 1), else_=0))
    query = (
        sa.select(Occurrence.plan_id, late, held)
        .where(Occurrence.plan_id.in_(list(plan_ids)), Occurrence.state.in_(WAITING_STATES))
        .group_by(Occurrence.plan_id)
    )
    return {plan_id: (int(a), int(b)) for plan_id, a, b in ctx.session.execute(query)}


def count_overdue(ctx: Ctx) -> int:
    """How many planned visits should have been made before today, as far as this person sees the plans."""
    query = _joined(overdue(ctx)).limit(COUNTED)
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _joined(condition: Any) -> sa.Select:
    own = sa.and_(CarePlan.id == Occurrence.plan_id, CarePlan.company_id == Occurrence.company_id)
    return sa.select(Occurrence.id, CarePlan.id).join(CarePlan, own).where(condition)


def to_decide(ctx: Ctx, limit: int = 50) -> list[Occurrence]:
    """Visits of this person's plans that are held back or overdue, the oldest first."""
    own = sa.and_(CarePlan.id == Occurrence.plan_id, CarePlan.company_id == Occurrence.company_id)
    query = occurrences().join(CarePlan, own).where(
        CarePlan.assignee_id == (ctx.actor.user_id or 0), sa.or_(Occurrence.state == "held", overdue(ctx))
    )
    return list(ctx.session.scalars(query.order_by(Occurrence.due_on, Occurrence.id).limit(limit)))


def plans_of(ctx: Ctx, *, customer_id: int | None = None, device_id: int | None = None, limit: int = 8) -> list:
    """Plans of a customer or a unit: those that run first, the next due first."""
    query = sa.select(CarePlan)
    query = query.where(CarePlan.customer_id == customer_id) if customer_id else query
    query = query.where(CarePlan.device_id == device_id) if device_id else query
    order = (sa.case((CarePlan.state == "active", 0), (CarePlan.state == "paused", 1), else_=2), CarePlan.id.desc())
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def looked_after_by(ctx: Ctx, user_id: int) -> list[CarePlan]:
    """The plans of a person that are not ended."""
    query = sa.select(CarePlan).where(CarePlan.assignee_id == user_id, CarePlan.state != "ended")
    return list(ctx.session.scalars(query.order_by(CarePlan.id)))
