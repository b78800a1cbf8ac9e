"""The course of a service order: who may do what when, which clocks run, who pays, and what is refused in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Event, Forbidden, Invalid, RecordRef, clocks_on, find_clock, gates, use_locale
from core.companies.services import save_unit
from core.decisions.kinds import body_of
from core.decisions.store import publish, save_draft
from core.notifications import Notification
from core.settings import set_setting
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import ContactData, CustomerData, PhoneData, ProductData, SaleData, SiteData, UnitData
from plugins.service import life, services
from plugins.service.contracts import (
    ARRIVAL,
    ASSIGNMENT,
    ORDER,
    RESPONSE,
    SILENCE,
    SOLUTION,
    OrderData,
    ResultData,
)
from plugins.service.models import STATES, Entitlement, Order
from plugins.service.queries import orders as queries
from plugins.warranty.contracts import QuoteData, QuoteLineData
from plugins.warranty.services import coverage, price_examples, prices, quotes

MONDAY = moment("2026-03-02 09:00")
"""The office of the tests is open 09:00 to 18:00 on working days (the shipped calendar for China)."""
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
    for code, modules in (("plain", ("service",)), ("full", ("service", "warranty"))):
        office = installation.company(code, modules=modules, locale="en")
        ctx = office.system()
        save_unit(ctx, "xuzhou", "Xuzhou", "centre", "hq", region="Xuzhou")
        set_setting(ctx, "service.places", "hq: 31.23, 121.47\nxuzhou: 34.26, 117.18")
        product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
        customer = base.save_customer(ctx, CustomerData("Ma Dongsheng", address="Tongshan"))
        base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
        site = SiteData("Farm", city="Xuzhou", latitude=Decimal("34.17"), longitude=Decimal("117.35"))
        base.save_site(ctx, customer.id, site)
        for serial, sold in (("FH-1", dt.date(2026, 1, 5)), ("FH-2", dt.date(2026, 1, 5)), ("FH-3", None)):
            base.save_unit_record(ctx, UnitData(product.id, serial, customer_id=customer.id, sale_date=sold))
    for draft in price_examples.take(office.system()):
        prices.submit_version(office.system(), draft.id)
        prices.publish_version(office.system(), draft.id)


@pytest.fixture
def plain(house):
    return house.office("plain")


@pytest.fixture
def full(house):
    return house.office("full")


def device(office, serial: str = "FH-1"):
    model = office.system().registry.kinds["base.unit"].model
    return office.system().session.scalar(sa.select(model).where(model.serial == serial))


def opened(office, now=MONDAY, ctx=None, **values) -> int:
    given = {"subject": "No power at the wheels", **values}
    return services.open_order(ctx or office.system(now), OrderData(**given)).id


def seen(office, order_id: int) -> Order:
    return queries.get_order(office.system(), order_id)


def clock(office, order_id: int, kind: str):
    return find_clock(office.system(), RecordRef(ORDER, order_id), kind)


def open_gates(office, order_id: int, step: str) -> list[str]:
    ctx = office.system()
    found = gates(ctx, life.WORKFLOW.transition(step), queries.get_order(ctx, order_id))
    return sorted(g.key for g in found if g.open)


def events(office, order_id: int) -> list[str]:
    query = sa.select(Event.name).where(Event.record_kind == ORDER, Event.record_id == order_id)
    return [n for n in office.system().session.scalars(query.order_by(Event.id)) if n.startswith("service.")]


def decided(office, order_id: int) -> list[tuple[str, str]]:
    query = sa.select(Entitlement).where(Entitlement.order_id == order_id).order_by(Entitlement.id)
    return [(e.before, e.work_kind) for e in office.system().session.scalars(query)]


# --- taking in ------------------------------------------------------------------------------------------------------


def test_a_new_order_is_numbered_timed_and_given_to_the_centre_of_its_region(plain):
    order = seen(plain, opened(plain, device_id=device(plain).id, address="Xuzhou, Tongshan district"))
    assert (order.number, order.state, order.work_kind, order.office.code) == ("FW2603-0001", "requested", "", "xuzhou")
    assert (order.person_name, order.product.code, order.serial_told) == ("Ma Dongsheng", "T-1", "FH-1")
    dues = {c.kind: c.due_at for c in clocks_on(plain.system(), order)}
    assert dues == {
        RESPONSE: MONDAY + 24 * HOUR,
        ASSIGNMENT: MONDAY + 24 * HOUR,
        ARRIVAL: MONDAY + 48 * HOUR,
        SOLUTION: moment("2026-03-05 18:00"),
    }
    assert order.urgent_at == MONDAY + 24 * HOUR
    assert set(order.steps) == {"confirmation", "silence", "test", "inspection", "conduct"}


def test_the_same_form_sent_twice_makes_one_order(plain):
    first, second = (opened(plain, external_key="form:abc") for _n in range(2))
    assert first == second
    assert events(plain, first) == ["service.opened"]


def test_the_call_it_came_from_is_settled_by_it(plain):
    ctx = plain.system(MONDAY)
    call = base.record_contact(ctx, ContactData(phone="13800138000", caller_name="Ma", subject="Noise"))
    order = seen(plain, opened(plain, contact_id=call.id))
    assert (order.person_name, order.person_phone, order.contact_id) == ("Ma", "13800138000", call.id)
    call = plain.system().session.get(type(call), call.id)
    assert (call.state, call.outcome, call.outcome_ref) == ("settled", ORDER, order.id)


@pytest.mark.parametrize(
    ("km", "hours"), [("0", 24), ("300", 24), ("300.1", 48), ("1000", 48), ("1000.1", 72), ("1499", 72), ("8000", 72)]
)
@pytest.mark.clause("DEF-5.1.1.3")
def test_arrival_is_due_by_the_distance_without_a_gap(plain, km, hours):
    order_id = opened(plain, distance_km=Decimal(km))
    assert clock(plain, order_id, ARRIVAL).due_at == MONDAY + hours * HOUR


def test_the_distance_comes_from_coordinates_where_both_are_known_unless_it_is_entered(plain):
    ctx = plain.system()
    model = ctx.registry.kinds["base.customer"].model
    customer_id = ctx.session.scalar(sa.select(model.id))
    site_id = queries.sites_of(ctx, customer_id)[0].id
    order = seen(plain, opened(plain, customer_id=customer_id, site_id=site_id))
    assert (order.distance_km, order.distance_source, order.office.code) == (Decimal("18.6"), "coordinates", "xuzhou")
    order = seen(plain, opened(plain, customer_id=customer_id, site_id=site_id, distance_km=Decimal(21)))
    assert (order.distance_km, order.distance_source) == (Decimal(21), "entered")


def test_a_correction_of_the_distance_decides_the_arrival_anew_from_the_same_start(plain):
    order_id = opened(plain, distance_km=Decimal(20))
    later = plain.system(MONDAY + 3 * HOUR)
    services.change_order(later, order_id, OrderData(subject="No power", distance_km=Decimal(500)))
    assert clock(plain, order_id, ARRIVAL).due_at == MONDAY + 48 * HOUR


# --- bad input --------------------------------------------------------------------------------------------------------


def test_an_unknown_serial_number_is_kept_as_told_and_the_order_goes_on_without_a_unit(plain):
    order = seen(plain, opened(plain, serial_told="NOBODY-7"))
    assert (order.device_id, order.serial_told, order.state) == (None, "NOBODY-7", "requested")


def test_a_serial_number_told_finds_its_unit(plain):
    assert seen(plain, opened(plain, serial_told="fh-2")).device_id == device(plain, "FH-2").id


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"subject": " "}, "subject", "Say in a few words what is wanted."),
        ({"kind": "picnic"}, "kind", "“picnic” is not one of the choices."),
        ({"distance_km": Decimal(-1)}, "distance_km", "A distance is between 0 and 20040 kilometres."),
        ({"received_at": MONDAY + HOUR}, "received_at", "It can't have come in later than now."),
        ({"promised_at": MONDAY - HOUR}, "promised_at", "What is promised lies after the call."),
    ],
)
def test_what_can_not_be_is_refused_in_words(plain, values, field, message):
    with pytest.raises(Invalid) as refused:
        opened(plain, **values)
    assert (refused.value.field, refused.value.message) == (field, message)
    assert plain.system().session.scalar(sa.select(sa.func.count(Order.id))) == 0


def test_work_that_began_tomorrow_or_before_the_call_is_refused(plain):
    order_id = accepted(plain)
    for at in (MONDAY + 5 * HOUR, MONDAY - HOUR):
        with pytest.raises(Invalid):
            services.start(plain.system(MONDAY + HOUR), order_id, at=at)
    assert seen(plain, order_id).state == "accepted"


# --- the course -------------------------------------------------------------------------------------------------------


def accepted(office, now=MONDAY, work_kind="free", **values) -> int:
    order_id = opened(office, now, work_kind=work_kind, work_kind_reason="In warranty", **values)
    services.accept(office.system(now), order_id)
    return order_id


def technician(office) -> int:
    return office.person("li@example.com", "technician", name="Li Haitao")


def test_an_order_goes_from_the_call_to_the_archive(plain):
    order_id = accepted(plain)
    li = technician(plain)
    services.dispatch(plain.system(MONDAY + HOUR), order_id, li)
    services.start(plain.system(MONDAY + 5 * HOUR), order_id)
    services.finish(plain.system(MONDAY + 6 * HOUR), order_id, ResultData("solved", "Clutch plate changed", "defect"))
    assert open_gates(plain, order_id, "close") == ["service.confirmation"]
    services.confirm(plain.system(MONDAY + 7 * HOUR), order_id)
    services.close(plain.system(MONDAY + 8 * HOUR), order_id)
    services.archive(plain.system(MONDAY + 9 * HOUR), order_id)
    order = seen(plain, order_id)
    assert (order.state, order.is_open, order.outcome, order.assignee_id) == ("archived", False, "solved", li)
    states = {c.kind: c.state for c in clocks_on(plain.system(), order)}
    assert states == {RESPONSE: "met", ASSIGNMENT: "met", ARRIVAL: "met", SOLUTION: "met"}
    assert events(plain, order_id) == [
        "service.opened", "service.entitled", "service.accepted", "service.dispatched", "service.started",
        "service.cause_found", "service.done", "service.confirmed", "service.closed", "service.archived",
    ]  # fmt: skip
    told = plain.system().session.scalars(sa.select(Notification.user_id)).all()
    assert told == [li]


def test_every_state_is_reached_and_left_by_the_verbs(plain):
    """Each transition of the table once, from each of its sources."""
    reached = {"requested"} | {t.target for t in life.WORKFLOW.transitions}
    assert reached == set(STATES)
    assert life.WORKFLOW.problems() == []


def test_dispatch_waits_until_it_is_known_who_pays(plain):
    order_id = opened(plain)
    services.accept(plain.system(MONDAY), order_id)
    li = technician(plain)
    with pytest.raises(Conflict) as refused:
        services.dispatch(plain.system(MONDAY), order_id, li)
    assert [g.key for g in refused.value.details["gates"]] == ["service.entitlement"]
    services.choose_work_kind(plain.system(MONDAY), order_id, "administration", "For ourselves")
    assert services.dispatch(plain.system(MONDAY), order_id, li).state == "dispatched"


def test_a_recalled_order_waits_for_somebody_else_and_tells_who_had_it(plain):
    order_id = accepted(plain)
    li = technician(plain)
    services.dispatch(plain.system(MONDAY), order_id, li)
    services.recall(plain.system(MONDAY + HOUR), order_id, "Fell ill")
    order = seen(plain, order_id)
    assert (order.state, order.assignee_id) == ("accepted", None)
    assert len(plain.system().session.scalars(sa.select(Notification.id).where(Notification.user_id == li)).all()) == 2


@pytest.mark.clause("GS-12")
def test_what_is_not_solved_on_site_is_arranged_anew_with_the_reason(plain):
    order_id = accepted(plain)
    services.dispatch(plain.system(MONDAY), order_id, technician(plain))
    services.start(plain.system(MONDAY + HOUR), order_id)
    services.come_again(plain.system(MONDAY + 2 * HOUR), order_id, "The gearbox has to be ordered")
    assert seen(plain, order_id).state == "accepted"
    query = sa.select(Event.facts).where(Event.name == "service.comes_again")
    assert plain.system().session.scalar(query)["reason"] == "The gearbox has to be ordered"


def test_while_it_waits_for_parts_only_the_clocks_whose_row_says_so_stand_still(plain):
    order_id = accepted(plain)
    services.dispatch(plain.system(MONDAY), order_id, technician(plain))
    services.wait(plain.system(MONDAY + HOUR), order_id, "parts", "Gearbox on order")
    assert (clock(plain, order_id, SOLUTION).state, clock(plain, order_id, ARRIVAL).state) == ("paused", "running")
    services.resume(plain.system(moment("2026-03-03 10:00")), order_id)
    assert clock(plain, order_id, SOLUTION).due_at == moment("2026-03-06 18:00")
    with pytest.raises(Conflict):
        services.resume(plain.system(MONDAY + 30 * HOUR), order_id)


def test_what_waits_is_not_finished_meanwhile(plain):
    order_id = accepted(plain)
    services.start(plain.system(MONDAY), order_id)
    services.wait(plain.system(MONDAY), order_id, "customer", "Not at home")
    with pytest.raises(Conflict, match="It waits: Not at home"):
        services.finish(plain.system(MONDAY + HOUR), order_id, ResultData("solved", "", "defect"))


def test_a_cancelled_order_needs_a_reason_and_ends_its_clocks(plain):
    order_id = accepted(plain)
    with pytest.raises(Invalid):
        services.cancel(plain.system(MONDAY), order_id, " ")
    services.cancel(plain.system(MONDAY), order_id, "It works again")
    assert {c.state for c in clocks_on(plain.system(), seen(plain, order_id))} == {"met", "cancelled"}


# --- the end ----------------------------------------------------------------------------------------------------------


def finished(office, **values) -> int:
    order_id = accepted(office, **values)
    services.start(office.system(MONDAY), order_id)
    services.finish(office.system(MONDAY + HOUR), order_id, ResultData("solved", "Done", "defect"))
    return order_id


def test_what_was_closed_in_a_span_of_time_is_answered_with_who_did_it_for_whom(plain):
    begins, day = MONDAY.replace(hour=0), dt.timedelta(days=1)
    order_id = finished(plain)
    services.confirm(plain.system(MONDAY + HOUR), order_id)
    assert queries.finished_between(plain.system(MONDAY), begins, begins + day) == []
    ctx = plain.system(MONDAY + 5 * HOUR)
    order = services.close(ctx, order_id)
    expected = [(RecordRef(ORDER, order_id), order.number, order.kind, order.closed_at, order.assignee_id)]
    found = queries.finished_between(ctx, begins, begins + day)
    assert [(c.record, c.number, c.sort, c.finished_at, c.technician_id) for c in found] == expected
    assert queries.finished_between(ctx, begins, order.closed_at) == []
    assert queries.finished_between(ctx, begins + day, begins + 2 * day) == []


def test_closing_twice_at_once_closes_once(plain):
    order_id = finished(plain)
    services.confirm(plain.system(MONDAY + HOUR), order_id)
    version = seen(plain, order_id).version
    services.close(plain.system(MONDAY + 2 * HOUR), order_id, version=version)
    with pytest.raises(Conflict):
        services.close(plain.system(MONDAY + 2 * HOUR), order_id, version=version)
    with pytest.raises(Conflict, match="FW2603-0001 is closed already."):
        services.close(plain.system(MONDAY + 2 * HOUR), order_id)
    assert events(plain, order_id).count("service.closed") == 1


@pytest.mark.clause("TEC-3")
def test_silence_closes_an_order_after_the_days_told_and_not_before(plain):
    order_id = finished(plain)
    services.tell_silence(plain.system(MONDAY + HOUR), order_id)
    assert clock(plain, order_id, SILENCE).due_at == moment("2026-03-10 00:00")
    services.close_silent(plain.system(moment("2026-03-09 23:00")), order_id)
    assert seen(plain, order_id).state == "done"
    plain.installation.worker(moment("2026-03-10 00:01")).run_until_idle()
    order = seen(plain, order_id)
    assert (order.state, order.silent_closed) == ("closed", True)


def test_who_is_not_content_is_seen_to_again_and_the_solution_goes_on(plain):
    order_id = finished(plain)
    services.object_to_result(plain.system(MONDAY + 2 * HOUR), order_id, "It rattles still")
    order = seen(plain, order_id)
    assert (order.state, order.outcome, order.done_at) == ("accepted", "", None)
    assert clock(plain, order_id, SOLUTION).state == "running"


def test_reopening_is_possible_for_the_days_of_the_setting(plain):
    order_id = finished(plain)
    services.confirm(plain.system(MONDAY + HOUR), order_id)
    services.close(plain.system(MONDAY + HOUR), order_id)
    with pytest.raises(Conflict, match="more than 30 days ago"):
        services.reopen(plain.system(MONDAY + dt.timedelta(days=31)), order_id, "Again")
    services.reopen(plain.system(MONDAY + dt.timedelta(days=29)), order_id, "Again")
    assert (seen(plain, order_id).state, seen(plain, order_id).is_open) == ("accepted", True)


# --- guidance and answers ---------------------------------------------------------------------------------------------


@pytest.mark.clause("DEF-5.2.2")
def test_guidance_that_helps_ends_an_order_free_and_without_a_visit(plain):
    order_id = opened(plain)
    services.guide(plain.system(MONDAY + HOUR), order_id, "Bleed the fuel filter", "solved")
    order = seen(plain, order_id)
    assert (order.state, order.outcome, order.work_kind) == ("done", "solved_by_phone", "free")
    assert order.started_at is None
    assert clock(plain, order_id, RESPONSE).state == "met"


def test_guidance_that_does_not_help_is_kept_and_the_order_goes_on(plain):
    order_id = opened(plain)
    services.guide(plain.system(MONDAY), order_id, "Bleed the filter", "not_solved")
    assert seen(plain, order_id).state == "accepted"
    told = [(g.text, g.result) for g in queries.guidance_of(plain.system(), order_id)]
    assert told == [("Bleed the filter", "not_solved")]


@pytest.mark.clause("DEF-6.2.1")
def test_an_inquiry_is_answered_within_eight_working_hours(plain):
    order_id = opened(plain, moment("2026-03-02 15:00"), kind="inquiry", subject="Which oil in winter")
    assert clock(plain, order_id, SOLUTION).due_at == moment("2026-03-03 14:00")
    services.answer(plain.system(moment("2026-03-03 11:00")), order_id, "10W-30")
    order = seen(plain, order_id)
    assert (order.state, order.outcome, order.work_kind) == ("done", "answered", "free")
    services.close(plain.system(moment("2026-03-03 11:00")), order_id)


# --- who pays ---------------------------------------------------------------------------------------------------------


def test_with_nobody_who_decides_a_person_chooses_and_paid_work_waits_for_the_consent(plain):
    order_id = accepted(plain, work_kind="paid")
    assert open_gates(plain, order_id, "dispatch") == ["service.consent"]
    services.record_consent(plain.system(MONDAY), order_id, "phone", "Ma", "240 for labour")
    assert open_gates(plain, order_id, "dispatch") == []


def test_consent_withdrawn_after_dispatch_stops_the_work_and_tells_who_was_sent(plain):
    order_id = accepted(plain, work_kind="paid")
    services.record_consent(plain.system(MONDAY), order_id, "phone", "Ma", "240 for labour")
    li = technician(plain)
    services.dispatch(plain.system(MONDAY), order_id, li)
    services.withdraw_consent(plain.system(MONDAY + HOUR), order_id, "Too dear")
    with pytest.raises(Conflict, match="The customer has not agreed to pay yet"):
        services.start(plain.system(MONDAY + 2 * HOUR), order_id)
    query = sa.select(sa.func.count(Notification.id)).where(Notification.user_id == li)
    assert (seen(plain, order_id).state, plain.system().session.scalar(query)) == ("dispatched", 2)


@pytest.mark.clause("DEF-5.1.1.2")
def test_a_cause_found_on_site_makes_free_work_paid_and_it_waits_for_the_consent(full):
    order_id = opened(full, device_id=device(full).id)
    assert seen(full, order_id).work_kind == "free"
    services.dispatch(full.system(MONDAY), order_id, technician(full))
    services.start(full.system(MONDAY + HOUR), order_id)
    services.find_cause(full.system(MONDAY + 2 * HOUR), order_id, "misuse", "Run without oil")
    order = seen(full, order_id)
    assert (order.work_kind, decided(full, order_id)) == ("paid", [("", "free"), ("free", "paid")])
    assert order.coverage_words != ""
    with pytest.raises(Conflict, match="The customer pays, and no quote was made yet"):
        services.finish(full.system(MONDAY + 3 * HOUR), order_id, ResultData("solved", "Repaired", "misuse"))
    assert seen(full, order_id).state == "working"
    ctx = full.system(MONDAY + 3 * HOUR)
    quote = quotes.draft(
        ctx, QuoteData("Repair", None, RecordRef(ORDER, order_id), person_name="Ma", coverage_id=order.coverage_ref,
                       lines=(QuoteLineData("labour", quantity=Decimal(2)),)),
    )  # fmt: skip
    quotes.send(ctx, quote.id, "told")
    assert open_gates(full, order_id, "finish") == ["service.outcome", "warranty.consent"]


def test_each_decision_stays_and_names_the_one_before(full):
    order_id = opened(full, device_id=device(full).id)
    services.find_cause(full.system(MONDAY + HOUR), order_id, "misuse")
    services.find_cause(full.system(MONDAY + 2 * HOUR), order_id, "defect")
    assert decided(full, order_id) == [("", "free"), ("free", "paid"), ("paid", "free")]
    model = full.system().registry.kinds["warranty.decision"].model
    rows = full.system().session.execute(sa.select(model.state, model.former_id).order_by(model.id)).all()
    assert [r.state for r in rows] == ["superseded", "superseded", "stands"]
    assert [r.former_id is None for r in rows] == [True, False, False]


def test_where_the_records_contradict_each_other_the_order_says_why_and_a_person_decides(full):
    ctx = full.system()
    unit = device(full, "FH-3")
    for number, day in enumerate((dt.date(2025, 1, 26), dt.date(2026, 1, 31))):
        sale = SaleData(unit.product_id, unit.customer_id, day, device_id=unit.id, invoice=f"F-{number}")
        base.record_sale(ctx, sale)
    order_id = opened(full, device_id=unit.id)
    order = seen(full, order_id)
    assert order.work_kind == ""
    assert order.coverage_words.startswith("Proofs of the sale differ and weigh the same")
    services.choose_work_kind(full.system(MONDAY), order_id, "free", "The invoice is in another name")
    assert seen(full, order_id).work_kind_by_hand


def test_a_decision_that_a_person_takes_elsewhere_counts_for_its_order(full):
    order_id = opened(full, device_id=device(full).id)
    decision_id = seen(full, order_id).coverage_ref
    coverage.redecide(full.system(MONDAY + HOUR), decision_id, {"cause": "misuse"}, "Seen on a photo")
    full.installation.worker(MONDAY + HOUR).run_until_idle()
    order = seen(full, order_id)
    assert (order.work_kind, decided(full, order_id)) == ("paid", [("", "free"), ("free", "paid")])


def test_who_may_not_decide_on_coverage_takes_orders_in_without_a_decision(full):
    ctx = full.ctx(life.OPEN, "base.unit.view", now=MONDAY)
    order = seen(full, opened(full, ctx=ctx, device_id=device(full).id))
    assert (order.work_kind, order.coverage_ref) == ("", None)


def test_nobody_does_without_the_right(plain):
    order_id = accepted(plain)
    for verb, given in ((services.accept, ()), (services.dispatch, (1,)), (services.close, ()), (services.archive, ())):
        with pytest.raises((Forbidden, Invalid)):
            verb(plain.ctx(life.VIEW, now=MONDAY), order_id, *given)
    assert seen(plain, order_id).state == "accepted"


# --- limits as data -------------------------------------------------------------------------------------------------


def limits(office, rows: list[dict], default: dict | None) -> None:
    """Put these time limits in force from today on."""
    ctx = office.system(MONDAY)
    body = {k: v for k, v in body_of(ctx, "service.limits").items() if k != "default"} | {"rows": rows}
    body |= {"default": default} if default is not None else {}
    save_draft(ctx, "service.limits", body, reason="test", effective_from=ctx.today)
    publish(ctx, "service.limits")


def hours(row_id: str, limit: int, **when) -> dict:
    then = {"limit": limit, "unit": "elapsed_hours", "calendar": "always"}
    return {"id": row_id, "when": {"clock": "arrival", **when}, "then": then}


OFF = {"limit": 1, "unit": "working_days", "calendar": "office", "runs": False}


@pytest.mark.clause("MKT-5")
def test_limits_differ_by_region_product_group_and_contract_and_a_clock_that_runs_not_is_not_started(plain):
    rows = [
        hours("contract", 4, work_kind="contract"), hours("far", 72, region="Xinjiang"),
        hours("tractors", 12, product_group="tractors"), hours("rest", 24),
    ]  # fmt: skip
    limits(plain, rows, OFF)
    tractor = device(plain).id
    ids = {
        4: opened(plain, work_kind="contract", work_kind_reason="Care contract"), 72: opened(plain, region="Xinjiang"),
        12: opened(plain, device_id=tractor), 24: opened(plain),
    }  # fmt: skip
    assert {h: clock(plain, i, ARRIVAL).due_at for h, i in ids.items()} == {h: MONDAY + h * HOUR for h in ids}
    assert [c.kind for c in clocks_on(plain.system(), seen(plain, ids[24]))] == [ARRIVAL]


def test_distance_bands_with_a_gap_between_them_are_refused(plain):
    rows = [hours("near", 24, distance={"le": 300}), hours("far", 72, distance={"gt": 1000})]
    with pytest.raises(Invalid, match="A time limit must never be lacking"):
        limits(plain, rows, None)
