"""What the policies say of service orders, in companies set up by their industry's profile and nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from core.api import Conflict, RecordRef, find_clock, gates, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.decisions.kinds import body_of
from core.decisions.store import publish, save_draft
from core.profiles import apply_profile, read_profile
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.service import life, services
from plugins.service.contracts import (
    ARRIVAL,
    ASSIGNMENT,
    ORDER,
    PROPOSAL,
    RESPONSE,
    SOLUTION,
    OrderData,
    ResultData,
)
from plugins.service.queries import orders as queries

MONDAY = moment("2026-03-02 09:00")
"""The office is open 09:00 to 18:00 on working days, noon included."""
PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
COMPANIES = ("defence", "general", "machinery", "medical_dealer", "repair_centre", "vouchers")
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation


def furnish(installation):
    for name in COMPANIES:
        office = installation.company(name.replace("_", "-"), locale="en")
        apply_profile(office.system(), read_profile(PROFILES / name, installation.registry))
        ctx = office.system()
        customer = base.save_customer(ctx, CustomerData("Unit 4017", "company"))
        product = base.save_product(ctx, ProductData("R-1", "Radio", "radios"))
        base.save_unit_record(ctx, UnitData(product.id, "SN-1", customer_id=customer.id, sale_date=dt.date(2026, 1, 5)))


def opened(office, now=MONDAY, **values) -> int:
    return services.open_order(office.system(now), OrderData(**{"subject": "It fails", **values})).id


def due(office, order_id: int, kind: str):
    clock = find_clock(office.system(), RecordRef(ORDER, order_id), kind)
    return clock.due_at if clock is not None else None


def state(office, order_id: int) -> str:
    return queries.get_order(office.system(), order_id).state


def missing(office, order_id: int, step: str) -> list[str]:
    ctx = office.system()
    found = gates(ctx, life.WORKFLOW.transition(step), queries.get_order(ctx, order_id))
    return sorted(g.key for g in found if g.open)


# --- by when ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("DEF-5.1.1.3")
@pytest.mark.parametrize(("km", "hours"), [(300, 24), (301, 48), (1000, 48), (1001, 72), (1501, 72)])
def test_defence_is_on_site_within_24_48_or_72_hours_by_the_distance(house, km, hours):
    office = house.office("defence")
    order_id = opened(office, moment("2026-03-06 17:00"), distance_km=Decimal(km))
    assert due(office, order_id, ARRIVAL) == moment("2026-03-06 17:00") + hours * HOUR


@pytest.mark.clause("DEF-6.1.2", "DEF-6.2.2")
def test_defence_answers_within_four_and_proposes_a_solution_within_eight_working_hours(house):
    office = house.office("defence")
    order_id = opened(office, moment("2026-03-06 16:00"))
    assert due(office, order_id, RESPONSE) == moment("2026-03-09 11:00")
    assert due(office, order_id, PROPOSAL) == moment("2026-03-09 15:00")


@pytest.mark.clause("DEF-6.2.1")
def test_defence_answers_an_inquiry_within_eight_working_hours(house):
    office = house.office("defence")
    order_id = opened(office, moment("2026-03-06 14:00"), kind="inquiry")
    assert due(office, order_id, SOLUTION) == moment("2026-03-09 13:00")
    services.answer(office.system(moment("2026-03-09 10:00")), order_id, "See chapter 4")
    assert find_clock(office.system(), RecordRef(ORDER, order_id), SOLUTION).state == "met"


@pytest.mark.clause("VCH-14")
@pytest.mark.parametrize(("zone", "arrival"), [("city", "2026-03-03 11:00"), ("suburb", "2026-03-03 12:00")])
def test_a_service_department_is_on_site_within_6_or_7_working_hours_by_the_zone(house, zone, arrival):
    office = house.office("vouchers")
    order_id = opened(office, moment("2026-03-02 14:00"), zone=zone)
    assert due(office, order_id, ARRIVAL) == moment(arrival)


@pytest.mark.clause("SB-1")
def test_machinery_is_solved_within_24_hours_of_the_call_at_night_and_on_sunday_too(house):
    office = house.office("machinery")
    call = moment("2026-03-07 23:10")
    order_id = opened(office, call)
    assert due(office, order_id, SOLUTION) == call + 24 * HOUR
    services.choose_work_kind(office.system(call), order_id, "free", "In guarantee")
    services.wait(office.system(call + HOUR), order_id, "parts", "A pump is missing")
    assert find_clock(office.system(), RecordRef(ORDER, order_id), SOLUTION).state == "running"


@pytest.mark.clause("INS-2a", "INS-2b")
def test_an_instrument_dealer_is_there_within_48_hours_in_town_and_within_a_week_elsewhere(house):
    office = house.office("medical-dealer")
    near, far = opened(office, zone="city"), opened(office, zone="suburb")
    assert due(office, near, ARRIVAL) == MONDAY + 48 * HOUR
    assert (due(office, far, RESPONSE), due(office, far, ARRIVAL)) == (MONDAY + 48 * HOUR, moment("2026-03-10 00:00"))


@pytest.mark.clause("REP-3.5", "REP-5")
def test_a_repair_centre_reviews_within_two_and_repairs_within_three_working_days(house):
    office = house.office("repair-centre")
    friday = moment("2026-03-06 10:00")
    order_id = opened(office, friday, kind="workshop")
    assert due(office, order_id, RESPONSE) == moment("2026-03-10 18:00")
    assert due(office, order_id, SOLUTION) == moment("2026-03-11 18:00")


@pytest.mark.clause("MKT-5", "TEC-4")
def test_urgent_matters_are_answered_within_two_hours_others_and_the_sending_within_24(house):
    office = house.office("general")
    sunday = moment("2026-03-08 03:00")
    urgent, other = opened(office, sunday, urgency="urgent"), opened(office, sunday)
    assert (due(office, urgent, RESPONSE), due(office, other, RESPONSE)) == (sunday + 2 * HOUR, sunday + 24 * HOUR)
    assert due(office, urgent, ASSIGNMENT) == sunday + 24 * HOUR


# --- in which order --------------------------------------------------------------------------------------------------


@pytest.mark.clause("DEF-6.2.3")
def test_defence_sends_nobody_before_guidance_by_phone_was_tried(house):
    office = house.office("defence")
    order_id = opened(office)
    services.choose_work_kind(office.system(MONDAY), order_id, "free", "In warranty, used as the manual says")
    li = office.person("li@example.com", "technician", name="Li")
    with pytest.raises(Conflict, match="Guidance by phone comes first"):
        services.dispatch(office.system(MONDAY), order_id, li)
    services.guide(office.system(MONDAY + HOUR), order_id, "Reset; a module has to be replaced", "not_solved")
    assert services.dispatch(office.system(MONDAY + HOUR), order_id, li).state == "dispatched"
    assert find_clock(office.system(), RecordRef(ORDER, order_id), PROPOSAL).state == "met"


@pytest.mark.clause("VCH-1")
@pytest.mark.parametrize("work_kind", ["paid", "contract", "free", "administration"])
def test_the_four_kinds_of_work_are_told_apart(house, work_kind):
    office = house.office("vouchers")
    order_id = opened(office)
    services.choose_work_kind(office.system(MONDAY), order_id, work_kind, "As the register says")
    order = queries.get_order(office.system(), order_id)
    assert (order.work_kind, "consent" in order.steps) == (work_kind, work_kind == "paid")


@pytest.mark.clause("FLW-2")
def test_where_a_company_wants_it_so_a_superior_approves_before_anybody_is_sent(house):
    office = house.office("general")
    ctx = office.system(MONDAY)
    row = {
        "id": "dispatch", "when": {"transition": "dispatch"},
        "then": {"step": 1, "role": "manager", "scope": "company", "holders": "one"},
    }  # fmt: skip
    body = {**body_of(ctx, "service.order.approvals"), "rows": [row]}
    save_draft(ctx, "service.order.approvals", body, reason="test", effective_from=ctx.today)
    publish(ctx, "service.order.approvals")
    order_id = opened(office)
    services.choose_work_kind(office.system(MONDAY), order_id, "free", "In warranty")
    li = office.person("li@example.com", "technician", name="Li")
    head = office.person("head@example.com", "manager", name="Head")
    with pytest.raises(Conflict):
        services.dispatch(office.system(MONDAY), order_id, li)
    assert state(office, order_id) == "accepted"
    asked = office.ctx(life.VIEW, life.DISPATCH, user_id=head, name="Head", roles=("manager",), now=MONDAY)
    waiting = asked.session.scalars(waiting_for_me(asked)).all()
    assert [a.record_number for a in waiting] == ["FW2603-0001"]
    step = steps_listed(asked, waiting[0].id)[0]
    answer(asked, waiting[0].id, step.id, approves=True)
    assert services.dispatch(office.system(MONDAY + HOUR), order_id, li).state == "dispatched"


@pytest.mark.clause("TEC-3")
def test_submit_register_handle_tell_and_the_customer_confirms_before_it_closes(house):
    office = house.office("general")
    order_id = opened(office)
    services.choose_work_kind(office.system(MONDAY), order_id, "free", "In warranty")
    services.accept(office.system(MONDAY + HOUR), order_id)
    services.start(office.system(MONDAY + 2 * HOUR), order_id)
    services.finish(office.system(MONDAY + 3 * HOUR), order_id, ResultData("solved", "Fuse changed", "defect"))
    with pytest.raises(Conflict, match="The customer has not confirmed"):
        services.close(office.system(MONDAY + 4 * HOUR), order_id)
    services.confirm(office.system(MONDAY + 4 * HOUR), order_id)
    services.close(office.system(MONDAY + 4 * HOUR), order_id)
    assert state(office, order_id) == "closed"
