"""The customer is told at each step how the complaint stands and when it is expected to be finished (MKT-4)."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    Event,
    Invalid,
    Mail,
    RecordRef,
    clocks_on,
    decision_of,
    find_clock,
    timeline,
    use_locale,
)
from core.companies.services import save_unit
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.events import Delivery
from core.message_templates import save_template, text_in_force
from core.notifications import Notification
from core.settings import set_setting
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData
from plugins.complaints import handlers, panels, queries, services
from plugins.complaints.contracts import CALL, COMPLAINT, Classification, ComplaintData

MONDAY = moment("2026-03-02 09:00")
MA = "ma@customer.example"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    """Technical matters go to the technicians, simple ones stay with the agent who took them in."""
    office = installation.company("acme", modules=("complaints",), locale="en")
    ctx = office.system()
    save_unit(ctx, "rd", "Technicians", "department", "hq")
    service = save_unit(ctx, "service", "Customer service", "department", "hq").id
    office.person("an@acme.example", "agent", name="An Ran", unit_id=service)
    body = dict(versions_of(ctx, table_named(ctx, "complaints.routing"))[-1].body)
    then = {"department": "service", "person": "an@acme.example"}
    rows = [{"id": "simple", "when": {"nature": "simple"}, "then": then}, *body["rows"]]
    save_draft(ctx, "complaints.routing", {**body, "rows": rows}, reason="MKT-4", effective_from=ctx.today)
    publish(office.system(), "complaints.routing")


def opened(office, now=MONDAY, **values) -> int:
    given = {"subject": "Gearbox leaks", "category": "quality", "person_name": "Mr Ma", **values}
    return services.open_complaint(office.system(now), ComplaintData(**given)).id


def delivered(office, now=MONDAY) -> None:
    """The worker delivers what has happened; it sends nothing."""
    office.installation.worker(now).run_until_idle()


def mails(office) -> list[tuple[str, str]]:
    query = sa.select(Mail.recipient, Mail.subject).order_by(Mail.id)
    return [tuple(row) for row in office.system().session.execute(query)]


def told(office, number) -> list[tuple[str, str, str]]:
    """(step, channel, state) of what the customer was told or is to be told, oldest first."""
    return [(p.step, p.channel, p.state) for p in reversed(queries.progress_of(office.system(), number))]


def inbox_of(office, person) -> list[Notification]:
    """What the inbox of a person says of time limits."""
    query = sa.select(Notification).where(Notification.user_id == person).order_by(Notification.id)
    return [n for n in office.system().session.scalars(query) if "clock" in n.facts]


@pytest.mark.clause("MKT-4")
def test_a_customer_is_told_progress_and_expected_finish_at_each_step_from_the_report_to_the_archive(office):
    number = opened(office, channel="email", person_email=MA, category="", kind="complaint")
    delivered(office)
    later = (moment(f"2026-03-02 {hour}:00") for hour in itertools.count(10))

    classified = next(later)
    services.classify(office.system(classified), number, Classification("quality", nature="technical", unusable=True))
    assert queries.unit_name(office.system(), queries.get_complaint(office.system(), number).unit_id) == "Technicians"
    delivered(office, classified)

    technician = office.person("wu@acme.example", "complaint_handler", name="Wu Gang")
    taken_on = next(later)
    services.assign(office.system(taken_on), number, technician)
    delivered(office, taken_on)

    found = next(later)
    services.write_findings(office.system(found), number, "The seal is porous")
    delivered(office, found)

    closed = next(later)
    services.reply(office.system(closed), number, "We fitted a new seal", "email", mail_to=MA, outcome="replaced")
    services.confirm_content(office.system(closed), number)
    delivered(office, closed)
    assert queries.get_complaint(office.system(), number).state == "closed"

    assert mails(office) == [
        (MA, "We have your complaint TS2603-0001"),
        (MA, "Your complaint TS2603-0001: who looks into it"),
        (MA, "Your complaint TS2603-0001 is being worked on"),
        (MA, "Your complaint TS2603-0001: we know more"),
        (MA, "Your complaint TS2603-0001"),
        (MA, "Your complaint TS2603-0001 is settled"),
    ]
    bodies = list(office.system().session.scalars(sa.select(Mail.body).order_by(Mail.id)))
    assert bodies[0].startswith("Dear Mr Ma,\n")
    assert "We expect to finish by 16 March 2026 18:00." in bodies[0]
    assert "is with Technicians. We expect to finish by 5 March 2026 18:00" in bodies[1], "serious: sooner"
    assert "Wu Gang works on your complaint" in bodies[2]
    assert "is settled: Replaced." in bodies[5]
    ctx = office.system()
    events = [e for e in timeline(ctx, RecordRef(COMPLAINT, number)) if e.name == "complaints.progress_mailed"]
    assert [e.facts["step"]["en"] for e in events] == [
        "Closed", "Findings written down", "Being worked on", "Sent to a department", "Taken in",
    ]


@pytest.mark.clause("MKT-4")
def test_technical_matters_go_to_the_technicians_and_simple_ones_stay_with_the_agent(office):
    technical, simple = opened(office, nature="technical"), opened(office, nature="simple")
    ctx = office.system()
    has = {n: queries.get_complaint(ctx, n) for n in (technical, simple)}
    assert queries.unit_name(ctx, has[technical].unit_id) == "Technicians"
    assert queries.active_member_name(ctx, has[simple].assignee_id) == "An Ran"


@pytest.mark.clause("MKT-4")
def test_a_customer_without_mail_is_called_and_the_call_is_recorded(office):
    number = opened(office, channel="letter", person_phone="138 0013 8000")
    delivered(office)
    assert told(office, number) == [("received", "phone", "to_call")]
    (call,) = queries.progress_of(office.system(), number)
    assert "We expect to finish by" in call.text
    head = office.ctx("complaints.complaint.view", "complaints.complaint.assign", user_id=9)
    assert [(p.id, c.id) for p, c in queries.calls_due(head, None)] == [(call.id, number)]
    agreed = moment("2026-03-05 12:00")
    an_hour = MONDAY + dt.timedelta(hours=1)
    services.tell_progress(office.system(an_hour), number, "He agrees to Thursday", expected_at=agreed, call_id=call.id)
    with pytest.raises(Conflict):
        services.tell_progress(office.system(an_hour), number, "Called again", call_id=call.id)
    (kept,) = queries.progress_of(office.system(), number)
    assert (kept.state, kept.text, kept.expected_at, kept.told_at) == (
        "told", "He agrees to Thursday", agreed, an_hour,
    )
    assert queries.expected_finish(office.system(an_hour), queries.get_complaint(office.system(), number)) == agreed
    assert mails(office) == []


@pytest.mark.clause("MKT-4")
def test_a_call_is_made_within_the_limit_of_the_companys_table_else_its_head_learns_of_it(office):
    head = office.person("he@acme.example", "manager", name="He Li")
    in_time, forgotten = (opened(office, channel="letter", person_phone="138 0013 8000") for _n in range(2))
    delivered(office)
    calls = {n: find_clock(office.system(), RecordRef(COMPLAINT, n), CALL) for n in (in_time, forgotten)}
    assert {(c.state, c.due_at) for c in calls.values()} == {("running", moment("2026-03-02 17:00"))}
    assert decision_of(office.system(), calls[in_time]).table_name == "complaints.calls"
    before = queries.get_complaint(office.system(), in_time).urgent_at

    services.tell_progress(office.system(MONDAY + dt.timedelta(hours=2)), in_time, "We look into it")
    delivered(office, moment("2026-03-02 17:01"))
    ctx = office.system()
    states = {n: find_clock(ctx, RecordRef(COMPLAINT, n), CALL).state for n in (in_time, forgotten)}
    assert states == {in_time: "met", forgotten: "running"}
    assert queries.get_complaint(ctx, in_time).urgent_at == before, "a call doesn't move it in the queue"
    late = [(n.facts["clock"]["en"], n.record_id) for n in inbox_of(office, head)]
    assert [number for clock, number in late if clock == "Call to a customer"] == [forgotten]


@pytest.mark.clause("MKT-4")
def test_a_newer_step_asks_for_another_call_and_a_serious_matter_for_a_sooner_one(office):
    number = opened(office, channel="letter", person_phone="138 0013 8000")
    delivered(office)
    ten = moment("2026-03-02 10:00")
    services.classify(office.system(ten), number, Classification("quality", unusable=True))
    services.assign(office.system(ten), number, office.person("wu@acme.example", "complaint_handler", name="Wu Gang"))
    delivered(office, ten)
    clocks = [c for c in clocks_on(office.system(), RecordRef(COMPLAINT, number)) if c.kind == CALL]
    assert [(c.state, c.due_at) for c in clocks] == [
        ("cancelled", moment("2026-03-02 17:00")), ("running", moment("2026-03-02 12:00")),
    ]
    services.reply(office.system(ten), number, "We come today", "phone")
    assert find_clock(office.system(), RecordRef(COMPLAINT, number), CALL).state == "met"


def test_nothing_is_told_twice_however_often_it_is_delivered(office):
    number = opened(office, channel="email", person_email=MA)
    delivered(office)
    ctx = office.system(MONDAY)
    for event in ctx.session.scalars(sa.select(Event).where(Event.record_id == number, Event.record_kind == COMPLAINT)):
        if event.name in handlers.STEPS:
            handlers.tell_customer(office.system(MONDAY), event)
    assert len(mails(office)) == 1
    one, other = (office.person(f"{n}@acme.example", "complaint_handler", name=n.title()) for n in ("li", "wu"))
    for person in (one, other):
        services.assign(office.system(MONDAY), number, person)
    delivered(office)
    assert told(office, number) == [("received", "email", "told"), ("taken_on", "email", "told")]


def test_what_is_worked_on_again_is_told_again(office):
    number = opened(office, channel="email", person_email=MA)
    for _time in range(2):
        services.reply(office.system(MONDAY), number, "Done", "phone", outcome="solved")
        services.close_complaint(office.system(MONDAY), number, "solved")
        delivered(office)
        services.reopen_complaint(office.system(MONDAY), number, "It leaks")
        delivered(office)
    steps = [step for step, _channel, _state in told(office, number)]
    assert steps == ["closed", "reopened", "closed", "reopened"], "taken in was no longer news when the worker came"


@pytest.mark.parametrize("by", ["company", "case"])
def test_telling_is_switched_off_for_a_company_or_for_one_complaint(office, by):
    other = opened(office, channel="email", person_email=MA, category="")
    delivered(office)
    if by == "company":
        set_setting(office.system(), "complaints.tell_progress", False)
    else:
        services.tell_of_steps(office.system(MONDAY), other, False)
    services.classify(office.system(MONDAY + dt.timedelta(hours=1)), other, Classification("quality"))
    delivered(office, MONDAY + dt.timedelta(hours=1))
    assert len(mails(office)) == 1
    if by == "case":
        services.tell_of_steps(office.system(MONDAY), other, True)
        services.write_findings(office.system(MONDAY), other, "A crack")
        delivered(office, MONDAY + dt.timedelta(hours=1))
        assert [m[1] for m in mails(office)][1:] == ["Your complaint TS2603-0001: we know more"]


def test_when_the_time_told_has_passed_somebody_calls_and_agrees_another(office):
    number = opened(office, channel="email", person_email=MA, person_phone="138 0013 8000")
    delivered(office)
    late = moment("2026-03-17 09:00")
    delivered(office, late)
    assert told(office, number)[-1] == ("late", "phone", "to_call")
    agreed = late + dt.timedelta(days=2)
    with pytest.raises(Invalid):
        services.tell_progress(office.system(late), number, "Sorry", expected_at=MONDAY)
    services.tell_progress(office.system(late), number, "By Thursday", expected_at=agreed)
    assert told(office, number)[-1] == ("by_hand", "phone", "told"), "the call that was asked for is made by it"
    services.write_findings(office.system(late), number, "A crack")
    delivered(office, late)
    assert told(office, number)[-1] == ("findings", "email", "told")


def test_an_answer_or_the_closing_makes_a_call_needless(office):
    number = opened(office, channel="letter", person_phone="138 0013 8000")
    delivered(office)
    services.reply(office.system(MONDAY), number, "We come today", "phone")
    assert told(office, number) == []


def test_a_reworded_text_that_asks_for_what_is_not_known_becomes_a_call(office):
    text = text_in_force(office.system(), "complaints.progress_findings")
    body = {locale: f"{words} {{findings}}" for locale, words in text.body.items()}
    save_template(office.system(), "complaints.progress_findings", text.subject, body)
    number = opened(office, channel="email", person_email=MA, person_phone="138 0013 8000")
    services.tell_step(office.system(MONDAY), number, "findings", "findings:0")
    assert told(office, number) == []


def test_old_steps_are_not_told_by_a_worker_that_comes_late(office):
    opened(office, channel="email", person_email=MA)
    delivered(office, MONDAY + dt.timedelta(days=2))
    assert mails(office) == []
    left = office.system().session.scalar(sa.select(sa.func.count(Delivery.id)).where(Delivery.state == "parked"))
    assert left == 0


def test_contact_persons_of_the_customer_are_written_to_who_complained_first(office):
    customer = base.save_customer(office.system(MONDAY), CustomerData("Fleet")).id
    for name in ("Bai", "Ma"):
        base.save_person(office.system(MONDAY), customer, PersonData(name, email=f"{name.lower()}@fleet.example"))
    opened(office, customer_id=customer, person_name="Ma", channel="email")
    delivered(office)
    assert [to for to, _subject in mails(office)] == ["ma@fleet.example"]


def test_calls_to_customers_stand_in_my_work(office, app):
    number = opened(office, channel="letter", person_phone="138 0013 8000")
    delivered(office)
    with app.test_request_context("/c/acme/"):
        ctx = office.ctx(
            "complaints.complaint.view", "complaints.complaint.handle", "complaints.complaint.assign", user_id=9
        )
        calls = [item for item in panels.work(ctx) if item.icon == "phone-outgoing"]
    assert [(c.title, c.next_step) for c in calls] == [("Taken in: Gearbox leaks", "Call the customer")]
    assert number == 1
