"""Market after-sales in the policy's order (MKT-2, MKT-4, MKT-5), in a company set up by its profile."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Mail, RecordRef, find_clock, timeline, use_locale
from core.notifications import Notification
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import ProductData, UnitData
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ANSWER, COMPLAINT, ComplaintData
from plugins.service import services
from plugins.service.contracts import ORDER, RESPONSE, SOLUTION, PlanData, ResultData
from tests.support import policy_site as site

PEOPLE = {"kefu": "agent", "diao": "dispatcher", "li": "technician"}
SUNDAY = "2026-03-08 03:00"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("consumer-market")


def furnish(installation):
    site.furnish(installation, "consumer_market", PEOPLE, group="大家电")


def delivered(office, now: str) -> None:
    """The worker delivers what has happened; it sends nothing."""
    office.installation.close_sessions()
    office.installation.worker(site.at(now)).run_until_idle()


def mails(office) -> list[tuple[str, str]]:
    rows = office.system().session.execute(sa.select(Mail.recipient, Mail.subject).order_by(Mail.id))
    return [tuple(row) for row in rows]


@pytest.mark.clause("MKT-2")
def test_repair_and_exchange_advice_and_complaints_are_taken_in(office):
    repair = site.opened(office, mailbox="kefu", cause="defect")
    advice = site.opened(office, mailbox="kefu", kind="inquiry", subject="How to descale it?")
    assert [site.order_of(office, n).number for n in (repair, advice)] == ["FW2603-0001", "FW2603-0002"]
    order = site.order_of(office, repair)
    ctx = office.system()
    decided = ctx.session.get_one(ctx.registry.kinds[order.coverage_kind].model, order.coverage_ref)
    assert (order.work_kind, decided.outputs["repair"], decided.outputs["exchange"]) == ("free", 1, 2)
    services.answer(site.acting(office, "kefu", "09:30"), advice, "Vinegar, one cup")
    assert site.order_of(office, advice).state == "done"
    complaint = complaints.open_complaint(
        site.acting(office, "kefu", "10:00"), ComplaintData("Nobody came", category="attitude")
    )
    assert complaint.number == "TS2603-0001"


@pytest.mark.clause("MKT-4")
def test_from_the_report_to_the_archive_the_customer_is_told_progress_and_expected_finish_at_each_step(office):
    # reported by mail, classified by nature and urgency
    order_id = site.opened(office, mailbox="kefu", channel="email", cause="defect", urgency="urgent")
    delivered(office, "09:01")
    # technical: assigned to a technician
    plan = PlanData()
    services.assign(site.acting(office, "diao", "09:30"), order_id, site.person(office, "li"), plan)
    delivered(office, "09:31")
    # handled in time, the customer told what it waits for and when it is expected to be finished
    services.start(site.acting(office, "li", "14:00"), order_id)
    services.wait(site.acting(office, "li", "14:30"), order_id, "parts", "The valve comes tomorrow")
    delivered(office, "14:31")
    services.resume(site.acting(office, "li", "03-03 14:30"), order_id)
    # result
    result = ResultData("solved", "Valve exchanged", "defect")
    services.finish(site.acting(office, "li", "03-03 16:00"), order_id, result)
    delivered(office, "03-03 16:01")
    services.close(site.acting(office, "kefu", "03-03 16:30"), order_id)
    delivered(office, "03-03 16:31")
    # archive
    assert services.archive(office.system(site.at("03-04 09:00")), order_id).state == "archived"
    assert mails(office) == [
        (site.MAIL, "We have your request FW2603-0001"),
        (site.MAIL, "Your request FW2603-0001: who comes"),
        (site.MAIL, "Your request FW2603-0001 waits"),
        (site.MAIL, "Your request FW2603-0001: the work is done"),
        (site.MAIL, "Your request FW2603-0001 is closed"),
    ]
    bodies = list(office.system().session.scalars(sa.select(Mail.body).order_by(Mail.id)))
    expected = "Expected to be finished: 5 March 2026 18:00."
    assert expected in bodies[0]
    assert f"Li sees to your request FW2603-0001 (Lift is weak). {expected}" in bodies[1]
    assert f"waits for now: The valve comes tomorrow. {expected}" in bodies[2]
    assert "is done: Solved." in bodies[3]
    told = [e for e in timeline(office.system(), RecordRef(ORDER, order_id)) if e.name == "service.progress_told"]
    assert [e.facts["step"]["en"] for e in reversed(told)] == [
        "Taken in", "Somebody was sent", "It waits", "Work done", "Closed",
    ]  # fmt: skip


@pytest.mark.clause("MKT-4")
def test_who_has_no_mail_address_is_called_and_simple_requests_stay_with_the_agent(office):
    simple = site.opened(office, mailbox="kefu", device_id=None, person_name="Mr Wu", kind="inquiry", subject="Hours?")
    delivered(office, "09:01")
    delivered(office, "09:02")
    query = sa.select(Notification.facts).where(Notification.user_id == site.person(office, "kefu"))
    inbox = [f for f in office.system().session.scalars(query) if "step" in f]
    assert [(f["number"], f["step"]["en"]) for f in inbox] == [("FW2603-0001", "Taken in")]
    assert mails(office) == []
    services.answer(site.acting(office, "kefu", "09:10"), simple, "From nine to six")
    assert (site.order_of(office, simple).state, site.order_of(office, simple).assignee_id) == ("done", None)


def test_what_moved_on_before_the_message_went_out_is_not_told_as_if_it_stood_there(office):
    order_id = site.opened(office, mailbox="kefu", cause="defect")
    services.wait(site.acting(office, "li", "09:10"), order_id, "parts", "The valve comes tomorrow")
    services.resume(site.acting(office, "li", "09:11"), order_id)
    delivered(office, "09:12")
    assert [subject for _to, subject in mails(office)] == ["We have your request FW2603-0001"]


def test_a_customer_whose_repair_takes_longer_is_told_so_once(office):
    order_id = site.opened(office, mailbox="kefu", cause="defect")
    delivered(office, "09:01")
    assert site.due(office, order_id, SOLUTION) == site.at("03-05 18:00")
    for now in ("2026-03-05 18:01", "2026-03-06 09:00"):
        delivered(office, now)
    assert [subject for _to, subject in mails(office)][1:] == ["Your request FW2603-0001 takes longer"]


@pytest.mark.clause("MKT-5")
def test_the_hotline_answers_urgent_matters_within_two_hours_and_others_within_24_day_and_night(office):
    urgent, other = site.opened(office, SUNDAY, urgency="urgent"), site.opened(office, SUNDAY)
    assert [site.due(office, n, RESPONSE) - moment(SUNDAY) for n in (urgent, other)] == [2 * HOUR, 24 * HOUR]
    services.accept(site.acting(office, "kefu", "03-08 05:00"), urgent)
    assert site.clock_state(office, urgent, RESPONSE) == "met"
    advice = site.opened(office, SUNDAY, kind="inquiry")
    assert site.due(office, advice, SOLUTION) == moment(SUNDAY) + 24 * HOUR
    complaint = complaints.open_complaint(office.system(moment(SUNDAY)), ComplaintData("Broken", category="quality"))
    clock = find_clock(office.system(), RecordRef(COMPLAINT, complaint.id), ANSWER)
    assert clock.due_at == moment(SUNDAY) + 24 * HOUR


@pytest.mark.clause("MKT-5")
@pytest.mark.parametrize(
    ("group", "zone", "finished"),
    [("大家电", "city", "2026-03-05"), ("大家电", "suburb", "2026-03-09"), ("小家电", "city", "2026-03-11")],
)
def test_repair_and_exchange_have_limits_by_product_type_and_region(office, group, zone, finished):
    ctx = office.system()
    product = base.save_product(ctx, ProductData(f"P-{group}", "Appliance", group))
    unit = base.save_unit_record(ctx, UnitData(product.id, "SN-2"))
    order_id = site.opened(office, device_id=unit.id, zone=zone)
    assert site.due(office, order_id, SOLUTION) == moment(f"{finished} 18:00")
