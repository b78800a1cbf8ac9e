"""What the policies ask of surveys, run as they read."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, Document, Event, RecordRef, ask, collect, find_clock, sweep, use_locale
from core.decisions.kinds import body_of
from core.decisions.store import publish, save_draft
from core.notifications import Notification
from core.settings import set_setting
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData
from plugins.callback.models.surveys import CampaignDay, Invitation, SurveyTask
from plugins.callback.queries import survey_results as results
from plugins.callback.queries import surveys as queries
from plugins.callback.services import survey_answers, survey_campaigns, survey_cards, survey_tasks
from plugins.callback.survey_contracts import CampaignData, GivenData, TaskData
from plugins.service import services as orders
from plugins.service.contracts import OrderData, ResultData

MONDAY = moment("2026-03-02 09:00")
TUESDAY = moment("2026-03-03 08:30")
DAY = dt.timedelta(days=1)
VERY, SATISFIED, FAIR, NOT = (("0",), ("1",), ("2",), ("3",))


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    office = installation.company("acme", modules=("service", "callback"), locale="en", now=MONDAY - DAY)
    ctx = office.system(MONDAY - DAY)
    base.save_product(ctx, ProductData("GPS", "Terminal"))
    for number, klass in enumerate(("key", "key", "common", "common", "former")):
        customer = base.save_customer(ctx, CustomerData(f"Fleet {number}", "company", klass))
        base.add_phone(ctx, customer.id, PhoneData(f"138 0013 80{number:02d}"))
    office.person("li@acme.example", "technician", name="Li Haitao")
    office.person("wang@acme.example", "technician", name="Wang Zhiqiang")
    office.person("gm@acme.example", "general_manager", name="General Manager")
    office.person("quality@acme.example", "quality", name="Quality")
    office.person("manager@acme.example", "manager", name="Manager")


def people(office) -> dict[str, int]:
    return {name: user_id for user_id, name in queries.people(office.system(MONDAY))}


def called(office, when: dt.datetime, technician: str, customer: int) -> RecordRef:
    """A call of the day: taken in, seen to by a technician, closed."""
    ctx = office.system(when)
    customers = ctx.session.scalars(sa.select(ctx.registry.kinds["base.customer"].model.id)).all()
    data = OrderData(subject="No signal", customer_id=customers[customer], work_kind="free", work_kind_reason="New")
    order_id = orders.open_order(ctx, data).id
    orders.accept(ctx, order_id)
    orders.dispatch(ctx, order_id, people(office)[technician])
    orders.start(ctx, order_id)
    orders.finish(ctx, order_id, ResultData("solved", "Antenna changed", "defect"))
    orders.confirm(ctx, order_id)
    orders.close(ctx, order_id)
    office.installation.close_sessions()
    return RecordRef("service.order", order_id)


def cards(office, now: dt.datetime = TUESDAY) -> list[Invitation]:
    ctx = office.system(now)
    return list(ctx.session.scalars(sa.select(Invitation).order_by(Invitation.id)))


def rated(office, card: Invitation, *grades: tuple[str, ...], now: dt.datetime = TUESDAY, **more) -> None:
    values = dict(zip(("attitude", "skill", "arrival", "promises"), grades, strict=True))
    survey_answers.answer(office.system(now), card.id, GivenData(values, more.pop("channel", "link"), "en", **more))


@pytest.mark.clause("VCH-16", "VCH-18")
def test_the_worker_sends_an_opinion_card_to_every_call_of_the_day_on_the_next_day_without_sampling(office):
    closed = {called(office, MONDAY, who, n % 5) for n in range(7) for who in ("Li Haitao", "Wang Zhiqiang")}
    assert cards(office) == []
    office.installation.worker(TUESDAY).run_jobs()
    found = cards(office)
    assert {RecordRef(c.case_kind, c.case_ref) for c in found} == closed
    assert {(c.day, c.state) for c in found} == {(MONDAY.date(), "open")}
    proof = office.system().session.scalars(sa.select(CampaignDay).where(CampaignDay.day == MONDAY.date())).one()
    assert (proof.finished, proof.sent, proof.left_out, proof.failed) == (14, 14, 0, "")
    office.installation.worker(TUESDAY + DAY).run_jobs()
    assert len(cards(office)) == 14


@pytest.mark.clause("VCH-19")
def test_the_customer_rates_attitude_skill_arrival_and_promises_each_in_four_grades(office):
    called(office, MONDAY, "Li Haitao", 0)
    survey_cards.issue_cards(office.system(TUESDAY))
    [card] = cards(office)
    asked = [(q["en"], [c["en"] for c in q["choices"]]) for q in survey_cards.questions_of(card)]
    grades = ["Very satisfied", "Satisfied", "Fair", "Not satisfied"]
    assert asked == [(a, grades) for a in ("Attitude", "Skill", "Arrival", "Promises kept")]
    rated(office, card, VERY, SATISFIED, FAIR, VERY)
    said = queries.response_of(office.system(), card.id)
    assert [a["words"]["en"] for a in said.answers] == ["Very satisfied", "Satisfied", "Fair", "Very satisfied"]
    with pytest.raises(Conflict):
        rated(office, card, VERY, VERY, VERY, VERY)


@pytest.mark.clause("VCH-17")
def test_the_ratings_of_each_technician_in_a_month_are_there_for_the_monthly_performance(office):
    for n, who in enumerate(("Li Haitao", "Li Haitao", "Wang Zhiqiang")):
        called(office, MONDAY, who, n)
    survey_cards.issue_cards(office.system(TUESDAY))
    first, second, third = cards(office)
    rated(office, first, VERY, VERY, FAIR, VERY)
    rated(office, second, VERY, SATISFIED, VERY, VERY, now=TUESDAY + 20 * DAY)
    rated(office, third, FAIR, FAIR, FAIR, FAIR, now=TUESDAY + 29 * DAY)  # in April
    march, april = moment("2026-03-01 00:00"), moment("2026-04-01 00:00")
    answered = collect(office.system(), "technician_ratings", begins=march, ends=april)
    ratings = [(r.technician_id, r.aspect, r.count, r.points) for a in answered for r in a.value]
    li = people(office)["Li Haitao"]
    assert ratings == [
        (li, "arrival", 2, 133), (li, "attitude", 2, 200), (li, "promises", 2, 200), (li, "skill", 2, 167)
    ]


@pytest.mark.clause("GS-27", "AG-24", "INS-8")
def test_a_survey_for_the_occasion_leads_to_an_improvement_with_an_owner_and_a_due_date(office):
    ctx = office.system(TUESDAY)
    survey = queries.survey_by_code(ctx, "opinion_card")
    data = CampaignData("After the recall", survey.id, "customers", klass="common", ends_on=ctx.today + 10 * DAY)
    campaign = survey_campaigns.save_campaign(ctx, data)
    survey_campaigns.start_campaign(ctx, campaign.id)
    office.installation.worker(TUESDAY).run_until_idle()
    asked = cards(office)
    assert [c.person_name for c in asked] == ["Fleet 2", "Fleet 3"]
    rated(office, asked[0], SATISFIED, FAIR, FAIR, FAIR, channel="phone")
    total = results.total(ctx, results.Cut(*results.ALL_DAYS, campaign.id))
    assert (total.asked, total.answered, total.rate, total.marks["skill"]) == (2, 1, 50, 33)
    li = people(office)["Li Haitao"]
    due = ctx.today + 14 * DAY
    action = survey_tasks.open_improvement(ctx, TaskData("Train on terminals", "", li, due, campaign.id))
    clock = find_clock(ctx, action, "callback.survey_task")
    assert (action.assignee_id, clock.state, clock.due_at.astimezone(ctx.tz).date()) == (li, "running", due)
    late = office.system(TUESDAY + 16 * DAY)
    sweep(late)
    told = late.session.execute(sa.select(Notification.user_id, Notification.record_kind)).all()
    assert (people(office)["Manager"], "callback.survey_task") in [tuple(t) for t in told]
    survey_tasks.finish_task(late, action.id, "Two days of training")
    assert queries.get_task(late, action.id).state == "done"


@pytest.mark.clause("GS-27", "MKT-6")
def test_who_is_not_content_has_a_case_at_once_and_with_complaints_on_it_is_a_complaint(office):
    called(office, MONDAY, "Li Haitao", 0)
    survey_cards.issue_cards(office.system(TUESDAY))
    [card] = cards(office)
    rated(office, card, VERY, VERY, NOT, VERY, comment="A day late")
    task = office.system().session.scalars(sa.select(SurveyTask)).one()
    assert (task.kind, task.role, task.invitation_id) == ("case", "manager", card.id)
    assert ask(office.system(), "open_complaint", told=None) is None  # nobody takes complaints in here


@pytest.mark.clause("MKT-6")
def test_what_customers_say_is_looked_at_by_product_technician_and_time(office):
    for day, who in ((0, "Li Haitao"), (0, "Wang Zhiqiang"), (1, "Li Haitao")):
        called(office, MONDAY + day * DAY, who, day)
    survey_cards.issue_cards(office.system(TUESDAY + DAY))
    for card, grade in zip(cards(office), (VERY, NOT, SATISFIED), strict=True):
        rated(office, card, *[grade] * 4, now=TUESDAY + DAY)
    cut = results.Cut(MONDAY.date(), MONDAY.date() + DAY)
    rows, _more = results.groups(office.system(), cut, "technician")
    assert {r.name: (r.answered, r.average, r.bad) for r in rows} == {
        "Li Haitao": (2, 84, 0), "Wang Zhiqiang": (1, 0, 1)
    }  # fmt: skip
    rows, _more = results.groups(office.system(), cut, "month")
    assert [(r.name, r.asked, r.answered, r.average) for r in rows] == [("2026-03", 3, 3, 56)]


@pytest.mark.clause("DST-4.3")
def test_once_a_year_customers_are_asked_by_class_and_the_general_manager_gets_the_summary_quality_a_copy(office):
    ctx = office.system(TUESDAY)
    for key, value in (("survey", True), ("begins", "03-10"), ("days", 20)):
        set_setting(ctx, f"callback.yearly_{key}", value)
    rows = [{"id": "former", "when": {"customer_class": "former"}, "then": {"months": 0}},
            {"id": "key", "when": {"customer_class": "key"}, "then": {"months": 6}}]  # fmt: skip
    save_draft(ctx, "callback.survey_classes", {**body_of(ctx, "callback.survey_classes"), "rows": rows},
               reason="test", effective_from=ctx.today)  # fmt: skip
    publish(ctx, "callback.survey_classes")
    begins = moment("2026-03-10 08:00")
    survey_campaigns.keep_campaigns(office.system(begins - DAY))
    assert cards(office) == []
    for hours in (0, 1):
        survey_campaigns.keep_campaigns(office.system(begins + dt.timedelta(hours=hours)))
    asked = cards(office)
    assert [c.person_name for c in asked] == ["Fleet 0", "Fleet 1", "Fleet 2", "Fleet 3"]
    values = dict.fromkeys(("quality", "delivery", "service", "parts"), VERY)
    survey_answers.answer(office.system(begins), asked[0].id, GivenData(values, "link", "en"))
    ends = begins + 20 * DAY
    survey_campaigns.keep_campaigns(office.system(ends))
    after = office.system(ends)
    summary = after.session.scalars(sa.select(Document)).one()
    assert (summary.kind, summary.facts["asked"], summary.facts["answered"], summary.facts["rate"]) == (
        "callback.survey_summary", 4, 1, "25 %",
    )  # fmt: skip
    tasks = after.session.scalars(sa.select(SurveyTask).order_by(SurveyTask.id)).all()
    assert [(t.role, t.kind, summary.number in t.title) for t in tasks] == [
        ("general_manager", "summary", True), ("quality", "summary", True)
    ]  # fmt: skip
    told = sa.select(Notification.user_id).where(Notification.record_kind == "callback.survey_task")
    names = people(office)
    assert sorted(after.session.scalars(told)) == sorted([names["General Manager"], names["Quality"]])
    sent = sa.select(sa.func.count(Event.id)).where(Event.name == "callback.summary_sent")
    assert after.session.scalar(sent) == 2
    year = after.at(moment("2027-03-10 08:00"))
    survey_campaigns.keep_campaigns(year)
    assert len(cards(office)) == 8
