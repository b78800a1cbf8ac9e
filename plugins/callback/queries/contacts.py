"""How often somebody is called in a month, whatever the reasons: calls of the plan, and campaigns that ask by phone."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, get_setting
from plugins.callback.models import Call
from plugins.callback.models.calls import HELD
from plugins.callback.models.surveys import Campaign, Invitation
from plugins.callback.rules.calendar import month_of


def asked_by_phone(
    ctx: Ctx, first: dt.date, last: dt.date, whom: Callable[[Any], Any]
) -> dict[int, list[dt.date]]:
    """Customer → the days on which a campaign asked by phone, of those that ``whom`` (a clause of the id) chooses.

    An opinion card of a service is not counted by itself: the call after the service asks its questions.
    """
    query = sa.select(Invitation.customer_id, Invitation.day).join(Campaign, Campaign.id == Invitation.campaign_id)
    query = query.where(
        Campaign.audience == "customers", Invitation.way == "phone", Invitation.state != "left_out",
        Invitation.day.between(first, last), Invitation.customer_id.is_not(None), whom(Invitation.customer_id),
    )  # fmt: skip
    found: dict[int, list[dt.date]] = defaultdict(list)
    for customer_id, day in ctx.session.execute(query):
        found[customer_id or 0].append(day)
    return found


def full_this_month(ctx: Ctx, customer_ids: Iterable[int]) -> set[int]:
    """Those of the customers who are called as often this month as the setting allows; two statements for all."""
    first, last = month_of(ctx.today)
    ids = sorted(set(customer_ids)) or [0]
    counts: Counter[int] = Counter()
    query = sa.select(Call.customer_id, sa.func.count()).where(
        Call.customer_id.in_(ids), Call.day.between(first, last), Call.state.in_(HELD)
    )
    for customer_id, count in ctx.session.execute(query.group_by(Call.customer_id)):
        counts[customer_id] += count
    for customer_id, days in asked_by_phone(ctx, first, last, lambda column: column.in_(ids)).items():
        counts[customer_id] += len(days)
    most = int(get_setting(ctx, "callback.month_limit"))
    return {customer_id for customer_id, count in counts.items() if count >= most}
