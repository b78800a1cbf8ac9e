"""What the policies say of complaints, in companies that are set up by their industry's profile and nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Clock, Conflict, NotFound, OrgUnit, RecordRef, find_clock, use_locale
from core.companies.services import save_unit
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.notifications import Notification
from core.profiles import apply_profile, read_profile
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData
from plugins.complaints import following, queries, services
from plugins.complaints.contracts import (
    ANSWER,
    COMPLAINT,
    MEETING,
    RELAY,
    SOLUTION,
    CauseFound,
    Classification,
    ComplaintData,
    MeetingData,
)

MONDAY = moment("2026-03-02 09:00")
PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
COMPANIES = ("defence", "general", "hotel", "machinery", "repair_centre", "vouchers")
HANDLER = (
    "complaints.complaint.view", "complaints.complaint.open", "complaints.complaint.classify",
    "complaints.complaint.handle", "complaints.complaint.close", "base.customer.view",
)


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


def opened(office, now=MONDAY, ctx=None, **values) -> int:
    given = {"subject": "It fails", "category": "quality", **values}
    return services.open_complaint(ctx or office.system(now), ComplaintData(**given)).id


def seen(office, complaint_id):
    return queries.get_complaint(office.system(), complaint_id)


def department(office, complaint_id: int) -> str:
    return queries.unit_name(office.system(), seen(office, complaint_id).unit_id)


def clock(office, complaint_id: int, kind: str) -> Clock:
    return find_clock(office.system(), RecordRef(COMPLAINT, complaint_id), kind)


def dues(office, complaint_id: int, *kinds: str) -> list[dt.datetime]:
    return [clock(office, complaint_id, kind).due_at for kind in kinds]


def inbox(office, user_id: int) -> list[str]:
    query = sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id)
    return [n.words for n in office.system().session.scalars(query)]


def unit(office, code: str) -> int:
    return office.system().session.scalars(sa.select(OrgUnit.id).where(OrgUnit.code == code)).one()


def open_gates(refused) -> list[str]:
    return [g.key for g in refused.value.details["gates"]]


# --- defence products -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2026-03-02 09:00", "2026-03-02 13:00", marks=pytest.mark.clause("DEF-6.1.1")),
        pytest.param("2026-03-02 16:00", "2026-03-03 11:00", marks=pytest.mark.clause("DEF-6.1.2")),
        pytest.param("2026-03-06 17:00", "2026-03-09 12:00", marks=pytest.mark.clause("DEF-6.1.3")),
    ],
)
def test_whoever_takes_a_message_answers_it_or_passes_it_to_the_quality_department_in_four_working_hours(
    house, received, due
):
    """The three clauses ask the same of three groups of people; 2026-03-06 is a Friday."""
    office = house.office("defence")
    answered, passed, late = (opened(office, now=moment(received), category=c) for c in ("other", "quality", "repair"))
    assert [department(office, n) for n in (answered, passed, late)] == ["Quality department"] * 3
    assert dues(office, answered, RELAY) == [moment(due)]
    services.reply(office.system(moment(due)), answered, "Tighten the two screws of the cover", "phone")
    quality = office.person("wei@defence.example", "quality_service", unit_id=unit(office, "quality"))
    services.assign(office.system(moment(due)), passed, quality)
    services.assign(office.system(moment(due) + dt.timedelta(minutes=1)), late, quality)
    assert [clock(office, n, RELAY).state for n in (answered, passed, late)] == ["met", "met", "missed"]


@pytest.mark.clause("DEF-6.2.1")
def test_an_inquiry_about_a_defence_product_is_answered_within_eight_working_hours(house):
    office = house.office("defence")
    number = opened(office, now=moment("2026-03-06 14:00"))
    assert dues(office, number, ANSWER, SOLUTION) == [moment("2026-03-09 13:00")] * 2
    services.reply(office.system(moment("2026-03-09 13:00")), number, "Replace the fuse F3", "phone")
    assert clock(office, number, ANSWER).state == "met"


# --- the service department with vouchers ---------------------------------------------------------------------------


@pytest.mark.clause("VCH-20")
def test_serious_complaints_go_to_the_vice_president_at_once_and_the_department_settles_minor_ones(house):
    office = house.office("vouchers")
    vice = office.person("gao@vouchers.example", "vice_president", name="Gao Jing")
    head = office.person("sun@vouchers.example", "manager")
    minor, serious = opened(office), opened(office, unusable=True, subject="The lift stands still")
    assert inbox(office, vice) == ["Serious complaint TS2603-0002: The lift stands still"]
    assert department(office, minor) == "Service department"
    for number in (minor, serious):
        services.record_meeting(office.system(MONDAY), number, MeetingData("visit", who_id=head))
        services.reply(office.system(MONDAY), number, "We replace the relay", "phone", outcome="solved")
        services.confirm_content(office.system(MONDAY), number)
    assert (seen(office, minor).state, seen(office, serious).state) == ("closed", "replied")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), serious, "solved")
    assert open_gates(refused) == ["complaints.written"]
    services.reply(office.system(MONDAY), serious, "We replaced the relay. Yours faithfully", "letter")
    services.confirm_content(office.system(MONDAY), serious)
    assert seen(office, serious).state == "closed"


@pytest.mark.clause("VCH-21")
def test_a_complaint_is_followed_up_until_it_is_settled_and_silence_settles_nothing(house):
    office = house.office("vouchers")
    head = office.person("sun@vouchers.example", "manager")
    number = opened(office)
    services.record_meeting(office.system(MONDAY), number, MeetingData("visit", who_id=head))
    services.reply(office.system(MONDAY), number, "Fixed", "phone", silence_told=True, outcome="solved")
    house.worker(moment("2026-04-20 09:00")).run_until_idle()
    assert seen(office, number).state == "replied"
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), number, "solved")
    assert open_gates(refused) == ["complaints.confirmation"]
    services.object_to_reply(office.system(MONDAY), number, "It stands still again")
    assert seen(office, number).state == "in_progress"
    services.reply(office.system(MONDAY), number, "Now the relay is new", "phone", outcome="solved")
    services.confirm_content(office.system(MONDAY), number)
    assert seen(office, number).state == "closed"


@pytest.mark.clause("VCH-22")
@pytest.mark.parametrize("great", [False, True])
def test_the_head_or_a_delegate_meets_every_complaining_customer_great_or_small(house, great):
    office = house.office("vouchers")
    head = office.person("sun@vouchers.example", "manager")
    number = opened(office, now=moment("2026-03-02 16:00"), injury=great)
    assert inbox(office, head) == ["You or your delegate meets the customer of TS2603-0001: It fails"]
    assert dues(office, number, MEETING) == [moment("2026-03-03 15:00")]
    delegate = office.person("li@vouchers.example", "complaint_handler", name="Li Qiang")
    services.name_delegate(office.system(MONDAY), number, delegate, "At the fair")
    met = MeetingData("visit", moment("2026-03-03 14:30"), delegate)
    services.record_meeting(office.system(moment("2026-03-03 14:40")), number, met)
    assert [(m.who_name, m.as_delegate) for m in following.meetings_of(office.system(), number)] == [("Li Qiang", True)]
    assert clock(office, number, MEETING).state == "met"


def test_the_vouchers_profile_asks_no_meeting_for_a_suggestion(house):
    office = house.office("vouchers")
    assert clock(office, opened(office, kind="suggestion"), MEETING) is None


# --- repair centres -------------------------------------------------------------------------------------------------


@pytest.mark.clause("REP-8")
def test_a_complaint_about_a_repair_is_investigated_and_answered_within_three_working_days(house):
    office = house.office("repair-centre")
    number = opened(office, now=moment("2026-03-05 10:00"), category="repair")
    assert department(office, number) == "Inspection"
    assert dues(office, number, ANSWER) == [moment("2026-03-10 18:00")]
    services.reply(office.system(moment("2026-03-06 10:00")), number, "We solder it anew", "phone")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(moment("2026-03-06 10:00")), number, "solved")
    assert open_gates(refused) == ["complaints.cause"]
    cause = next(c.id for c in following.tree(office.system()).causes if c.code == "P2")
    services.set_cause(office.system(moment("2026-03-06 11:00")), number, CauseFound(cause))
    services.close_complaint(office.system(moment("2026-03-06 11:00")), number, "solved")
    assert (seen(office, number).state, clock(office, number, ANSWER).state) == ("closed", "met")


@pytest.mark.clause("REP-3.3")
@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 08:00", "2026-03-02 13:00"),
        ("2026-03-06 17:00", "2026-03-09 12:00"),
        ("2026-03-07 11:00", "2026-03-09 13:00"),
        ("2026-03-08 20:00", "2026-03-09 13:00"),
    ],
)
def test_only_monday_to_friday_from_nine_to_six_count(house, received, due):
    """Four working hours to pass a complaint on, the evenings, a Saturday and a Sunday between."""
    office = house.office("repair-centre")
    assert dues(office, opened(office, now=moment(received)), RELAY) == [moment(due)]


# --- hotels, machinery ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "goes_to"),
    [
        pytest.param("rooms", "Rooms", marks=pytest.mark.clause("HOT-11")),
        pytest.param("food", "Restaurant", marks=pytest.mark.clause("HOT-18")),
        ("meetings", "Meetings"),
        ("leisure", "Entertainment"),
    ],
)
def test_a_hotel_solves_complaints_at_once_on_a_saturday_night_too(house, category, goes_to):
    office = house.office("hotel")
    manager = office.person("xu@hotel.example", "duty_manager")
    late = moment("2026-03-07 23:50")
    number = opened(office, now=late, category=category, subject="No hot water")
    assert department(office, number) == goes_to
    assert dues(office, number, RELAY, ANSWER, SOLUTION) == [
        moment("2026-03-08 00:00"), moment("2026-03-08 00:20"), moment("2026-03-08 00:20"),
    ]
    assert inbox(office, manager) == ["Complaint TS2603-0001 came in: No hot water"]


@pytest.mark.clause("SB-1")
@pytest.mark.parametrize("source", ["", "dealer"])
def test_what_was_sold_directly_or_by_a_dealer_is_solved_within_24_hours_of_the_call(house, source):
    office = house.office("machinery")
    number = opened(office, now=moment("2026-03-07 22:15"), source=source)
    assert dues(office, number, SOLUTION) == [moment("2026-03-08 22:15")]


# --- severity, passing on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        pytest.param({"unusable": False}, "minor", marks=pytest.mark.clause("ISO-3.1")),
        pytest.param({"unusable": True}, "serious", marks=pytest.mark.clause("ISO-3.2")),
        pytest.param({"in_batch": True}, "serious", marks=pytest.mark.clause("ISO-3.2")),
    ],
)
def test_a_problem_without_effect_on_use_is_minor_a_failure_or_returns_by_the_batch_are_serious(
    house, facts, severity
):
    office = house.office("general")
    assert seen(office, opened(office, **facts)).severity == severity


@pytest.mark.clause("ISO-5.2.2")
def test_any_department_takes_an_opinion_in_and_passes_it_on(house):
    office = house.office("general")
    general = office.person("qian@general.example", "general_manager")
    warehouse = unit(office, "warehouse")
    keeper = office.person("he@general.example", "complaint_handler", unit_id=warehouse, scope="units")
    ctx = office.ctx(*HANDLER, now=MONDAY, user_id=keeper, unit_ids=frozenset({warehouse}))
    number = opened(office, ctx=ctx, category="", channel="visit", subject="Three of a lot leak")
    assert (seen(office, number).state, seen(office, number).severity) == ("received", "minor")
    services.classify(ctx, number, Classification("quality", nature="leak", in_batch=True))
    passed = seen(office, number)
    assert (passed.category, passed.nature, passed.severity) == ("quality", "leak", "serious")
    assert department(office, number) == "R&D and production"
    assert inbox(office, general) == ["Serious complaint TS2603-0001: Three of a lot leak"]
    with pytest.raises(NotFound):
        queries.get_complaint(ctx, number)


# --- organisation: centres and agents -------------------------------------------------------------------------------


def branches(office, kind: str) -> dict[str, int]:
    """Two branches, each answering for its region by a row of the company's routing table."""
    ctx = office.system(MONDAY)
    for code, name in (("north", "North"), ("south", "South")):
        save_unit(ctx, code, name, kind, "hq", region=name)
    body = dict(versions_of(ctx, table_named(ctx, "complaints.routing"))[0].body)
    own = [{"id": c, "when": {"region": c.title()}, "then": {"department": c}} for c in ("north", "south")]
    save_draft(ctx, "complaints.routing", {**body, "rows": [*own, *body["rows"]]}, reason="regions",
               effective_from=ctx.today)
    publish(office.system(MONDAY), "complaints.routing")
    return {code: unit(office, code) for code in ("hq", "north", "south")}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("centre", marks=pytest.mark.clause("GS-3")),
        pytest.param("agent", marks=pytest.mark.clause("AG-21")),
    ],
)
def test_each_branch_gets_the_complaints_of_its_region_and_sees_no_others_headquarters_sees_all(house, kind):
    office = house.office("general")
    units = branches(office, kind)
    north, south = (opened(office, region=region) for region in ("North", "South"))
    assert (department(office, north), department(office, south)) == ("North", "South")
    person = office.person("an@general.example", "complaint_handler", unit_id=units["north"], scope="units")
    ctx = office.ctx(*HANDLER, user_id=person, unit_ids=frozenset({units["north"]}))
    assert queries.get_complaint(ctx, north).number == "TS2603-0001"
    with pytest.raises(NotFound):
        queries.get_complaint(ctx, south)
    with pytest.raises(NotFound):
        services.reply(ctx, south, "We come tomorrow", "phone")
    assert queries.replies_of(office.system(), south) == []
    assert [queries.get_complaint(office.ctx(*HANDLER), n).number for n in (north, south)] == [
        "TS2603-0001", "TS2603-0002",
    ]


