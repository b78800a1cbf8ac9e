"""What follows from complaints, run as the policies read: repeats, the head's duty, silence, causes, actions, gifts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    Event,
    RecordRef,
    Role,
    decisions_on,
    emit,
    find_clock,
    transaction,
    use_locale,
)
from core.companies.services import save_unit
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.errors import Invalid
from core.notifications import Notification
from core.settings import set_setting
from core.testing import Installation, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.complaints import figures, following, queries, services
from plugins.complaints.contracts import (
    ACTION,
    ACTION_CHECK,
    ACTION_DUE,
    ANSWER,
    COMPLAINT,
    MEETING,
    SILENCE,
    SOLUTION,
    ActionData,
    CauseData,
    CauseFound,
    Classification,
    ComplaintData,
    MeetingData,
)
from plugins.complaints.models import Complaint

MONDAY = moment("2026-03-02 09:00")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(database_url, registry):
    installation = Installation(database_url, registry)
    office = installation.company("acme", modules=("complaints",), locale="en")
    ctx = office.system()
    for code, name in (("rd", "R&D and production"), ("warehouse", "Warehouse"), ("service", "Customer service")):
        save_unit(ctx, code, name, "department", "hq")
    save_unit(ctx, "north", "North centre", "centre", "hq")
    save_unit(ctx, "south", "South centre", "centre", "hq")
    ctx.session.close()
    yield office
    installation.close()


def opened(office, now=MONDAY, **values) -> int:
    ctx = office.system(now)
    given = {"subject": "Gearbox leaks", "category": "quality", **values}
    return services.open_complaint(ctx, ComplaintData(**given)).id


def seen(office, complaint_id):
    return queries.get_complaint(office.system(), complaint_id)


def clock(office, record_id, kind, record=COMPLAINT):
    return find_clock(office.system(), RecordRef(record, record_id), kind)


def inbox(office, user_id) -> list[str]:
    query = sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id)
    return [n.words for n in office.system().session.scalars(query)]


def happened(office, complaint_id) -> list[str]:
    query = sa.select(Event.name).where(Event.record_kind == COMPLAINT, Event.record_id == complaint_id)
    return list(office.system().session.scalars(query.order_by(Event.id)))


def ruled(office, name, rows, now=MONDAY):
    """The company's own version of a table: these rows before those that it has."""
    ctx = office.system(now)
    body = dict(versions_of(ctx, table_named(ctx, name))[-1].body)
    body["rows"] = [*rows, *body["rows"]]
    save_draft(ctx, name, body, reason="policy", effective_from=ctx.today)
    publish(office.system(now), name)


def unit_of(office, serial="S-1", name="Ma Dongsheng"):
    ctx = office.system(MONDAY)
    customer = base.save_customer(ctx, CustomerData(name=name))
    product = base.save_product(ctx, ProductData(f"T-{serial}", "Tractor", group="tractors"))
    unit = base.save_unit_record(ctx, UnitData(product_id=product.id, serial=serial, customer_id=customer.id))
    return customer.id, unit.id


def cause(office, code):
    return next(c.id for c in following.tree(office.system()).causes if c.code == code)


def role(office, code, words):
    ctx = office.system()
    with transaction(ctx):
        ctx.session.add(Role(code=code, name={"en": words, "zh": words}, permissions=[]))
        emit(ctx, "core.role_saved", name=code, code=code)


# --- repeats --------------------------------------------------------------------------------------------------------


def test_the_third_complaint_about_a_unit_within_the_days_set_is_serious_whoever_complains(office):
    set_setting(office.system(), "complaints.repeat_days", 90)
    _owner, unit = unit_of(office)
    days = [MONDAY + dt.timedelta(days=n) for n in (0, 30, 89)]
    made = [seen(office, opened(office, now=d, device_id=unit, category="")) for d in days]
    counted = [(c.repeats, c.repeats_unit, c.severity) for c in made]
    assert counted == [(0, 0, "minor"), (1, 1, "minor"), (2, 2, "serious")]
    late = seen(office, opened(office, now=days[2] + dt.timedelta(days=91), device_id=unit, category=""))
    assert (late.repeats, late.severity) == (0, "minor")
    assert [c.id for c in queries.repeated_by(office.system(), made[2])] == [made[1].id, made[0].id]


