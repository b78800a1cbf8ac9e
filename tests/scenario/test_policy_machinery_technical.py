"""Two short policies in companies set up by their profiles: machinery under the three guarantees (SB-1, SB-2) and
technical after-sales (TEC-2 to TEC-4).
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, use_locale
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.service import services
from plugins.service.contracts import ASSIGNMENT, RESPONSE, SOLUTION, PlanData
from plugins.service.queries import visits as visit_queries
from plugins.service.visit_contracts import EndData, RatingData, WorkData
from plugins.warranty.models import CoverageDecision
from plugins.workforce.contracts import CallData, CertificateData, LineData, RosterData
from plugins.workforce.queries import duty
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.services import rosters, skills
from tests.support import policy_site as site

HOUR = dt.timedelta(hours=1)
PEOPLE = {"kefu": "agent", "diao": "dispatcher", "boss": "manager", "li": "technician", "gao": "technician"}
GRADES = {"attitude": "very_good", "skill": "good", "arrival": "good", "promises": "very_good"}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation


def furnish(installation):
    """Machinery: Li and Gao, a worker of production, hold the service permit of the profile."""
    office = site.furnish(installation, "machinery", PEOPLE)
    ctx = office.system()
    permit = next(s.id for s in skill_queries.tree(ctx).by_id.values() if s.code == "service")
    for who in ("li", "gao"):
        data = CertificateData(site.person(office, who), permit, dt.date(2025, 6, 1), dt.date(2026, 12, 31), f"P-{who}")
        skills.give_certificate(ctx, data)
    technical = installation.company("technical", locale="en")
    site.apply(technical, "technical")
    site.people(technical, {"hua": "agent", "chu": "dispatcher", "tang": "technician"})
    site.customer(technical, sold=dt.date(2012, 3, 1))


# --- machinery --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("SB-1")
@pytest.mark.parametrize("source", ["", "dealer"])
def test_a_machine_works_again_within_24_hours_of_the_call_at_night_on_sunday_and_through_a_dealer(house, source):
    office = house.office("machinery")
    call = "03-07 23:10"
    order_id = site.opened(office, call, mailbox="kefu", source=source, cause="defect")
    assert site.due(office, order_id, SOLUTION) == site.at(call) + 24 * HOUR
    services.accept(site.acting(office, "kefu", "03-07 23:20"), order_id)
    services.wait(site.acting(office, "li", "03-08 00:10"), order_id, "parts", "A pump is missing")
    assert site.clock_state(office, order_id, SOLUTION) == "running", "waiting for parts stops nothing"


@pytest.mark.clause("SB-2")
def test_somebody_is_reachable_at_all_hours_and_production_is_drawn_in_when_people_are_short(house):
    office = house.office("machinery")
    ctx = site.acting(office, "boss", "09:00")
    roster = rosters.save_roster(ctx, RosterData("standby", "Standby", dt.date(2026, 3, 2), phone="139 0520 4000")).id
    for weekday in range(7):
        nights = () if weekday == 2 else (LineData(1, weekday, 20 * 60, 8 * 60, site.person(office, "li")),)
        for line in (LineData(1, weekday, 8 * 60, 20 * 60, site.person(office, "li")), *nights):
            rosters.add_line(ctx, roster, line)
    rosters.plan_by_pattern(ctx, roster, dt.date(2026, 3, 2), dt.date(2026, 3, 15))
    gaps = [duty.gap_words(ctx, gap, 1) for _roster, gap in duty.ahead(ctx)]
    assert gaps == ["Wednesday 03-04 20:00–08:00 the next day: nobody on duty"]
    ctx = site.acting(office, "boss", "09:10")
    pool = rosters.save_pool_member(ctx, site.person(office, "gao"), "138 0000 0001", "Assembly").id
    call = CallData(roster, dt.date(2026, 3, 4), 20 * 60, 8 * 60, "comes", "Nobody else is free")
    rosters.call_in(ctx, pool, call)
    assert duty.ahead(site.acting(office, "boss", "09:11")) == []

    # a call in that night goes to the worker who was drawn in
    order_id = site.opened(office, "03-05 01:30", mailbox="kefu", cause="defect")
    night = site.acting(office, "diao", "03-05 02:00")
    assert [one.name for one in duty.on_duty(night, night.now)] == ["Gao"]
    services.accept(night, order_id)
    sent = services.assign(site.acting(office, "diao", "03-05 02:05"), order_id, site.person(office, "gao"), PlanData())
    assert sent.assignee_id == site.person(office, "gao")


# --- technical --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("TEC-2")
def test_service_support_complaints_and_disputes_are_taken_in_and_the_company_bears_the_cost(house):
    office = house.office("technical")
    service = site.opened(office, mailbox="hua", cause="misuse")
    support = site.opened(office, mailbox="hua", kind="inquiry", subject="How to set the date?")
    assert [site.order_of(office, n).work_kind for n in (service, support)] == ["free", ""], "TEC-7.1"
    decided = office.system().session.scalars(sa.select(CoverageDecision.charge)).all()
    assert decided == ["free"]
    ctx = site.acting(office, "hua", "09:30")
    made = [
        complaints.open_complaint(ctx, ComplaintData(subject, category=category)).number
        for subject, category in (("Broke again", "repair"), ("Who pays for the day?", "other"))
    ]
    assert made == ["TS2603-0001", "TS2603-0002"]


@pytest.mark.clause("TEC-3", "TEC-4")
def test_submitted_registered_handled_followed_up_and_told_and_the_customer_confirms_and_rates(house):
    office = house.office("technical")
    # submitted, registered: a technician is assigned within 24 hours
    order_id = site.opened(office, "03-07 20:00", mailbox="hua", cause="defect")
    assert site.due(office, order_id, ASSIGNMENT) == site.at("03-08 20:00")
    assert (site.due(office, order_id, RESPONSE), site.due(office, order_id, SOLUTION)) == (None, None)
    services.accept(site.acting(office, "hua", "03-07 20:05"), order_id)
    services.assign(site.acting(office, "chu", "03-08 19:59"), order_id, site.person(office, "tang"), PlanData())
    assert site.clock_state(office, order_id, ASSIGNMENT) == "met"

    # diagnosed and handled
    visit_id = services.arrive(site.acting(office, "tang", "03-09 10:00"), order_id, "a1").id
    work = WorkData("no", "", "none", "", "defect", "", "Fuse changed")
    services.save_work(site.acting(office, "tang", "03-09 10:30"), visit_id, work, "w1")
    rated = EndData("solved", rating=RatingData(GRADES))
    services.end_visit(site.acting(office, "tang", "03-09 10:40"), visit_id, rated, "e1")

    # followed up: the customer confirms and has rated; before that it does not close
    with pytest.raises(Conflict, match="The customer has not confirmed"):
        services.close(site.acting(office, "hua", "03-09 11:00"), order_id)
    services.confirm(site.acting(office, "hua", "03-09 11:00"), order_id)
    rating = visit_queries.ratings_of(office.system(), order_id)[visit_id]
    assert (rating.attitude, rating.skill) == ("very_good", "good")
    assert services.close(site.acting(office, "hua", "03-09 11:20"), order_id).state == "closed"


@pytest.mark.clause("TEC-3")
def test_who_says_nothing_is_told_that_silence_closes_it_and_after_those_days_it_does(house):
    office = house.office("technical")
    order_id = site.opened(office, mailbox="hua", kind="workshop", cause="defect")
    services.guide(site.acting(office, "hua", "09:30"), order_id, "Press reset for ten seconds", "solved")
    assert site.order_of(office, order_id).state == "done"
    services.tell_silence(site.acting(office, "hua", "09:40"), order_id)
    for now, state in (("03-09 23:59", "done"), ("03-10 00:01", "closed")):
        office.installation.close_sessions()
        office.installation.worker(site.at(now)).run_until_idle()
        assert site.order_of(office, order_id).state == state