@pytest.mark.clause("AG-18")
@pytest.mark.clause("AG-22")
def test_an_agents_people_take_suggestions_and_complaints_in_by_any_channel_and_answer_each(house):
    office = house.office("general")
    units = branches(office, "agent")
    agent = office.person("an@general.example", "complaint_handler", unit_id=units["north"], scope="units")
    ctx = office.ctx(*HANDLER, now=MONDAY, user_id=agent, unit_ids=frozenset({units["north"]}))
    for channel, kind in (("phone", "complaint"), ("email", "suggestion"), ("letter", "complaint")):
        number = opened(office, ctx=ctx, channel=channel, kind=kind, region="North")
        with pytest.raises(Conflict) as refused:
            services.close_complaint(ctx, number, "solved")
        assert open_gates(refused) == ["complaints.reply"]
        services.reply(ctx, number, "Thank you, done", "phone", outcome="solved")
        services.close_complaint(ctx, number, "solved")
        assert (seen(office, number).state, seen(office, number).channel) == ("closed", channel)
    idea = opened(office, ctx=ctx, kind="suggestion", region="North")
    gift = services.propose_reward(office.system(MONDAY), idea, "A radio", Decimal("60.00"), "Easy to do")
    services.decide_reward(office.system(MONDAY), gift.id, True)
    services.deliver_reward(office.system(MONDAY), gift.id, "An Ran")
    own = office.ctx(*HANDLER, user_id=agent, unit_ids=frozenset({units["north"]}))
    assert [(r.state, r.gift) for r in following.rewards_of(own, idea)] == [("delivered", "A radio")]


@pytest.mark.clause("AG-23")
def test_an_agents_service_centre_reports_its_months_to_headquarters(house):
    office = house.office("general")
    units = branches(office, "agent")
    customer = base.save_customer(office.system(MONDAY), CustomerData("Fleet", unit_id=units["north"])).id
    opened(office, customer_id=customer)
    head = office.person("an@general.example", "manager", unit_id=units["north"])
    services.draw_up_due(office.system(moment("2026-04-01 08:00")))
    assert inbox(office, head)[-1] == "The report of North is ready to be looked at and submitted"
    ctx = office.system(moment("2026-04-01 09:00"))
    reports = following.reports_of_period(ctx, dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    north = next(r for r in reports if r.centre.code == "north")
    assert [(f["key"], f["value"]) for f in north.figures][:1] == [("complaints.received", 1)]
    services.submit_report(ctx, north.id, "One complaint, solved")
    assert following.get_report(office.system(), north.id).state == "submitted"