def test_the_same_customer_and_cause_repeat_and_another_cause_does_not(office):
    customer, _unit = unit_of(office)
    first = opened(office, customer_id=customer, nature="leak")
    second = opened(office, now=MONDAY + dt.timedelta(days=1), customer_id=customer, nature="noise")
    third = opened(office, now=MONDAY + dt.timedelta(days=2), customer_id=customer, nature="leak")
    assert [seen(office, c).repeats_cause for c in (first, second, third)] == [0, 0, 1]
    assert "complaints.repeat_recognised" in happened(office, third)


def test_a_cause_found_later_proves_the_repeat_and_raises_severity_by_the_table(office):
    """Three natures, one cause: only the findings show that the customer complains of the same thing."""
    manager = office.person("sun@acme.example", "manager")
    customer, _unit = unit_of(office)
    seal = cause(office, "P2")
    for number, nature in enumerate(("leak", "noise", "smell")):
        now = MONDAY + dt.timedelta(days=number)
        last = opened(office, now=now, customer_id=customer, nature=nature)
        assert seen(office, last).severity == "minor"
        services.write_findings(office.system(now), last, "The seal is porous", CauseFound(seal))
    complaint = seen(office, last)
    assert (complaint.repeats, complaint.repeats_cause, complaint.severity) == (2, 2, "serious")
    assert inbox(office, manager)[-1] == "Serious complaint TS2603-0003: Gearbox leaks"
    why = [d for d in decisions_on(office.system(), complaint) if d.table_name == "complaints.severity"][0]
    assert (why.facts["repeats"], why.facts["repeats_cause"]) == (2, 2)


def test_the_same_matter_reported_again_is_escalated_at_once(office):
    manager = office.person("sun@acme.example", "manager")
    first = opened(office)
    again = seen(office, opened(office, again_of_id=first, subject="Leaks as before"))
    assert (again.again_of_id, again.severity) == (first, "serious")
    assert inbox(office, manager) == ["Serious complaint TS2603-0002: Leaks as before"]


# --- the head must meet the customer ----------------------------------------------------------------------------------


EVERY_CUSTOMER = {
    "id": "everybody",
    "clause": "VCH-22",
    "when": {"kind": "complaint"},
    "then": {"duty": "meet", "role": "manager", "limit": "8", "unit": "working_hours", "calendar": "office"},
}


@pytest.mark.clause("VCH-22")
def test_every_complaining_customer_is_met_by_the_head_or_a_delegate_great_or_small(office):
    ruled(office, "complaints.attention", [EVERY_CUSTOMER])
    head = office.person("sun@acme.example", "manager", name="Sun Weiguo")
    other = office.person("li@acme.example", "complaint_handler", name="Li Qiang")
    number = opened(office, now=moment("2026-03-02 16:00"))
    assert clock(office, number, MEETING).due_at == moment("2026-03-03 15:00")
    assert inbox(office, head) == ["You or your delegate meets the customer of TS2603-0001: Gearbox leaks"]
    noon = moment("2026-03-03 12:00")
    services.reply(office.system(noon), number, "We replace the seal", "phone")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(noon), number, "solved")
    assert refused.value.message == (
        "“Close the case” is not possible yet: Manager or a delegate has not met the customer."
    )
    met = MeetingData("visit", moment("2026-03-03 11:00"), other, "He showed us the leak")
    with pytest.raises(Invalid) as nobody:
        services.record_meeting(office.system(noon), number, met)
    assert nobody.value.message == (
        "Li Qiang is neither Manager nor the delegate. Name a delegate with a reason first."
    )
    assert following.meetings_of(office.system(), number) == []
    services.name_delegate(office.system(noon), number, other, "On a business trip")
    services.record_meeting(office.system(noon), number, met)
    (kept,) = following.meetings_of(office.system(), number)
    assert (kept.who_name, kept.how, kept.met_at, kept.as_delegate) == (
        "Li Qiang", "visit", moment("2026-03-03 11:00"), True,
    )
    assert clock(office, number, MEETING).state == "met"
    services.close_complaint(office.system(noon), number, "solved")
    assert seen(office, number).state == "closed"


