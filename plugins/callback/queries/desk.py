"""Reading the phone desk: how the service phone is covered, who answers for a moment, missed calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _, ask, get_setting
from plugins.base.contracts import CUSTOMER, DutyPlan
from plugins.callback.calling_contracts import Answerable
from plugins.callback.models import MissedCall
from plugins.callback.queries.calls import names_of
from plugins.callback.rules.desk import answerable, choose

_DAY = dt.timedelta(days=1)


def plan_of(ctx: Ctx, begins: dt.datetime, ends: dt.datetime) -> DutyPlan | None:
    """How the service phone is covered: the roster of the setting, else the only one in use; None where none is."""
    code = str(get_setting(ctx, "callback.desk_roster")).strip()
    return choose(ask(ctx, "duty_plans", begins=begins, ends=ends, code=code) or [])


def rosters(ctx: Ctx) -> list[tuple[str, str]] | None:
    """(code, name) of the rosters in use; None where no module knows duty."""
    found = ask(ctx, "duty_plans", begins=ctx.now, ends=ctx.now + dt.timedelta(minutes=1), code="")
    return None if found is None else [(plan.code, plan.name) for plan in found]


def who_answers(ctx: Ctx, moments: Sequence[dt.datetime]) -> tuple[str, dict[dt.datetime, Answerable]]:
    """(code of the roster, moment → who had to answer the phone then); as many statements for all as for one."""
    if not moments:
        return "", {}
    plan = plan_of(ctx, min(moments), max(moments) + dt.timedelta(minutes=1))
    names = names_of(ctx, [plan.responsible_id]) if plan is not None else {}
    found = {}
    for moment in moments:
        who, why = answerable(plan, moment)
        name = next((p.name for p in plan.people if p.user_id == who), "") if plan is not None and who else ""
        found[moment] = Answerable(who, name or names.get(who or 0, ""), why)
    return (plan.code if plan is not None else ""), found


def get_missed(ctx: Ctx, missed_id: int, *, lock: bool = False) -> MissedCall:
    """One missed call. Raises NotFound."""
    row = ctx.session.get(MissedCall, missed_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_missed", _("There is no such missed call, or it is not meant for you."))
    return row


def known_keys(ctx: Ctx, keys: Iterable[str]) -> set[str]:
    """Which of these keys are there already; one statement."""
    query = sa.select(MissedCall.external_key).where(MissedCall.external_key.in_(sorted(set(keys)) or [""]))
    return {key for key in ctx.session.scalars(query) if key}


def missed_by_key(ctx: Ctx, key: str) -> MissedCall | None:
    """The missed call of a key."""
    return ctx.session.scalar(sa.select(MissedCall).where(MissedCall.external_key == key))


def customers_of(ctx: Ctx, numbers: Iterable[str]) -> dict[str, int]:
    """Number → the customer whose alone it is; one statement."""
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    phone = customer.phones.property.mapper.class_
    query = sa.select(phone.number, phone.customer_id).where(phone.number.in_(sorted(set(numbers)) or [""]))
    found: dict[str, set[int]] = {}
    for number, customer_id in ctx.session.execute(query):
        found.setdefault(number, set()).add(customer_id)
    return {number: ids.pop() for number, ids in found.items() if len(ids) == 1}


def waiting(_ctx: Ctx) -> sa.Select:
    """Those to be called back; to be sorted by ``due_at``."""
    return sa.select(MissedCall).options(orm.joinedload(MissedCall.customer)).where(MissedCall.state == "open")


def open_missed(ctx: Ctx, user_id: int | None, limit: int = 50) -> list[MissedCall]:
    """Those that a person has to call back, the most urgent first."""
    query = waiting(ctx).where(MissedCall.assignee_id == user_id)
    return list(ctx.session.scalars(query.order_by(MissedCall.due_at, MissedCall.id).limit(limit)))


def missed_on(ctx: Ctx, day: dt.date) -> sa.Select:
    """Those of a day; to be sorted by ``at``."""
    start = dt.datetime.combine(day, dt.time(), ctx.tz)
    query = sa.select(MissedCall).options(orm.joinedload(MissedCall.customer))
    return query.where(MissedCall.at >= start, MissedCall.at < start + _DAY)


def month_of_people(ctx: Ctx, first: dt.date, last: dt.date) -> list[tuple[int, str, int, Any]]:
    """(person, name, missed calls that stand, their amount) from one day to another, the most first."""
    start = dt.datetime.combine(first, dt.time(), ctx.tz)
    end = dt.datetime.combine(last + _DAY, dt.time(), ctx.tz)
    query = (
        sa.select(MissedCall.answerable_id, sa.func.count(), sa.func.sum(MissedCall.amount))
        .where(MissedCall.at >= start, MissedCall.at < end, MissedCall.answerable_id.is_not(None))
        .where(MissedCall.consequence.in_(("stands", "appealed")))
        .group_by(MissedCall.answerable_id)
    )
    rows = [(int(who or 0), int(count), amount) for who, count, amount in ctx.session.execute(query)]
    names = names_of(ctx, [who for who, _count, _amount in rows])
    return sorted(((w, names.get(w, ""), n, amount) for w, n, amount in rows), key=lambda r: (-r[2], r[0]))


def count_missed(ctx: Ctx, condition: Any) -> int:
    """How many that are still to be called back fit."""
    query = sa.select(sa.func.count()).select_from(MissedCall).where(MissedCall.state == "open", condition)
    return ctx.session.scalar(query) or 0


def days_shown(ctx: Ctx) -> int:
    """How many days the phone desk looks ahead."""
    return int(get_setting(ctx, "callback.desk_days"))
