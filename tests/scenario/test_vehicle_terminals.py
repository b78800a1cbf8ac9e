"""A maker of vehicle terminals who works through agents, in the policy's order (AG-4 to AG-15), set by its profile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, find_clock, gates, use_locale
from core.checklists.services import Given, add_photo, save_answers
from core.companies.services import save_unit
from core.files import receive
from core.mail.models import Mail
from core.notifications import Notification
from core.profiles import apply_profile, read_profile
from plugins.base import services as base
from plugins.base.contracts import CONTACT, ContactData, CustomerData, IntakeData, ProductData, UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import life, services, visit_life
from plugins.service.contracts import (
    ASSIGNMENT,
    ORDER,
    SOLUTION,
    AppointmentData,
    OrderData,
    PlanData,
    ResultData,
)
from plugins.service.models import Order
from plugins.service.money_contracts import ChargeData, PaymentData
from plugins.service.queries import appointments
from plugins.service.queries import orders as queries
from plugins.service.queries import rma as rma_queries
from plugins.service.queries import slips as slip_queries
from plugins.service.queries import visits as visit_queries
from plugins.service.rma_contracts import RMA, RMA_ARRIVE, RMA_EXAMINE, RMA_SEND, ExamineData, ReceiveData, SendData
from plugins.service.services import money, rma, slips
from plugins.service.slip_contracts import SLIP_CHECK, SLIP_DUE, SlipData
from plugins.service.visit_contracts import VISIT, EndData, PartData, RatingData, SignatureData, WorkData
from plugins.warranty.services.exchanges import exchange_unit
from plugins.workforce.contracts import CertificateData
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.services import skills
from tests.support.dispatch_site import acting, ids
from tests.support.dispatch_site import moment as at
from tests.support.visits import picture

PROFILE = Path(__file__).parents[2] / "plugins" / "industries" / "vehicle_terminals"
BEFORE = at("2026-02-27 10:00")
MONDAY = at("2026-03-02 09:00")
"""The office is open 09:00 to 18:00 on working days, noon included."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PEOPLE = (
    ("boss", "Sun Wei", "manager", None, "company"), ("aida", "Ai Da", "after_sales", None, "company"),
    ("head", "Qian Duo", "agent_head", "suqian", "units"), ("chen", "Chen Mei", "agent_technician", "suqian", "units"),
    ("wang", "Wang Zhi", "agent_technician", "suqian", "units"),
    ("gao", "Gao Feng", "agent_head", "huaian", "units"), ("tian", "Tian Yu", "agent_technician", "huaian", "units"),
)  # fmt: skip
SIGNED = SlipData([("slip.png", b"\x89PNG\r\n\x1a\nsigned")], "Ma")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    office = installation.company("acme", locale="en", now=BEFORE)
    apply_profile(office.system(BEFORE), read_profile(PROFILE, installation.registry))
    ctx = office.system(BEFORE)
    units = {None: None}
    for code, name, region in (("suqian", "Xinhe, Suqian", "Suqian"), ("huaian", "Yunhe, Huaian", "Huaian")):
        units[code] = save_unit(ctx, code, name, "agent", "hq", region=region).id
    for mailbox, name, role, unit, scope in PEOPLE:
        office.person(f"{mailbox}@acme.example", role, name=name, unit_id=units[unit], scope=scope)
    product = base.save_product(ctx, ProductData("T7", "Terminal", "terminals", model="T7"))
    customer = base.save_customer(ctx, CustomerData("Ma Dongsheng"))
    for serial in ("T7-1", "T7-2", "T7-3"):
        base.save_unit_record(ctx, UnitData(product.id, serial, customer_id=customer.id))
    permit, who = next(i for i, name in skill_queries.offered(ctx) if "terminals" in name), ids(office)
    for name in ("chen", "tian"):
        first, last = dt.date(2025, 6, 1), dt.date(2027, 5, 31)
        skills.give_certificate(ctx, CertificateData(who[name], permit, first, last, f"P-{name}", "Headquarters"))


def opened(office, place: str = "Suqian, Sucheng", now=MONDAY, work_kind: str = "free", **values) -> int:
    given = {"subject": "Terminal stays dark", "address": place, "person_name": "Ma", **values}
    ctx = office.system(now)
    with ctx.session:
        order = services.open_order(ctx, OrderData(**given))
        if work_kind and not order.work_kind:
            services.choose_work_kind(ctx, order.id, work_kind, "As the sales record says")
        return order.id