@pytest.mark.clause("VCH-20")
def test_a_serious_complaint_goes_to_the_vice_president_at_once_who_has_to_take_it_on(office):
    role(office, "vice_president", "Vice president")
    row = {"id": "serious", "when": {"severity": ["serious", "critical"]}, "then": {
        "duty": "handle", "role": "vice_president", "limit": "1", "unit": "elapsed_hours", "calendar": "always",
    }}
    ruled(office, "complaints.attention", [row])
    set_setting(office.system(), "complaints.written_severities", "serious, critical")
    vice = office.person("gao@acme.example", "vice_president", name="Gao Jing")
    minor, serious = opened(office), opened(office, unusable=True)
    assert inbox(office, vice) == ["You or your delegate meets the customer of TS2603-0002: Gearbox leaks"]
    services.reply(office.system(MONDAY), serious, "Yours faithfully", "letter")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), serious, "solved")
    assert [g.key for g in refused.value.details["gates"]] == ["complaints.meeting", "complaints.head"]
    services.assign(office.system(MONDAY), serious, vice)
    services.record_meeting(office.system(MONDAY), serious, MeetingData("phone", who_id=vice))
    services.close_complaint(office.system(MONDAY), serious, "solved")
    services.reply(office.system(MONDAY), minor, "We adjust it", "phone")
    services.close_complaint(office.system(MONDAY), minor, "solved")
    assert [seen(office, c).state for c in (minor, serious)] == ["closed", "closed"]


def test_a_complaint_that_grows_serious_owes_the_meeting_from_then_on(office):
    number = opened(office)
    assert (seen(office, number).duty, clock(office, number, MEETING)) == ("", None)
    later = moment("2026-03-03 10:00")
    services.classify(office.system(later), number, Classification("quality", injury=True))
    assert (seen(office, number).duty, clock(office, number, MEETING).due_at) == ("meet", moment("2026-03-03 18:00"))
    services.classify(office.system(later), number, Classification("quality"))
    assert (seen(office, number).duty, clock(office, number, MEETING).state) == ("", "cancelled")


@pytest.mark.clause("REP-8")
def test_a_complaint_about_a_repair_is_answered_within_three_working_days(office):
    number = opened(office, now=moment("2026-03-05 10:00"), category="repair")
    assert clock(office, number, ANSWER).due_at == moment("2026-03-10 18:00")


# --- the customer's word, or silence --------------------------------------------------------------------------------


@pytest.mark.clause("TEC-3")
def test_a_customer_who_was_told_and_says_nothing_for_seven_days_closes_the_complaint(office):
    number = opened(office)
    services.reply(office.system(MONDAY), number, "New seal fitted", "phone", silence_told=True, outcome="replaced")
    assert clock(office, number, SILENCE).due_at == moment("2026-03-10 00:00")
    early = office.installation.worker(moment("2026-03-09 23:59"))
    early.run_until_idle()
    assert seen(office, number).state == "replied"
    due = office.installation.worker(moment("2026-03-10 00:01"))
    due.run_until_idle()
    complaint = seen(office, number)
    assert (complaint.state, complaint.outcome, complaint.silent_closed) == ("closed", "replaced", True)
    told = [name for name in happened(office, number) if name.startswith("complaints.")]
    assert told[-2:] == ["complaints.silence_accepted", "complaints.closed"]


def test_silence_of_a_customer_who_was_not_told_closes_nothing(office):
    number = opened(office)
    services.reply(office.system(MONDAY), number, "New seal fitted", "phone")
    assert clock(office, number, SILENCE) is None
    assert services.close_silent(office.system(moment("2026-05-01 09:00")), number).state == "replied"


