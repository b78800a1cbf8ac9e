"""The service phone of a software house, set up by its profile and nothing else (SWM-2.5, SWM-2.6)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import get_setting, use_locale
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData
from plugins.callback.calling_contracts import MissedData
from plugins.callback.models import Call, Need
from plugins.callback.queries import desk as queries
from plugins.callback.services import calls, desk, planning
from plugins.workforce.contracts import LineData, RosterData
from plugins.workforce.models import Roster
from plugins.workforce.services import rosters
from tests.support import policy_site

MONDAY = moment("2026-03-02 08:00")
PHONE = "138 0013 8000"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("software")


def furnish(installation) -> None:
    """Li has the phone on Monday until 16:00, Wu after that until 21:00; Sun answers for the roster."""
    office = installation.company("software", locale="en", now=MONDAY)
    policy_site.apply(office, "software")
    policy_site.people(office, {"sun": "manager", "li": "agent", "wu": "agent"})
    ctx = office.system(MONDAY)
    row = roster(ctx, "service_phone")
    data = RosterData(
        row.code, row.name, ctx.today, begins=row.begins, ends=row.ends, phone="400 820 8820", user_id=who(ctx)["Sun"]
    )
    rosters.save_roster(ctx, data, row.id)
    for person, begins, ends in (("Li", 9, 16), ("Wu", 16, 21)):
        rosters.add_line(ctx, row.id, LineData(1, 0, begins * 60, ends * 60, who(ctx)[person]))
    rosters.plan_by_pattern(ctx, row.id, ctx.today, ctx.today)
    customer = base.save_customer(ctx, CustomerData("City Library", "company"))
    base.add_phone(ctx, customer.id, PhoneData(PHONE))


def roster(ctx, code: str) -> Roster:
    return ctx.session.scalars(sa.select(Roster).where(Roster.code == code)).one()


def who(ctx) -> dict[str, int]:
    from core.auth.models import User

    return {name: number for number, name in ctx.session.execute(sa.select(User.id, User.name))}


@pytest.mark.clause("SWM-2.6")
def test_the_service_phone_is_staffed_from_nine_to_ten_at_night_and_what_nobody_answers_costs_its_owner_fifty_yuan(
    office,
):
    ctx = office.system(moment("2026-03-02 23:00"))
    assert get_setting(ctx, "callback.desk_roster") == "service_phone"
    plan = queries.plan_of(ctx, moment("2026-03-02 00:00"), moment("2026-03-03 00:00"))
    assert [(w.starts_at, w.ends_at) for w in plan.windows] == [
        (moment("2026-03-02 09:00"), moment("2026-03-02 22:00"))
    ]
    assert [(g.starts_at, g.ends_at) for g in plan.gaps] == [(moment("2026-03-02 21:00"), moment("2026-03-02 22:00"))]
    people = who(ctx)
    for at, owner, why, amount in (
        ("08:59", None, "nobody", None),
        ("09:00", "Li", "on_duty", Decimal(50)),
        ("20:59", "Wu", "on_duty", Decimal(50)),
        ("21:59", "Sun", "responsible", Decimal(50)),
        ("22:00", None, "nobody", None),
    ):
        row, _new = desk.record_missed(ctx, MissedData(moment(f"2026-03-02 {at}"), PHONE))
        assert (row.answerable_id, row.attribution, row.amount) == (people.get(owner), why, amount), at
    month = queries.month_of_people(ctx, dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert sorted((name, count, amount) for _id, name, count, amount in month) == [
        ("Li", 1, Decimal(50)), ("Sun", 1, Decimal(50)), ("Wu", 1, Decimal(50)),
    ]  # fmt: skip


def test_an_emergency_phone_is_staffed_around_the_clock(office):
    ctx = office.system(MONDAY)
    row = roster(ctx, "emergency_phone")
    assert (row.covers, row.begins, row.ends, row.needed) == ("daily", 0, 0, 1)
    plans = {
        p.code: p for p in queries.ask(ctx, "duty_plans", begins=MONDAY, ends=MONDAY + dt.timedelta(days=1), code="")
    }
    covered = sum((w.ends_at - w.starts_at for w in plans["emergency_phone"].windows), dt.timedelta())
    assert covered == dt.timedelta(days=1)


@pytest.mark.clause("SWM-2.5")
def test_every_customer_is_called_by_the_plan_of_each_quarter(office):
    ctx = office.system(moment("2026-03-30 09:00"))
    for day in (dt.date(2026, 4, 1), dt.date(2026, 7, 1)):
        planning.plan_now(ctx, calls.open_period(ctx, day))
    query = sa.select(Need.reason, Call.day).join(Call, Call.id == Need.call_id).order_by(Call.day)
    found = [(reason, (day.month - 1) // 3 + 1) for reason, day in ctx.session.execute(query)]
    assert found == [("opinion", 2), ("opinion", 3)]