def sent(office, order_id: int, now=MONDAY, technician: str = "chen", head: str = "head") -> None:
    """Judged by the head of the agent's centre, who agrees a time and sends a technician."""
    services.assess(acting(office, head, now), order_id, "Power supply or terminal", "normal")
    plan = PlanData(now + 2 * HOUR, now + 4 * HOUR, True, "Ma")
    services.assign(acting(office, head, now), order_id, ids(office)[technician], plan)


def there(office, order_id: int, now, technician: str = "chen") -> int:
    return services.arrive(acting(office, technician, now), order_id, f"arrive-{order_id}-{now:%d%H}").id


def left(office, visit_id: int, now, *, cause: str = "defect") -> None:
    """The vehicle's checklist filled in, what was done written down, rated and signed by the customer."""
    ctx, ref = acting(office, "chen", now), RecordRef(VISIT, visit_id)
    checked(ctx, ref)
    work = WorkData("no", "", "none", "", cause, "", "Terminal exchanged", "Online for 10 minutes")
    services.save_work(ctx, visit_id, work, f"work-{visit_id}")
    grades = dict.fromkeys(("attitude", "skill", "arrival", "promises"), "good")
    end = EndData("solved", signature=SignatureData("self", "Ma", content=picture()), rating=RatingData(grades))
    services.end_visit(ctx, visit_id, end, f"end-{visit_id}")


def checked(ctx, ref: RecordRef) -> None:
    for item in ("before", "after"):
        add_photo(ctx, ref, "service.vehicle", item, f"{item}.png", receive(ctx, picture()))
    vehicle = [Given("damage", "none"), *(Given(c, "yes") for c in ("covers", "things", "as_before"))]
    save_answers(ctx, ref, "service.vehicle", vehicle)


def due(office, record: RecordRef, kind: str):
    clock = find_clock(office.system(), record, kind)
    return clock.due_at if clock is not None else None


def missing(office, order_id: int, step: str = "close") -> list[str]:
    ctx = office.system(MONDAY)
    found = gates(ctx, life.WORKFLOW.transition(step), queries.get_order(ctx, order_id))
    return sorted(g.text for g in found if g.open)


# --- the policy's sections 4 to 8: reached, trained, taken in, sent --------------------------------------------------


@pytest.mark.clause("AG-4")
@pytest.mark.parametrize("channel", ["phone", "email", "portal"])
def test_questions_by_the_hotline_the_mailbox_and_online_are_answered_within_eight_working_hours(office, channel):
    friday = at("2026-03-06 16:00")
    order_id = opened(office, now=friday, kind="inquiry", channel=channel, work_kind="")
    assert due(office, RecordRef(ORDER, order_id), SOLUTION) == at("2026-03-09 15:00")
    services.answer(office.system(at("2026-03-09 11:00")), order_id, "Hold the button for ten seconds")
    clock = find_clock(office.system(), RecordRef(ORDER, order_id), SOLUTION)
    assert (clock.state, queries.get_order(office.system(), order_id).state) == ("met", "done")


@pytest.mark.clause("AG-5")
def test_service_providers_too_may_work_only_after_training_and_qualification(office):
    order_id = opened(office)
    services.assess(acting(office, "head", MONDAY), order_id, "Power supply", "normal")
    with pytest.raises(Conflict, match="Wang Zhi may not be sent"):
        services.assign(acting(office, "head", MONDAY), order_id, ids(office)["wang"], PlanData())
    assert queries.get_order(office.system(), order_id).assignee_id is None


@pytest.mark.clause("AG-6")
def test_name_address_phone_model_purchase_date_cause_and_appearance_are_asked_and_passed_to_the_service_centre(office):
    told = {
        "caller_name": "Ma Dongsheng", "address": "Suqian, Sucheng", "phone": "138 0013 8000", "model": "T7",
        "purchase_date": dt.date(2026, 1, 5), "cause": "defect", "appearance": "Screen unbroken", "text": "Stays dark",
    }  # fmt: skip
    ctx = office.system(MONDAY)
    for name, field in (("caller_name", "name"), ("appearance", "appearance"), ("purchase_date", "purchase_date")):
        with pytest.raises(Invalid) as refused:
            base.take_in(ctx, IntakeData(ContactData(**{**told, name: None if name == "purchase_date" else ""})))
        assert refused.value.details["missing"] == [field]
    new = CustomerData("Ma Dongsheng", address="Suqian, Sucheng")
    contact = base.take_in(ctx, IntakeData(ContactData(**told), new))
    order = services.open_order(ctx, OrderData(subject="Stays dark", contact_id=contact.id, address=contact.address))
    assert (order.unit_id, order.contact_id) == (ids(office)["unit:suqian"], contact.id)
    assert RecordRef(CONTACT, contact.id).kind == "base.contact"
    office.installation.worker(MONDAY).run_until_idle()
    heard = sa.select(Notification.user_id).where(Notification.record_kind == ORDER)
    assert list(office.system().session.scalars(heard)) == [ids(office)["head"]]