def test_confirmation_closes_at_once_and_objection_goes_on_with_the_work(office):
    content, angry = opened(office), opened(office)
    for number in (content, angry):
        services.reply(office.system(MONDAY), number, "Done", "phone", silence_told=True, outcome="solved")
    services.confirm_content(office.system(MONDAY), content)
    assert (seen(office, content).state, clock(office, content, SILENCE).state) == ("closed", "met")
    services.object_to_reply(office.system(MONDAY), angry, "It leaks again")
    assert (seen(office, angry).state, clock(office, angry, SILENCE).state) == ("in_progress", "cancelled")


@pytest.mark.clause("IVD-5")
def test_no_reported_problem_is_closed_without_an_outcome_of_its_own(office):
    """Not by hand, not by the customer's word, and one outcome does not settle the next problem."""
    first, second = opened(office), opened(office)
    for number in (first, second):
        services.reply(office.system(MONDAY), number, "We look into it", "phone")
        services.confirm_content(office.system(MONDAY), number)
        with pytest.raises(Conflict) as refused:
            services.close_complaint(office.system(MONDAY), number, "")
        assert [g.key for g in refused.value.details["gates"]] == ["complaints.outcome"]
    services.close_complaint(office.system(MONDAY), first, "solved")
    assert [(seen(office, n).state, seen(office, n).outcome) for n in (first, second)] == [
        ("closed", "solved"), ("replied", ""),
    ]


def test_silence_does_not_close_what_still_lacks_something_and_its_person_is_told(office):
    person = office.person("li@acme.example", "complaint_handler")
    set_setting(office.system(), "complaints.cause_severities", "minor")
    number = opened(office)
    services.assign(office.system(MONDAY), number, person)
    services.reply(office.system(MONDAY), number, "Done", "phone", silence_told=True)
    services.close_silent(office.system(moment("2026-03-10 09:00")), number)
    assert seen(office, number).state == "replied"
    assert inbox(office, person)[-1] == (
        "TS2603-0001: the customer said nothing more, but closing still waits for something"
    )


def test_reopening_goes_on_with_the_same_record_within_the_days_set_and_not_after(office):
    number = opened(office)
    services.reply(office.system(MONDAY), number, "Done")
    services.close_complaint(office.system(MONDAY), number, "solved")
    late = MONDAY + dt.timedelta(days=30, minutes=1)
    with pytest.raises(Conflict) as refused:
        services.reopen_complaint(office.system(late), number, "It leaks")
    assert refused.value.code == "too_late"
    services.reopen_complaint(office.system(late - dt.timedelta(minutes=1)), number, "It leaks")
    assert (seen(office, number).state, clock(office, number, SOLUTION).state) == ("in_progress", "running")


# --- causes and actions -----------------------------------------------------------------------------------------------


@pytest.mark.clause("QMS-4")
def test_the_cause_and_those_responsible_for_it_are_on_record(office):
    ctx = office.system()
    rd = next(u.id for u in queries.all_units(ctx) if u.code == "rd")
    parent = next(c for c in following.tree(ctx).causes if c.code == "P")
    services.save_cause(ctx, CauseData("P", parent.name, parent.id, unit_id=rd))
    person = office.person("zhao@acme.example", "complaint_handler", name="Zhao Lixin")
    number = opened(office)
    found = CauseFound(cause(office, "P2"), user_id=person)
    services.write_findings(office.system(MONDAY), number, "Porous casting", found)
    complaint = seen(office, number)
    assert following.tree(office.system()).path_words(complaint.cause_id) == "Product › Material and bought parts"
    assert (complaint.responsible_unit_id, complaint.responsible_id) == (rd, person)
    ctx = office.system(MONDAY)
    cut = figures.Cut(dt.date(2026, 3, 1), dt.date(2026, 3, 31), kind="complaint")
    assert [(c.key, c.now) for c in figures.by_cause(ctx, cut, following.tree(ctx))] == [(str(parent.id), 1)]
    data = ActionData("Another foundry", cause_id=complaint.cause_id, complaint_ids=(number,), assignee_id=person)
    action = services.open_action(ctx, data)
    assert (action.unit_id, action.assignee_id, action.origin) == (rd, person, ""), "its department answers for it"


