"""A part not in the country: the customer is told 15 to 30 days from notice (INS-2c), by mail, under a clock."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, RecordRef, find_clock, use_locale
from core.mail.models import Mail
from core.notifications import Notification
from core.profiles import apply_profile, read_profile
from core.testing import moment
from plugins.service import services
from plugins.service.contracts import ARRIVAL, ORDER, OrderData
from plugins.service.models import Order, PartWait
from plugins.service.part_wait_contracts import PART_CLOCK, PartWaitData
from plugins.service.queries import part_waits as queries
from plugins.service.rules.part_waits import day_after
from plugins.service.services import part_waits

PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
MONDAY = "2026-03-02 09:00"
TUBE = PartWaitData("Laser tube", "abroad", "LT-9", mail_to="lab@hospital.example", explanation="Made in Jena")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    def furnish(installation):
        made = installation.company("dealer", locale="en")
        apply_profile(made.system(), read_profile(PROFILES / "medical_dealer", installation.registry))

    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("dealer")


def at(office, time: str = MONDAY):
    office.installation.close_sessions()
    return office.system(moment(time))


def opened(office) -> int:
    ctx = at(office)
    order = services.open_order(ctx, OrderData(subject="No laser", zone="city", person_name="Dr Lin"))
    return services.accept(ctx, order.id).id


def clock(office, order_id: int, kind: str = PART_CLOCK):
    return find_clock(office.system(), RecordRef(ORDER, order_id), kind)


@pytest.mark.clause("INS-2a", "INS-2c")
def test_a_part_that_is_not_in_the_country_is_promised_15_to_30_days_from_notice_and_the_customer_is_told(office):
    order_id = opened(office)
    row = part_waits.await_part(at(office, "2026-03-02 10:00"), order_id, TUBE)
    assert (row.from_on.isoformat(), row.until_on.isoformat()) == ("2026-03-17", "2026-04-01")
    running = clock(office, order_id)
    assert (running.state, running.due_at) == ("running", moment("2026-04-02 00:00"))  # the whole of 1 April
    order = office.system().session.get(Order, order_id)
    assert (order.waiting, order.waiting_reason) == ("parts", "Laser tube, expected 2026-03-17 to 2026-04-01")
    assert clock(office, order_id, ARRIVAL).state == "paused"  # explained, it stands still for the part
    [mail] = office.system().session.scalars(sa.select(Mail))
    assert mail.recipient == "lab@hospital.example"
    for said in ("Laser tube", "not in the country", "Made in Jena"):
        assert said in mail.body
    part_waits.part_arrived(at(office, "2026-03-20 10:00"), order_id)
    assert (clock(office, order_id).state, clock(office, order_id, ARRIVAL).state) == ("met", "running")
    assert office.system().session.get(Order, order_id).waiting == ""


def test_another_promise_takes_the_place_of_the_first_with_the_reason_and_both_stay(office):
    order_id = opened(office)
    part_waits.await_part(at(office, "2026-03-02 10:00"), order_id, PartWaitData("Laser tube", "country"))
    anew = PartWaitData("Laser tube", "abroad")
    with pytest.raises(Invalid) as refused:
        part_waits.await_part(at(office, "2026-03-05 10:00"), order_id, anew)
    assert refused.value.field == "reason"
    anew = PartWaitData("Laser tube", "abroad", reason="Sold out in the country")
    part_waits.await_part(at(office, "2026-03-05 10:00"), order_id, anew)
    rows = [(r.source, r.state, r.from_on.isoformat(), r.until_on.isoformat(), r.ended_reason)
            for r in queries.waits_of(office.system(), order_id)]  # fmt: skip
    assert rows == [
        ("abroad", "waits", "2026-03-20", "2026-04-04", ""),
        ("country", "replaced", "2026-03-05", "2026-03-09", "Sold out in the country"),
    ]
    assert clock(office, order_id).due_at == moment("2026-04-05 00:00")


@pytest.mark.clause("INS-2c")
def test_a_part_that_is_not_here_on_the_last_day_told_is_told_to_the_manager_and_then_higher_up(office):
    boss = office.person("boss@dealer.example", "manager", name="Boss")
    chief = office.person("chief@dealer.example", "general_manager", name="Chief")
    part_waits.await_part(at(office, "2026-03-02 10:00"), opened(office), TUBE)

    def told(time: str) -> list[tuple[int, str]]:
        office.installation.worker(moment(time)).run_until_idle()
        query = sa.select(Notification).where(Notification.text == "Overdue: “{clock}”").order_by(Notification.id)
        return [(n.user_id, n.facts["clock"]["en"]) for n in office.system().session.scalars(query)
                if n.facts["clock"]["en"] == "Arrival of the part"]

    assert told("2026-04-01 23:59") == []
    assert [user for user, _words in told("2026-04-02 00:01")] == [boss]
    assert [user for user, _words in told("2026-04-10 10:00")] == [boss, chief]


def test_an_order_that_goes_on_without_the_part_waits_for_it_no_longer(office):
    order_id = opened(office)
    part_waits.await_part(at(office), order_id, TUBE)
    services.resume(at(office, "2026-03-03 10:00"), order_id)
    office.installation.worker(moment("2026-03-03 10:05")).run_until_idle()
    [row] = office.system().session.scalars(sa.select(PartWait))
    assert (row.state, clock(office, order_id).state) == ("ended", "cancelled")
    with pytest.raises(Conflict):
        part_waits.part_arrived(at(office, "2026-03-03 11:00"), order_id)


def test_the_source_is_chosen_by_a_person_where_nobody_keeps_the_stock(office):
    order_id = opened(office)
    with pytest.raises(Invalid) as refused:
        part_waits.await_part(at(office), order_id, PartWaitData("Laser tube"))
    assert (refused.value.field, office.system().session.get(Order, order_id).waiting) == ("source", "")
    assert [code for code, _words in queries.source_choices(office.system())] == ["stock", "country", "abroad", "made"]


def test_working_days_are_counted_by_the_calendar():
    def weekday(day):
        return day.weekday() < 5

    friday = moment("2026-03-06 12:00").date()
    assert day_after(friday, 2, "working_days", weekday).isoformat() == "2026-03-10"
    assert day_after(friday, 2, "calendar_days", weekday).isoformat() == "2026-03-08"