@pytest.mark.clause("AG-7")
def test_the_agents_service_centre_judges_the_fault_and_sends_somebody_at_once_and_sees_its_own_requests_only(office):
    ours, theirs = opened(office), opened(office, "Huaian, Qinghe")
    assert due(office, RecordRef(ORDER, ours), ASSIGNMENT) == at("2026-03-02 13:00")
    with pytest.raises(Conflict, match="judges it first"):
        services.assign(acting(office, "head", MONDAY), ours, ids(office)["chen"], PlanData())
    sent(office, ours, MONDAY + HOUR)
    order = queries.get_order(office.system(), ours)
    assert (order.state, order.assignee_id) == ("dispatched", ids(office)["chen"])
    assert find_clock(office.system(), RecordRef(ORDER, ours), ASSIGNMENT).state == "met"
    for name in ("head", "chen"):
        assert [o.id for o in acting(office, name).session.scalars(sa.select(Order))] == [ours], name
    for act in (
        lambda ctx: services.assess(ctx, theirs, "x", "normal"), lambda ctx: services.accept(ctx, theirs),
        lambda ctx: services.assign(ctx, theirs, ids(office)["chen"], PlanData()),
        lambda ctx: services.wait(ctx, theirs, "customer", "x"), lambda ctx: services.cancel(ctx, theirs, "x"),
        lambda ctx: money.collect(ctx, theirs, PaymentData(Decimal(1), "cash")),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act(acting(office, "head"))
    assert queries.get_order(office.system(), theirs).state == "requested"


# --- 9 to 13: on site ------------------------------------------------------------------------------------------------


@pytest.mark.clause("AG-8", "AG-9", "AG-10")
def test_the_technician_comes_at_the_agreed_time_with_card_and_test_gear_dressed_and_careful_by_the_checklist(office):
    order_id = opened(office)
    services.assess(acting(office, "head", MONDAY), order_id, "Power supply", "normal")
    services.assign(acting(office, "head", MONDAY), order_id, ids(office)["chen"], PlanData())
    assert "No time is agreed with the customer" in missing(office, order_id, "start")
    agreed = AppointmentData(MONDAY + 2 * HOUR, MONDAY + 4 * HOUR, "Ma")
    services.appoint(acting(office, "chen", MONDAY), order_id, agreed)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    order = queries.get_order(office.system(), order_id)
    ctx = office.system(MONDAY + 3 * HOUR)
    assert appointments.kept(ctx, appointments.appointments_of(ctx, order_id)[0], order.started_at) == "in_time"
    ref, chen = RecordRef(VISIT, visit_id), acting(office, "chen", MONDAY + 3 * HOUR)
    asked = ("badge", "tools", "dress", "safe", "whole", "protected", "no_gifts", "clean")
    filled = save_answers(chen, ref, "service.conduct", [Given(code, "yes") for code in asked])
    assert (len(filled.answers), filled.open_items) == (8, [])


@pytest.mark.clause("AG-11")
def test_the_charge_is_told_the_customer_agrees_it_is_done_paid_and_invoiced_and_the_signed_slip_goes_to_headquarters(
    office,
):
    order_id = opened(office, work_kind="paid")
    services.assess(acting(office, "head", MONDAY), order_id, "Fuse", "normal")
    plan = PlanData(MONDAY + 2 * HOUR, MONDAY + 4 * HOUR, True, "Ma")
    with pytest.raises(Conflict, match="The customer has not agreed to pay yet"):
        services.assign(acting(office, "head", MONDAY), order_id, ids(office)["chen"], plan)
    services.record_consent(acting(office, "head", MONDAY), order_id, "phone", "Ma", "80 for the fuse and the way")
    services.assign(acting(office, "head", MONDAY), order_id, ids(office)["chen"], plan)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    left(office, visit_id, MONDAY + 4 * HOUR, cause="misuse")
    done = MONDAY + 4 * HOUR
    office.installation.worker(done).run_until_idle()
    chen = acting(office, "chen", done)
    money.add_charge(chen, order_id, ChargeData("labour", "Fuse", Decimal(1), Decimal(80), reason="As agreed"))
    money.collect(chen, order_id, PaymentData(Decimal(80), "wechat"))
    money.record_invoice(chen, order_id, "26110001", dt.date(2026, 3, 2), Decimal(80))
    assert due(office, RecordRef(ORDER, order_id), SLIP_DUE) == at("2026-03-05 18:00")
    assert missing(office, order_id) == ["The signed slip is missing"]
    slip = slips.send_slip(acting(office, "chen", done + DAY), order_id, SIGNED)
    slips.mail_original(acting(office, "chen", done + DAY), slip.id, "SF 1093")
    assert due(office, RecordRef(ORDER, order_id), SLIP_CHECK) == at("2026-03-05 18:00")
    with pytest.raises(Forbidden):
        slips.accept_slip(acting(office, "head", done + DAY), slip.id)
    slips.accept_slip(acting(office, "aida", done + 2 * DAY), slip.id)
    slips.take_original(acting(office, "aida", done + 3 * DAY), slip.id)
    assert missing(office, order_id) == []
    assert services.close(acting(office, "aida", done + 3 * DAY), order_id).state == "closed"


@pytest.mark.clause("AG-12")
def test_what_can_not_be_solved_on_site_is_explained_and_a_new_time_is_agreed(office):
    order_id = opened(office)
    sent(office, order_id)
    visit_id, now = there(office, order_id, MONDAY + 3 * HOUR), MONDAY + 4 * HOUR
    chen = acting(office, "chen", now)
    checked(chen, RecordRef(VISIT, visit_id))
    with pytest.raises(Invalid):
        services.end_visit(chen, visit_id, EndData("again"), "end")
    tomorrow = at("2026-03-03 14:00")
    services.end_visit(
        acting(office, "chen", now), visit_id,
        EndData("again", again_reason="Told Ma: the antenna has to come first", again_at=tomorrow), "end2",
    )  # fmt: skip
    order = queries.get_order(office.system(), order_id)
    visit = visit_queries.get_visit(office.system(), visit_id)
    agreed = visit_queries.appointment_of(office.system(), order)
    assert (order.state, visit.again_reason, agreed[0]) == (
        "accepted", "Told Ma: the antenna has to come first", tomorrow,
    )  # fmt: skip


@pytest.mark.clause("AG-13")
def test_the_customers_vehicle_is_protected_its_condition_before_and_after_is_on_record_with_photos(office):
    order_id = opened(office)
    sent(office, order_id)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    chen = acting(office, "chen", MONDAY + 4 * HOUR)
    services.save_work(chen, visit_id, WorkData("no", "", "none", "", "defect", "", "Fuse", "Runs"), "w")
    ctx = office.system(MONDAY)
    visit = visit_queries.get_visit(ctx, visit_id)
    keys = {g.key for g in gates(ctx, visit_life.WORKFLOW.transition("end"), visit) if g.open}
    assert "core.checklist.service.vehicle" in keys
    checked(chen, RecordRef(VISIT, visit_id))
    ctx = office.system(MONDAY)
    visit = visit_queries.get_visit(ctx, visit_id)
    open_keys = {g.key for g in gates(ctx, visit_life.WORKFLOW.transition("end"), visit) if g.open}
    assert open_keys == keys - {"core.checklist.service.vehicle"}


# --- 14, 15: the faulty terminal goes back -------------------------------------------------------------------------


@pytest.mark.clause("AG-14", "AG-15")
def test_after_an_exchange_the_faulty_terminal_is_mailed_back_to_after_sales_and_the_order_waits_for_it(office):
    ctx = office.system(MONDAY)
    old, new = unit_by_serial(ctx, "T7-1"), unit_by_serial(ctx, "T7-2")
    order_id = opened(office, device_id=old.id)
    sent(office, order_id)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    exchange_unit(office.system(MONDAY + 4 * HOUR), old.id, new.id, "Dead on arrival of the signal")
    office.installation.worker(MONDAY + 4 * HOUR).run_until_idle()
    item = rma_queries.returns_of(office.system(), order_id)[0]
    assert (item.name, item.serial, item.to_unit.code, item.owner_id) == (
        "Terminal T7", "T7-1", "after_sales", ids(office)["chen"],
    )  # fmt: skip
    ref = RecordRef(RMA, item.id)
    assert due(office, ref, RMA_SEND) == at("2026-03-05 18:00")
    left(office, visit_id, MONDAY + 5 * HOUR)
    slip = slips.send_slip(acting(office, "chen", MONDAY + 5 * HOUR), order_id, SIGNED)
    slips.accept_slip(acting(office, "aida", MONDAY + DAY), slip.id)
    assert missing(office, order_id) == [f"{item.number} is not back yet: Terminal T7"]
    rma.send(acting(office, "chen", MONDAY + DAY), item.id, SendData("SF", "SF 2071"))
    assert due(office, ref, RMA_ARRIVE) == at("2026-03-11 00:00")
    with pytest.raises(Forbidden):
        rma.receive(acting(office, "head", MONDAY + 3 * DAY), item.id, ReceiveData("Clean", "T7-1"))
    aida = acting(office, "aida", MONDAY + 3 * DAY)
    with pytest.raises(Invalid, match="This is T7-9; T7-1 is expected"):
        rma.receive(aida, item.id, ReceiveData("Clean", "T7-9"))
    rma.receive(aida, item.id, ReceiveData("Clean", "t7 1"))
    assert due(office, ref, RMA_EXAMINE) == at("2026-03-12 18:00")
    with pytest.raises(Conflict, match="has come in already"):
        rma.receive(acting(office, "aida", MONDAY + 4 * DAY), item.id, ReceiveData("Clean", "T7-1"))
    assert missing(office, order_id) == []
    rma.examine(acting(office, "aida", MONDAY + 4 * DAY), item.id, ExamineData("confirmed", "Modem burnt"))
    assert rma.close(acting(office, "aida", MONDAY + 4 * DAY), item.id, "supplier").state == "closed"


@pytest.mark.clause("AG-15")
def test_who_does_not_mail_it_back_is_chased_then_the_head_of_the_centre_then_after_sales(office):
    order_id = opened(office)
    sent(office, order_id)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    chen = acting(office, "chen", MONDAY + 3 * HOUR)
    services.save_parts(chen, visit_id, {}, "p", PartData("Modem", "M-4"))
    item = rma_queries.returns_of(office.system(), order_id)[0]
    overdue = at("2026-03-05 18:00")
    assert (item.name, due(office, RecordRef(RMA, item.id), RMA_SEND)) == ("Modem", overdue)
    for days in (0, 2, 5):
        rma.chase(office.system(overdue + days * DAY))
    mails = office.system().session.scalars(sa.select(Mail.recipient).order_by(Mail.id))
    assert list(mails) == [f"{name}@acme.example" for name in ("chen", "head", "aida")]


@pytest.mark.clause("AG-15")
def test_what_the_customer_paid_for_stays_with_the_customer(office):
    order_id = opened(office, work_kind="paid")
    services.record_consent(office.system(MONDAY), order_id, "phone", "Ma", "300 for the modem")
    sent(office, order_id)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    services.save_parts(acting(office, "chen", MONDAY + 3 * HOUR), visit_id, {}, "p", PartData("Modem", "M-4"))
    assert rma_queries.returns_of(office.system(), order_id) == []


@pytest.mark.clause("AG-7")
def test_slips_and_returns_of_one_agent_are_out_of_reach_for_another(office):
    order_id = opened(office)
    sent(office, order_id)
    visit_id = there(office, order_id, MONDAY + 3 * HOUR)
    services.save_parts(acting(office, "chen", MONDAY + 3 * HOUR), visit_id, {}, "p", PartData("Modem", "M-4"))
    slip = slips.send_slip(acting(office, "chen", MONDAY + 4 * HOUR), order_id, SIGNED)
    item = rma_queries.returns_of(office.system(), order_id)[0]
    for name in ("gao", "tian"):
        ctx = acting(office, name, MONDAY + DAY)
        assert list(ctx.session.scalars(slip_queries.rows_of(ctx))) == []
        assert list(ctx.session.scalars(rma_queries.rows_of(ctx))) == []
        for act in (
            lambda ctx: slips.send_slip(ctx, order_id, SIGNED), lambda ctx: slips.mail_original(ctx, slip.id, "x"),
            lambda ctx: rma.send(ctx, item.id, SendData("SF")), lambda ctx: rma.withdraw(ctx, item.id, "x"),
            lambda ctx: rma.pass_on(ctx, item.id, 1), lambda ctx: services.finish(ctx, order_id, ResultData("solved")),
            lambda ctx: services.save_parts(ctx, visit_id, {}, "q", PartData("Fuse")),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                act(acting(office, name, MONDAY + DAY))
    assert (slip_queries.get_slip(office.system(), slip.id).state, item.state) == ("waiting", "expected")