@pytest.mark.clause("QMS-5")
def test_a_critical_complaint_closes_only_with_its_cause_and_an_action_whose_effect_is_checked(office):
    number = opened(office, injury=True)
    services.reply(office.system(MONDAY), number, "We replace the brake", "letter")
    head = office.person("sun@acme.example", "manager")
    services.record_meeting(office.system(MONDAY), number, MeetingData("visit", who_id=head))
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), number, "solved")
    assert [g.key for g in refused.value.details["gates"]] == ["complaints.cause", "complaints.action"]
    services.set_cause(office.system(MONDAY), number, CauseFound(cause(office, "P3")))
    data = ActionData("Test every brake", complaint_ids=(number,), assignee_id=head)
    action = services.open_action(office.system(MONDAY), data)
    assert clock(office, action.id, ACTION_DUE, ACTION).due_at == moment("2026-03-16 18:00")
    services.close_complaint(office.system(MONDAY), number, "solved")
    done = moment("2026-03-10 10:00")
    services.finish_action(office.system(done), action.id, "Test bench installed")
    assert clock(office, action.id, ACTION_CHECK, ACTION).due_at == moment("2026-04-11 00:00")
    services.check_action(office.system(moment("2026-04-09 10:00")), action.id, False, "Two brakes failed again")
    ctx = office.system()
    again = following.followed_by(ctx, action.id)
    assert (following.get_action(ctx, action.id).state, again.state) == ("ineffective", "open")
    assert [c.id for c in following.sources_of(ctx, again.id)] == [number]


def test_a_reason_may_stand_in_for_an_action_and_an_agreed_date_for_the_rules(office):
    number = opened(office, injury=True)
    services.need_no_action(office.system(MONDAY), number, "A single case")
    gates = {g.key: g.open for g in _closing(office, number)}
    assert gates["complaints.action"] is False
    data = ActionData("Train the drivers", "preventive", due_on=dt.date(2026, 3, 20))
    action = services.open_action(office.system(MONDAY), data)
    assert clock(office, action.id, ACTION_DUE, ACTION).due_at == moment("2026-03-20 23:59")
    with pytest.raises(Invalid):
        services.open_action(office.system(MONDAY), ActionData("Too late", due_on=dt.date(2026, 3, 1)))


def _closing(office, number):
    from core.api import gates
    from plugins.complaints import life

    ctx = office.system()
    return gates(ctx, life.WORKFLOW.transition("close"), queries.get_complaint(ctx, number))


# --- suggestions, linked complaints, reports ------------------------------------------------------------------------


@pytest.mark.clause("GS-25")
def test_an_excellent_suggestion_is_rewarded_with_a_gift_that_is_delivered(office):
    number = opened(office, kind="suggestion", category="other", subject="A sun blind")
    gift = services.propose_reward(office.system(MONDAY), number, "A sun blind", Decimal("80.00"), "Easy to do")
    with pytest.raises(Conflict):
        services.deliver_reward(office.system(MONDAY), gift.id)
    services.decide_reward(office.system(MONDAY), gift.id, True)
    services.deliver_reward(office.system(MONDAY + dt.timedelta(days=2)), gift.id, "Li Qiang")
    ctx = office.system()
    kept = following.get_reward(ctx, gift.id)
    assert (kept.state, kept.value, kept.delivered_by) == ("delivered", Decimal("80.00"), "Li Qiang")
    assert kept.delivered_at == MONDAY + dt.timedelta(days=2)
    assert following.reward_totals(ctx) == {"delivered": (1, Decimal("80.00"))}


