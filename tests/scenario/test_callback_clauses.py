"""Calls after delivery, phone tours by customer class, new products and first uses: planned as the policies say."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import use_locale
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.callback.models import Call, Need
from plugins.callback.queries import calls as queries
from plugins.callback.queries import plan
from plugins.callback.queries.tally import figures
from plugins.callback.services import calls, planning
from tests.support import policy_site


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def installation(databases, database_kind):
    with databases.furnished(database_kind, lambda _installation: None) as made:
        yield made


def company(installation, profile: str, **unit):
    """A company set up by a profile, with an agent, and a customer with a phone and one unit."""
    office = installation.company("acme", locale="en")
    policy_site.apply(office, profile)
    policy_site.people(office, {"boss": "manager", "li": "agent"})
    ctx = office.system(moment("2026-12-15 09:00"))
    product = base.save_product(ctx, ProductData("A-1", "Analyser", new_until=unit.pop("new_until", None)))
    owner = base.save_customer(ctx, CustomerData("City Hospital", "company", unit.pop("klass", "")))
    base.add_phone(ctx, owner.id, PhoneData("138 0013 8000"))
    base.save_unit_record(ctx, UnitData(product.id, "SN-1", customer_id=owner.id, **unit))
    return office


def planned(office, now: str, day: dt.date):
    """The quarter of a day, planned at a moment: what was asked for, by reason."""
    ctx = office.system(moment(now))
    period = calls.open_period(ctx, day)
    planning.plan_now(ctx, period)
    query = sa.select(Need.reason, Call.day).join(Call, Call.id == Need.call_id).where(Need.period_id == period.id)
    return ctx, period, sorted((reason, day) for reason, day in ctx.session.execute(query))


@pytest.mark.clause("DEF-8.1")
def test_after_delivery_there_is_a_phone_call_each_quarter(installation):
    office = company(installation, "defence", delivery_date=dt.date(2026, 12, 20))
    for now, first in (("2026-12-29 09:00", dt.date(2027, 1, 1)), ("2027-03-30 09:00", dt.date(2027, 4, 1)),
                       ("2027-06-29 09:00", dt.date(2027, 7, 1))):  # fmt: skip
        _ctx, period, found = planned(office, now, first)
        assert [reason for reason, _day in found] == ["delivery"]
        assert all(period.first <= day <= period.last for _reason, day in found)


@pytest.mark.clause("DEF-8.2")
def test_who_uses_reliability_products_is_called_once_a_year_at_least(installation):
    office = company(installation, "defence", klass="reliability")
    found = []
    for quarter in range(4):
        first = dt.date(2027, 3 * quarter + 1, 1)
        _ctx, _period, rows = planned(office, f"{first - dt.timedelta(days=2)} 09:00", first)
        found += [reason for reason, _day in rows]
    assert found == ["yearly"], "once in the four quarters of a year"


@pytest.mark.clause("IVD-6")
@pytest.mark.clause("IVD-4")
def test_a_new_product_is_followed_up_every_month_at_first_and_opinions_are_asked_regularly(installation):
    office = company(
        installation, "medical_dealer", delivery_date=dt.date(2027, 1, 2), new_until=dt.date(2027, 12, 31)
    )
    _ctx, _period, first = planned(office, "2026-12-30 09:00", dt.date(2027, 1, 1))
    assert [day.month for reason, day in first if reason == "new_product"] == [1, 2, 3]
    later = [planned(office, f"2027-{m:02d}-28 09:00", dt.date(2027, m + 1, 1))[2] for m in (3, 6, 9)]
    rows = [reason for found in (first, *later) for reason, _day in found]
    assert rows.count("opinion") == 2, "each half year"
    assert rows.count("new_product") <= 4, "no longer new after three months"


@pytest.mark.clause("INS-3")
def test_after_installation_there_are_regular_calls_a_first_one_within_two_weeks_then_one_each_quarter(installation):
    office = company(installation, "medical_dealer", installed_on=dt.date(2027, 1, 4))
    found = []
    for now, first in (("2026-12-30 09:00", dt.date(2027, 1, 1)), ("2027-03-30 09:00", dt.date(2027, 4, 1)),
                       ("2027-06-29 09:00", dt.date(2027, 7, 1)), ("2027-09-28 09:00", dt.date(2027, 10, 1)),
                       ("2028-03-30 09:00", dt.date(2028, 4, 1))):  # fmt: skip
        rows = planned(office, now, first)[2]
        found.append([day for reason, day in rows if reason == "installation"])
    first, *quarters, year_later = found
    assert len(first) == 2, "once soon after the installation, once as in every quarter"
    assert dt.date(2027, 1, 11) <= first[0] <= dt.date(2027, 1, 25)
    assert dt.date(2027, 2, 3) <= first[1] <= dt.date(2027, 3, 31)
    assert [[(day.month - 1) // 3 + 1 for day in days] for days in quarters] == [[2], [3], [4]]
    assert year_later == []


@pytest.mark.clause("ISO-3.3")
def test_the_first_use_of_a_product_by_a_customer_is_followed_and_the_second_is_not(installation):
    office = company(installation, "general", delivery_date=dt.date(2027, 1, 9))
    ctx = office.system(moment("2026-12-20 09:00"))
    first = queries.agents(ctx)[0]
    assert first.user_id
    owner = ctx.session.scalar(sa.select(ctx.registry.kinds["base.customer"].model.id))
    product = ctx.session.scalar(sa.select(ctx.registry.kinds["base.product"].model.id))
    base.save_unit_record(ctx, UnitData(product, "SN-2", customer_id=owner, delivery_date=dt.date(2027, 2, 20)))
    _ctx, _period, found = planned(office, "2026-12-30 09:00", dt.date(2027, 1, 1))
    days = [day for reason, day in found if reason == "first_use"]
    assert len(days) == 1
    assert dt.date(2027, 1, 16) <= days[0] <= dt.date(2027, 2, 6)


@pytest.mark.clause("SWM-2.5")
def test_a_quarter_is_broken_down_to_months_and_carried_out_by_plan(installation):
    office = company(installation, "defence", delivery_date=dt.date(2026, 12, 20))
    ctx, period, _found = planned(office, "2026-12-29 09:00", dt.date(2027, 1, 1))
    planning.approve_plan(ctx, period.id)
    planning.release_plan(ctx, period.id)
    months = plan.months(period, figures(ctx, period))
    assert [m.first.month for m in months] == [1, 2, 3]
    assert sum(m.planned for m in months) == 1
    call = ctx.session.scalars(sa.select(Call)).one()
    then = dt.datetime.combine(call.day, dt.time(10), ctx.tz).astimezone(dt.UTC)
    calls.note_made(ctx.at(then), call.id, "reached", "Asked about upkeep")
    assert sum(m.done for m in plan.months(period, figures(ctx, period))) == 1
    (row,) = plan.coverage(ctx, figures(ctx, period))
    assert (row.asked, row.done, row.share) == (1, 1, 100)
