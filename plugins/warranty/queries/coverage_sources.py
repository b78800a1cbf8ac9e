"""Where the facts of a case come from: periods and the repair register."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.api import Ctx
from plugins.base.queries import get_unit
from plugins.warranty.contracts import PeriodState, RepairFacts
from plugins.warranty.models import Term

_STARTS = {
    "acceptance": "accepted_on",
    "installation": "installed_on",
    "delivery": "delivery_date",
    "sale": "sale_date",
    "production": "production_date",
}


def periods_of(ctx: Ctx, unit_id: int, on: dt.date) -> tuple[PeriodState, ...]:
    """The periods of a unit on a day, by the terms in force that limit it in time."""
    unit = get_unit(ctx, unit_id)
    query = sa.select(Term).where(Term.state == "in_force", Term.cover != "repair", Term.amount.is_not(None))
    return tuple(_state(term, unit, on) for term in ctx.session.scalars(query.order_by(Term.id)) if _fits(term, unit))


def _fits(term: Term, unit: Any) -> bool:
    return (
        term.product_id in (None, unit.product_id)
        and term.product_group in ("", unit.product.group)
        and term.customer_id in (None, unit.customer_id)
    )


def _state(term: Term, unit: Any, on: dt.date) -> PeriodState:
    known = [(event, getattr(unit, _STARTS[event]), days) for event, days in term.starts if event in _STARTS]
    event, day, after = next(((e, d, a) for e, d, a in known if d is not None), ("", None, 0))
    if day is None:
        return PeriodState(term.id, term.code, term.name, term.cover, term.part_group, "unknown", clause=term.clause)
    start = day + dt.timedelta(days=after)
    last = _end(start, term.amount or 0, term.amount_unit)
    left = (last - on).days
    state = "not_started" if on < start else "over" if left < 0 else "last_day" if left == 0 else "running"
    return PeriodState(
        term.id, term.code, term.name, term.cover, term.part_group, state, event, start, last, max(left + 1, 0),
        clause=term.clause,
    )  # fmt: skip


def _end(start: dt.date, amount: int, unit: str) -> dt.date:
    if unit == "days":
        return start + dt.timedelta(days=amount)
    months = start.year * 12 + start.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def repair_facts(_ctx: Ctx, _unit_id: int, _problem: str, _on: dt.date) -> RepairFacts:
    """What the repair register says; nothing while there is none."""
    return RepairFacts()
