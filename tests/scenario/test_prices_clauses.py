"""Prices as the policy of a shop wants them: public, and not changed without authority."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.api import Conflict, Forbidden, Invalid, timeline, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.companies.switch import switch_on
from core.testing import moment
from plugins.inventory.contracts import PartData
from plugins.inventory.models import Measure, Part
from plugins.inventory.pricing_contracts import PRICE_CHANGE, PriceData
from plugins.inventory.queries import pricing as queries
from plugins.inventory.services import parts, pricing
from plugins.service.money_contracts import ChargeData
from plugins.service.services import money
from tests.support.approval_rules import rows, step
from tests.support.workshop_site import at, order
from tests.support.workshop_site import furnish as workshop

MONDAY, TUESDAY, FRIDAY = "2026-03-02 10:00", "2026-03-03 10:00", "2026-03-06 10:00"
SEE, ASK, DECIDE = pricing.SEE, pricing.ASK, pricing.DECIDE


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def furnish(installation) -> None:
    """A workshop that keeps belts."""
    workshop(installation)
    office = installation.office()
    switch_on(office.system(moment("2026-03-02 07:00")), "inventory")
    ctx = office.system(moment("2026-03-02 07:10"))
    pieces = ctx.session.query(Measure).filter_by(code="pcs").one()
    parts.save_part(ctx, PartData("BELT", "V-belt", pieces.id))


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office()


def belt(ctx) -> int:
    return ctx.session.query(Part.id).filter_by(code="BELT").scalar()


def wanted(ctx, price: str, days: int = 0, reason: str = "The supplier asks for more") -> PriceData:
    return PriceData(belt(ctx), Decimal(price), ctx.today + dt.timedelta(days=days), reason)


def staff(office, when: str, *rights: str, **who):
    return office.ctx(*rights, now=moment(when), **who)


def anybody(office):
    """Somebody who may read prices, looking now."""
    return staff(office, MONDAY, SEE, name="Zhao")


def costs(ctx) -> Decimal | None:
    found = queries.prices_on(ctx, [belt(ctx)], ctx.today).get(belt(ctx))
    return found.price if found else None


def charged(office, when: str, order_id: int) -> Decimal:
    return money.add_charge(at(office, when), order_id, ChargeData("part", "", Decimal(1), code="BELT")).unit_price


@pytest.mark.clause("STO-18")
def test_prices_are_public_and_nobody_changes_one_without_authority(office):
    seller = staff(office, MONDAY, SEE, name="Zhao")
    with pytest.raises(Forbidden):
        pricing.ask_change(seller, wanted(seller, "12"))
    finance = staff(office, MONDAY, SEE, ASK, name="Qian Fen")
    asked = pricing.ask_change(finance, wanted(finance, "12", reason="First price"))
    with pytest.raises(Conflict) as denied:
        pricing.put_in_force(finance, asked.id)
    assert denied.value.message == (
        "“Put the price in force” is not possible yet: Somebody who may decide on prices approves it."
    )
    with pytest.raises(Conflict, match=r"TJ2603-0001 waits for a decision on its price already\."):
        pricing.ask_change(finance, wanted(finance, "13"))
    assert costs(anybody(office)) is None
    head = staff(office, MONDAY, SEE, ASK, DECIDE, name="Sun Wei")
    pricing.put_in_force(head, asked.id)
    assert costs(anybody(office)) == Decimal(12), "whoever may see prices reads it"
    with pytest.raises(Invalid, match=r"A price counts from today on at the earliest\."):
        pricing.ask_change(head, wanted(head, "14", days=-1))
    refused = pricing.ask_change(finance, wanted(finance, "20"))
    pricing.refuse(head, refused.id, "Nobody pays that")
    assert costs(anybody(office)) == Decimal(12)


@pytest.mark.clause("STO-18")
def test_an_order_is_charged_the_price_of_its_day_and_the_history_tells_who_changed_it_and_why(office):
    head = staff(office, MONDAY, SEE, ASK, DECIDE, name="Sun Wei")
    order_id = order(office, kind="on_site", work_kind="paid")
    with pytest.raises(Invalid, match="No price list has a price for it"):
        charged(office, MONDAY, order_id)
    pricing.put_in_force(head, pricing.ask_change(head, wanted(head, "12", reason="First price")).id)
    later = pricing.ask_change(head, wanted(head, "15", days=4))
    pricing.put_in_force(head, later.id)
    assert charged(office, MONDAY, order_id) == Decimal(12)
    row = money.add_charge(at(office, TUESDAY), order_id, ChargeData("part", "", Decimal(2), code="BELT"))
    assert (row.label, row.amount, row.source) == ("V-belt", Decimal(24), "list")
    assert row.why == "Sale price of BELT since 2026-03-02 (TJ2603-0001)"
    assert charged(office, FRIDAY, order_id) == Decimal(15), "from its day on"
    ctx = office.system(moment(FRIDAY))
    history = [(c.before, c.price, c.decided_by, c.reason) for c in queries.changes_of(ctx, belt(ctx), 9)]
    assert history == [
        (Decimal(12), Decimal(15), "Sun Wei", "The supplier asks for more"),
        (None, Decimal(12), "Sun Wei", "First price"),
    ]
    told = [event.name for event in timeline(ctx, ctx.session.get(Part, belt(ctx)))]
    assert told.count("inventory.price_approved") == 2


@pytest.mark.clause("STO-18")
def test_a_large_change_is_approved_by_whom_the_companys_table_says_and_counts_only_then(office):
    chief = office.person("chief@acme.example", "general_manager", name="Zhou Yi")
    head = staff(office, MONDAY, SEE, ASK, DECIDE, name="Sun Wei")
    pricing.put_in_force(head, pricing.ask_change(head, wanted(head, "12")).id)
    rows(office.system(moment(MONDAY)), PRICE_CHANGE,
         step(1, "general_manager", when={"transition": "approve", "percent": {"ge": 20}}))  # fmt: skip
    office.installation.close_sessions()
    clerk = office.person("clerk@acme.example", "finance", name="Qian Fen")
    finance = staff(office, MONDAY, SEE, ASK, user_id=clerk, name="Qian Fen", roles=("finance",))
    asked = pricing.ask_change(finance, wanted(finance, "18", days=1))
    with pytest.raises(Conflict) as waits:
        pricing.put_in_force(finance, asked.id)
    assert waits.value.code == "approval_asked"
    change_id = asked.id
    office.installation.close_sessions()
    boss = staff(office, FRIDAY, SEE, user_id=chief, name="Zhou Yi", roles=("general_manager",))
    (waiting,) = boss.session.scalars(waiting_for_me(boss)).all()
    answer(boss, waiting.id, steps_listed(boss, waiting.id)[0].id, approves=True)
    assert costs(boss) == Decimal(12)
    office.installation.close_sessions()
    office.installation.worker(moment(FRIDAY)).run_until_idle()
    ctx = office.system(moment(FRIDAY))
    change = queries.get_change(ctx, change_id)
    assert (change.state, change.before, str(change.valid_from)) == ("approved", Decimal(12), "2026-03-06")
    assert costs(ctx) == Decimal(18), "from the day on which it was approved: its own had passed"
    small = pricing.ask_change(ctx, wanted(ctx, "19"))
    assert pricing.put_in_force(ctx, small.id).state == "approved"