def test_one_cause_and_many_customers_are_found_out_once_and_each_is_answered(office):
    lead, second, third = (opened(office, channel=c) for c in ("phone", "email", "letter"))
    for number in (second, third):
        services.link_complaint(office.system(MONDAY), number, "TS2603-0001")
    services.write_findings(office.system(MONDAY), lead, "Solenoids of batch 7", CauseFound(cause(office, "P4")))
    assert {seen(office, n).findings for n in (lead, second, third)} == {"Solenoids of batch 7"}
    assert {seen(office, n).cause_id for n in (lead, second, third)} == {cause(office, "P4")}
    assert services.answer_group(office.system(MONDAY), lead, "All are replaced today") == (3, [])
    channels = [queries.replies_of(office.system(), n)[0].channel for n in (lead, second, third)]
    assert channels == ["phone", "email", "letter"]
    services.unlink_complaint(office.system(MONDAY), third)
    assert following.count_followers(office.system(), lead) == 1


@pytest.mark.clause("GS-26")
def test_regional_centres_report_to_the_headquarters_where_their_figures_are_added_up(office):
    units = {u.code: u.id for u in queries.all_units(office.system())}
    for code, count in (("north", 2), ("south", 1)):
        customer = base.save_customer(office.system(MONDAY), CustomerData(name=code, unit_id=units[code])).id
        for _n in range(count):
            opened(office, customer_id=customer)
    head = office.person("han@acme.example", "manager", unit_id=units["north"])
    april = moment("2026-04-01 08:00")
    assert services.draw_up_due(office.system(april)) == 2
    assert services.draw_up_due(office.system(april)) == 0
    assert inbox(office, head) == ["The report of North centre is ready to be looked at and submitted"]
    ctx = office.system(april)
    reports = following.reports_of_period(ctx, dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    received = {r.centre.code: r.figures[0]["value"] for r in reports}
    assert received == {"north": 2, "south": 1}
    north = next(r for r in reports if r.centre.code == "north").id
    services.submit_report(office.system(april), north, "Leaks of one batch")
    with pytest.raises(Conflict):
        services.draw_up_report(office.system(april), units["north"], dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    kept = following.get_report(office.system(), north)
    assert (kept.state, kept.remark, kept.submitted_at) == ("submitted", "Leaks of one batch", april)
    month = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert following.added_up(office.system(), *month)["missing"] == ["South centre"]
    services.submit_report(office.system(april), next(r for r in reports if r.centre.code == "south").id)
    together = following.added_up(office.system(), *month)
    assert sorted(together["heads"]) == ["North centre", "South centre"]
    label, each, total = together["rows"][0]
    assert (label["en"], sorted(each), total) == ("Complaints received", [1, 2], 3)


def test_statistics_count_by_cause_with_what_lies_below_and_each_number_has_its_complaints(office):
    customer, unit = unit_of(office)
    now = moment("2026-03-10 09:00")
    for code, count in (("P2", 2), ("P3", 1), ("L1", 1)):
        for _n in range(count):
            number = opened(office, now=now, device_id=unit, customer_id=customer)
            services.set_cause(office.system(now), number, CauseFound(cause(office, code)))
    opened(office, now=moment("2026-02-10 09:00"))
    ctx = office.system(now)
    tree = following.tree(ctx)
    cut = figures.Cut(dt.date(2026, 3, 1), dt.date(2026, 3, 31), kind="complaint")
    ids = {c.code: str(c.id) for c in tree.causes}
    counted = figures.by_cause(ctx, cut, tree)
    assert [(c.key, c.now, c.before) for c in counted] == [(ids["P"], 3, 0), (ids["L"], 1, 0), (None, 0, 1)]
    below = figures.by_cause(ctx, figures.Cut(cut.begins, cut.ends, cause=ids["P"]), tree)
    assert [(c.key, c.now) for c in below] == [(ids["P2"], 2), (ids["P3"], 1)]
    behind = sa.select(Complaint.id).where(*figures.conditions(ctx, figures.Cut(cut.begins, cut.ends, cause=ids["P"])))
    assert len(ctx.session.scalars(behind).all()) == 3
    assert figures.total(ctx, cut) == figures.Count(None, 4, 1)
    assert [(c.key.isoformat(), c.now) for c in figures.by_time(ctx, cut)][:2] == [("2026-03-01", 0), ("2026-03-02", 0)]
    assert sum(c.now for c in figures.by_time(ctx, cut)) == 4
