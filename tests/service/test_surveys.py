"""Surveys: forms in versions, cards for all that was finished, answers by link, phone and paper, what follows."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, find_clock, use_locale
from core.companies.services import save_unit
from core.companies.switch import switch_off
from core.decisions.kinds import body_of
from core.decisions.store import publish, save_draft
from core.hooks import collect
from core.notifications import Notification
from core.settings import set_setting
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.callback.models.surveys import CampaignDay, Invitation, Mark, Response, SurveyTask
from plugins.callback.queries import survey_results as results
from plugins.callback.queries import surveys as queries
from plugins.callback.services import survey_answers as answers
from plugins.callback.services import survey_campaigns as campaigns
from plugins.callback.services import survey_cards as cards
from plugins.callback.services import survey_forms as forms
from plugins.callback.services import survey_tasks as tasks
from plugins.callback.survey_contracts import CampaignData, GivenData, InviteData, SurveyData, TaskData
from plugins.service import services as orders
from plugins.service.contracts import OrderData, ResultData
from tests.support.accounts import Site, words_of

NOW = dt.datetime(2026, 3, 3, 2, 0, tzinfo=dt.UTC)
"""A Tuesday, 10:00 in Shanghai; the orders of the house were closed on the Monday before."""
DAY = dt.timedelta(days=1)
CONTENT = {"attitude": ("0",), "skill": ("0",), "arrival": ("1",), "promises": ("0",)}
ANGRY = {**CONTENT, "arrival": ("3",)}
QUESTIONS = """grade* care: 关心 | Care = 好 | Good; 中 | Fair; 差 | Poor
several what: 哪些 | Which = 甲 | A; 乙 | B; 丙 | C
number age: 几年 | Years = 0; 50
yes_no again: 再来 | Again
text why: 为什么 | Why"""


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {code: installation.office(code) for code in ("acme", "beta", "plain")})


def furnish(installation):
    made = Site(None, installation)
    monday = NOW - DAY
    for code, modules in (
        ("acme", ["service", "complaints", "callback"]), ("beta", ["callback"]), ("plain", ["service", "callback"])
    ):
        office = made.office(code, modules=modules, locale="en", now=monday - DAY)
        ctx = office.system(monday - DAY)
        save_unit(ctx, "north", "North", "centre", "hq")
        customer = base.save_customer(ctx, CustomerData(f"Ma of {code}"))
        base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
        if code == "beta":
            continue
        base.save_customer(ctx, CustomerData("Nobody can reach him"))
        product = base.save_product(ctx, ProductData("HP1", "Heat pump"))
        unit = base.save_unit_record(ctx, UnitData(product_id=product.id, serial="1", customer_id=customer.id))
        person = made.person(f"li@{code}.example", "technician", company=code, name=f"Li of {code}")
        for number in range(3):
            closed(office, monday, person, customer_id=customer.id, device_id=unit.id, subject=f"Noise {number}")
    made.person("manager@acme.example", "manager")
    made.person("boss@acme.example", "general_manager", name="Boss")
    made.person("quality@acme.example", "quality", name="Quality")
    made.person("agent@plain.example", "agent", company="plain", name="Agent")


def closed(office, when, technician_id: int, **values) -> int:
    data = OrderData(**{"subject": "Noise", "work_kind": "free", "work_kind_reason": "In warranty", **values})
    ctx = office.system(when)
    order_id = orders.open_order(ctx, data).id
    orders.accept(ctx, order_id)
    orders.dispatch(ctx, order_id, technician_id)
    orders.start(ctx, order_id)
    orders.finish(ctx, order_id, ResultData("solved", "Mended", "defect"))
    orders.confirm(ctx, order_id)
    orders.close(ctx, order_id)
    ctx.session.close()
    return order_id


def issued(site, company: str = "acme", now: dt.datetime = NOW) -> list[Invitation]:
    ctx = site.office(company).system(now)
    cards.issue_cards(ctx)
    return list(ctx.session.scalars(sa.select(Invitation).order_by(Invitation.id)))


def card(site, company: str = "acme") -> tuple[int, str]:
    row = issued(site, company)[0]
    return row.id, row.token


def given(values=None, channel: str = "link", **more) -> GivenData:
    return GivenData(CONTENT if values is None else values, channel, "en", **more)


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("grade: 好吗 = 好", "two choices"), ("colour: 红 | Red", "kind of question"), ("grade 好", "no question"),
        ("number: 几年 = 5; 1", "two choices"), ("text care: 又", "stands above"),
        ("yes_no: 再来 = 是; 否", "two choices"),
    ],
)
def test_a_line_that_is_no_question_is_told_by_its_number(site, line, why):
    data = SurveyData("care", "关心", questions=f"text care: 一\n{line}")
    with pytest.raises(Invalid) as refusal:
        forms.save_survey(site.office("beta").system(NOW), data)
    message = refusal.value.message
    assert (refusal.value.field, "Line 2" in message, why in message) == ("questions", True, True)


def test_changed_questions_are_a_new_version_and_a_card_that_is_out_keeps_its_own(site):
    number, _token = card(site)
    ctx = site.office("acme").system(NOW)
    survey = queries.survey_by_code(ctx, "opinion_card")
    data = SurveyData("", "评价", "Rate", questions=QUESTIONS, id=survey.id)
    changed = forms.save_survey(ctx, data, version=survey.version)
    assert [v.number for v in queries.versions_of(ctx, survey.id, 9)] == [2, 1]
    forms.save_survey(ctx, SurveyData("", "又", questions=QUESTIONS, id=survey.id), version=changed.version)
    assert (changed.current, changed.title_zh) == (2, "又")
    assert [q["key"] for q in cards.questions_of(queries.get_card(ctx, number))] == list(CONTENT)
    with pytest.raises(Conflict):
        forms.save_survey(ctx, data, version=1)


# --- cards -----------------------------------------------------------------------------------------------------------


def test_every_case_finished_yesterday_has_a_card_or_a_reason_and_asking_again_adds_nothing(site):
    office = site.office("acme")
    person = office.system(NOW).session.scalar(sa.select(Invitation.technician_id))
    assert person is None
    found = issued(site)
    assert [(r.state, r.way, r.case_subject, r.day) for r in found] == [
        ("open", "phone", f"Noise {n}", dt.date(2026, 3, 2)) for n in range(3)
    ]
    assert {(r.product.name, r.technician_id is not None, r.valid_until) for r in found} == {
        ("Heat pump", True, dt.date(2026, 4, 2))
    }
    assert [r.id for r in issued(site)] == [r.id for r in found]
    days = office.system(NOW).session.scalars(sa.select(CampaignDay).order_by(CampaignDay.day)).all()
    assert [(d.day.day, d.finished, d.sent, d.left_out, d.failed) for d in days] == [(1, 0, 0, 0, ""), (2, 3, 3, 0, "")]


def test_who_can_not_be_reached_is_listed_with_the_reason(site):
    office = site.office("acme")
    ctx = office.system(NOW - DAY)
    nobody = base.save_customer(ctx, CustomerData("No phone")).id
    who = office.person("wang@acme.example", "technician")
    closed(office, NOW - DAY, who, customer_id=nobody)
    left = [r for r in issued(site) if r.state == "left_out"]
    assert [(r.person_name, r.reason) for r in left] == [("No phone", "unreachable")]
    day = office.system(NOW).session.scalars(sa.select(CampaignDay).where(CampaignDay.day == dt.date(2026, 3, 2))).one()
    assert (day.finished, day.sent, day.left_out) == (4, 3, 1)
    with pytest.raises(Conflict) as refusal:
        answers.answer(ctx.at(NOW), left[0].id, given(channel="phone"))
    assert refusal.value.code == "left_out"


def test_a_row_of_the_rule_table_leaves_cases_out_by_name(site):
    ctx = site.office("acme").system(NOW)
    row = {"id": "no_visits", "when": {"sort": "on_site"}, "then": {"send": False}}
    publish_rows(ctx, "callback.survey_cards", [row])
    assert {(r.state, r.reason, r.reason_text) for r in issued(site)} == {("left_out", "rule", "no_visits")}


def publish_rows(ctx, name: str, rows: list[dict]) -> None:
    save_draft(ctx, name, {**body_of(ctx, name), "rows": rows}, reason="test", effective_from=ctx.today)
    publish(ctx, name)


def test_days_on_which_nothing_ran_are_made_up_for_and_older_ones_are_not(site):
    assert len(issued(site, now=NOW + 3 * DAY)) == 3
    assert issued(site, "plain", now=NOW + 20 * DAY) == []


def test_a_module_that_fails_is_named_and_the_day_is_asked_about_again(site, monkeypatch):
    from plugins.service.parts import orders as part

    def broken(ctx, begins, ends):
        raise RuntimeError("no")

    monkeypatch.setattr(part.queries, "finished_between", broken)
    assert issued(site) == []
    day = site.office("acme").system(NOW).session.scalars(sa.select(CampaignDay.failed)).all()
    assert set(day) == {"Service orders"}
    monkeypatch.undo()
    assert len(issued(site)) == 3
    assert set(site.office("acme").system(NOW).session.scalars(sa.select(CampaignDay.failed)).all()) == {""}


def test_cards_take_the_same_statements_however_many_cases_there_are(site):
    office = site.office("acme")
    ctx = office.system(NOW)
    with counted(site.installation.engine) as few:
        cards.issue_cards(ctx)
    who = ctx.session.scalar(sa.select(Invitation.technician_id))
    customer = ctx.session.scalar(sa.select(Invitation.customer_id))
    for _n in range(6):
        closed(office, NOW + DAY, who, customer_id=customer)
    later = office.system(NOW + 2 * DAY)
    with counted(site.installation.engine) as many:
        cards.issue_cards(later)
    assert later.session.scalar(sa.select(sa.func.count(Invitation.id))) == 9
    assert len(many) <= len(few) + 3


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_once_with_points_for_each_grade(site):
    number, _token = card(site)
    ctx = site.office("acme").system(NOW)
    said = answers.answer(ctx, number, given(comment=" Fine "))
    row = queries.get_card(ctx, number)
    assert (row.state, row.lowest, row.average, row.bad, row.follow_kind) == ("answered", 67, 92, False, "")
    assert (said.comment, said.by_name, [a["words"]["en"] for a in said.answers]) == (
        "Fine", "", ["Very satisfied", "Very satisfied", "Satisfied", "Very satisfied"],
    )  # fmt: skip
    marks = ctx.session.execute(sa.select(Mark.question, Mark.points).order_by(Mark.question)).all()
    assert [tuple(m) for m in marks] == [("arrival", 67), ("attitude", 100), ("promises", 100), ("skill", 100)]
    with pytest.raises(Conflict) as refusal:
        answers.answer(ctx, number, given(ANGRY, "phone"))
    assert refusal.value.code == "answered_already"
    assert ctx.session.scalar(sa.select(sa.func.count(Response.id))) == 1


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"what": ("0",)}, "care", "answer_missing"),
        ({"care": ("3",)}, "care", "answer_choice"),
        ({"care": ("0", "1")}, "care", "answer_choice"),
        ({"care": ("0",), "what": ("0", "7")}, "what", "answer_choice"),
        ({"care": ("0",), "age": ("many",)}, "age", "answer_number"),
        ({"care": ("0",), "age": ("51",)}, "age", "answer_range"),
        ({"care": ("0",), "again": ("perhaps",)}, "again", "answer_choice"),
        ({"care": ("0",), "why": ("x" * 1001,)}, "why", "answer_long"),
    ],
)
def test_what_can_not_be_an_answer_is_refused_at_its_question_and_nothing_is_kept(site, values, field, code):
    ctx, number = asked(site)
    with pytest.raises(Invalid) as refusal:
        answers.answer(ctx, number, given(values))
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert ctx.session.scalar(sa.select(sa.func.count(Response.id))) == 0


def asked(site, code: str = "beta"):
    """A card of a survey with every kind of question, for the first customer of a company."""
    ctx = site.office(code).system(NOW)
    survey = forms.save_survey(ctx, SurveyData("care", "关心", "Care", questions=QUESTIONS))
    campaign = campaigns.save_campaign(ctx, CampaignData("Care 2026", survey.id, "asked"))
    campaigns.start_campaign(ctx, campaign.id)
    customer = ctx.session.scalar(sa.select(sa.func.min(ctx.registry.kinds["base.customer"].model.id)))
    return ctx, cards.invite(ctx, campaign.id, InviteData(customer)).id


def test_every_kind_of_question_is_kept_as_given_and_in_words(site):
    ctx, number = asked(site)
    values = {"care": ("1",), "what": ("2", "0"), "age": ("7.5",), "again": ("no",), "why": ("So",), "other": ("x",)}
    said = answers.answer(ctx, number, given(values))
    assert [(a["key"], a["value"], a["words"]["en"]) for a in said.answers] == [
        ("care", ["1"], "Fair"), ("what", ["2", "0"], "C; A"), ("age", ["7.5"], "7.5"), ("again", ["no"], "No"),
        ("why", ["So"], "So"),
    ]  # fmt: skip
    assert queries.get_card(ctx, number).average == 50


def test_the_last_day_counts_by_the_link_and_paper_is_entered_while_the_campaign_goes_on(site):
    number, _token = card(site)
    late = site.office("acme").system(NOW + 31 * DAY)
    with pytest.raises(Conflict) as refusal:
        answers.answer(late, number, given())
    assert (refusal.value.code, "2026" in refusal.value.message) == ("expired", True)
    assert answers.answer(late, number, given(channel="paper")).by_name != ""


def test_nothing_is_taken_in_after_the_campaign_nor_for_another_company(site):
    ctx, number = asked(site)
    other = site.office("acme").system(NOW)
    with pytest.raises(NotFound):
        answers.answer(other, number, given())
    campaign = queries.get_card(ctx, number).campaign
    campaigns.close_campaign(ctx, campaign.id)
    with pytest.raises(Conflict) as refusal:
        answers.answer(ctx, number, given({"care": ("0",)}, "phone"))
    assert refusal.value.code == "campaign_over"


def test_who_may_not_ask_enters_nothing(site):
    number, _token = card(site)
    with pytest.raises(Forbidden):
        answers.answer(site.office("acme").ctx("callback.survey.view", now=NOW), number, given(channel="phone"))
    assert site.office("acme").system(NOW).session.scalar(sa.select(sa.func.count(Response.id))) == 0


# --- what follows ----------------------------------------------------------------------------------------------------


def test_a_bad_score_opens_a_complaint_at_once(site):
    number, _token = card(site)
    ctx = site.office("acme").system(NOW)
    answers.answer(ctx.as_actor(site.office("acme").ctx(now=NOW).actor), number, given(ANGRY, comment="Two days late"))
    row = queries.get_card(ctx, number)
    assert (row.bad, row.lowest, row.follow_kind) == (True, 0, "complaints.complaint")
    complaint = ctx.session.get_one(ctx.registry.kinds["complaints.complaint"].model, row.follow_ref)
    assert (complaint.channel, complaint.customer_id) == ("questionnaire", row.customer_id)
    assert complaint.device_id == row.device_id
    assert "Two days late" in complaint.subject
    assert "Not satisfied" in complaint.text
    assert ctx.session.scalar(sa.select(sa.func.count(SurveyTask.id))) == 0


def test_with_complaints_off_a_bad_score_is_a_task_with_a_time_limit_for_its_role(site):
    office = site.office("acme")
    switch_off(office.system(NOW), "complaints")
    number, _token = card(site)
    ctx = office.system(NOW)
    answers.answer(ctx, number, given(ANGRY))
    task = ctx.session.scalars(sa.select(SurveyTask)).one()
    row = queries.get_card(ctx, number)
    assert (task.kind, task.role, task.invitation_id, row.follow_ref) == ("case", "manager", number, task.id)
    clock = find_clock(ctx, task, "callback.survey_task")
    assert (clock.state, clock.limit_amount, task.urgent_at) == ("running", "4", clock.due_at)
    told = sa.select(Notification.record_id).where(Notification.record_kind == "callback.survey_task")
    assert ctx.session.scalars(told).all() == [task.id]
    with pytest.raises(Invalid):
        tasks.finish_task(ctx, task.id, " ")
    tasks.finish_task(ctx, task.id, "Called, apologised")
    assert (task.state, find_clock(ctx, task, "callback.survey_task").state) == ("done", "met")
    with pytest.raises(Conflict):
        tasks.cancel_task(ctx, task.id, "twice")
    assert list(queries.clocks_of(ctx, [task.id])) == [task.id]
    second = tasks.open_improvement(ctx, TaskData("Train him", "", task.assignee_id or 1))
    tasks.cancel_task(ctx, second.id, "He was trained")
    assert queries.clocks_of(ctx, [second.id]) == {}, "what was given up has no time left"


def test_who_asks_to_be_called_is_called_by_a_task(site):
    number, _token = card(site)
    ctx = site.office("acme").system(NOW)
    answers.answer(ctx, number, given(wants_call=True))
    task = ctx.session.scalars(sa.select(SurveyTask)).one()
    assert (task.role, "Wants to be called." in task.text, queries.get_card(ctx, number).bad) == ("agent", True, False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"), ({"assignee_id": None}, "assignee_id"), ({"assignee_id": 999}, "assignee_id"),
        ({"due_on": dt.date(2026, 3, 2)}, "due_on"),
    ],
)
def test_an_improvement_needs_an_owner_of_the_company_and_a_day_to_come(site, values, field):
    ctx = site.office("acme").system(NOW)
    owner = queries.people(ctx)[0][0]
    with pytest.raises(Invalid) as refusal:
        tasks.open_improvement(ctx, TaskData(**{"title": "Train", "assignee_id": owner, **values}))
    assert refusal.value.field == field
    assert ctx.session.scalar(sa.select(sa.func.count(SurveyTask.id))) == 0


# --- campaigns -------------------------------------------------------------------------------------------------------


def test_a_campaign_asks_its_customers_once_and_closing_gives_its_summary_to_those_who_read_it(site):
    ctx = site.office("acme").system(NOW)
    survey = queries.survey_by_code(ctx, "yearly")
    row = campaigns.save_campaign(ctx, CampaignData("Year", survey.id, ends_on=ctx.today, customer_kind="person"))
    campaigns.start_campaign(ctx, row.id)
    assert (cards.fill(ctx, row.id), cards.fill(ctx, row.id)) == (2, 0)
    states = ctx.session.execute(sa.select(Invitation.state, Invitation.reason).order_by(Invitation.id)).all()
    assert [tuple(s) for s in states] == [("open", ""), ("left_out", "unreachable")]
    later = ctx.at(NOW + DAY)
    campaigns.keep_campaigns(later)
    assert queries.get_campaign(ctx, row.id).state == "closed"
    read = ctx.session.scalars(sa.select(SurveyTask).order_by(SurveyTask.id)).all()
    assert [(t.kind, t.role, t.campaign_id) for t in read] == [
        ("summary", "general_manager", row.id), ("summary", "quality", row.id)
    ]
    campaigns.keep_campaigns(later.at(NOW + 2 * DAY))
    assert ctx.session.scalar(sa.select(sa.func.count(SurveyTask.id))) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"), ({"audience": "all"}, "audience"), ({"ends_on": dt.date(2026, 1, 1)}, "ends_on"),
        ({"valid_days": 0}, "valid_days"), ({"unit_id": 999}, "unit_id"), ({"customer_kind": "x"}, "customer_kind"),
    ],
)
def test_what_can_not_be_a_campaign_is_refused(site, values, field):
    ctx = site.office("acme").system(NOW)
    survey = queries.survey_by_code(ctx, "yearly")
    with pytest.raises(Invalid) as refusal:
        campaigns.save_campaign(ctx, CampaignData(**{"title": "Year", "survey_id": survey.id, **values}))
    assert refusal.value.field == field


# --- results ---------------------------------------------------------------------------------------------------------


def test_results_by_technician_and_product_count_what_was_asked_and_answered(site):
    found = issued(site)
    ctx = site.office("acme").system(NOW)
    answers.answer(ctx, found[0].id, given())
    answers.answer(ctx, found[1].id, given(ANGRY))
    cut = results.Cut(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    for by, name in (("technician", "Li of acme"), ("product", "Heat pump"), ("month", "2026-03")):
        rows, more = results.groups(ctx, cut, by)
        assert [(r.name, r.asked, r.answered, r.rate, r.bad, r.average, more) for r in rows] == [
            (name, 3, 2, 67, 1, 84, "")
        ]
        assert rows[0].marks == {"attitude": 100, "skill": 100, "arrival": 34, "promises": 100}
    assert results.groups(ctx, results.Cut(dt.date(2026, 4, 1), dt.date(2026, 4, 30)), "centre") == ([], "")


def test_results_of_two_forms_are_shown_one_form_at_a_time_down_to_its_cards(site):
    found = issued(site)
    ctx = site.office("acme").system(NOW)
    answers.answer(ctx, found[0].id, given())
    yearly = queries.survey_by_code(ctx, "yearly")
    staff = site.signed_in("manager@acme.example")
    address = "/c/acme/callback/survey-results?begins=2026-03-01&ends=2026-12-31"
    one = staff.get(address).text
    assert ("Survey form" in tabs_of(one), heads_of(one)[6:]) == (
        False, ["Attitude", "Skill", "Arrival", "Promises kept"],
    )  # fmt: skip
    row = campaigns.save_campaign(ctx, CampaignData("Year", yearly.id, customer_kind="person"))
    campaigns.start_campaign(ctx, row.id)
    cards.fill(ctx, row.id)
    key, card_form = yearly.id, queries.survey_by_code(ctx, "opinion_card").id
    ctx.session.close()
    both = staff.get(address).text
    assert heads_of(both)[6:] == [], "questions of two forms are not mixed"
    assert words_of(tabs_of(both)) == "All forms Rate this service Satisfaction survey"
    only = staff.get(f"{address}&form={card_form}").text
    assert heads_of(only)[6:] == ["Attitude", "Skill", "Arrival", "Promises kept"]
    assert re.search(r'<details><summary>By question</summary><dl class="kv"><dt>Attitude</dt><dd>100</dd>', only)
    assert counted_in(both, only, staff.get(f"{address}&form={key}").text) == [4, 3, 1]
    behind = html.unescape(re.search(r'<dt>Customers asked</dt><dd><a href="([^"]+)"', only)[1])
    assert f"form={card_form}" in behind
    assert set(re.findall(r"/c/acme/callback/cards/(\d+)\"", staff.get(behind).text)) == {str(c) for c in (1, 2, 3)}
    lines = staff.get(f"{address.replace('results', 'results.csv')}&form={card_form}").text.splitlines()
    assert lines[0].endswith("Bad scores,Attitude,Skill,Arrival,Promises kept")


def tabs_of(text: str) -> str:
    """The tabs that choose a form."""
    found = re.search(r'<nav aria-label="Survey form">.*?</nav>', text, re.DOTALL)
    return found[0] if found else ""


def heads_of(text: str) -> list[str]:
    return re.findall(r'<th role="columnheader"[^>]*>([^<]*)</th>', text)


def counted_in(*pages: str) -> list[int]:
    """How many customers each page says were asked."""
    return [int(re.search(r"<dt>Customers asked</dt><dd><a[^>]*>(\d+)</a>", page)[1]) for page in pages]


def test_groups_are_paged_by_key(site):
    office = site.office("acme")
    customer = issued(site)[0].customer_id
    for n in range(4):
        closed(office, NOW - DAY, office.person(f"t{n}@acme.example", "technician"), customer_id=customer)
    issued(site)
    ctx = office.system(NOW)
    cut = results.Cut(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    seen, after = [], ""
    for _page in range(3):
        rows, after = results.groups(ctx, cut, "technician", after=after, size=2)
        seen += [r.key for r in rows]
    assert (len(seen), len(set(seen)), after) == (5, 5, "")


def test_ratings_of_a_month_are_answered_for_whoever_evaluates_it(site):
    found = issued(site)
    ctx = site.office("acme").system(NOW)
    answers.answer(ctx, found[0].id, given())
    begins = dt.datetime(2026, 2, 28, 16, tzinfo=dt.UTC)
    asked_of = {"begins": begins, "ends": begins + 31 * DAY}
    rated = [r for a in collect(ctx, "technician_ratings", **asked_of) for r in a.value]
    assert [(r.technician_id, r.aspect, r.count, r.points) for r in rated] == [
        (found[0].technician_id, a, 1, p)
        for a, p in (("arrival", 67), ("attitude", 100), ("promises", 100), ("skill", 100))
    ]
    earlier = {"begins": begins - 28 * DAY, "ends": begins}
    assert [a.value for a in collect(ctx, "technician_ratings", **earlier)] == [[], []]


# --- pages -----------------------------------------------------------------------------------------------------------


def form_of(values, **more) -> dict:
    return {f"q_{key}": list(value) for key, value in values.items()} | more


def card_of_today(site, company: str = "acme", **values) -> str:
    """The secret of a card that is good today, since pages live at the real time."""
    ctx = site.office(company).system(dt.datetime.now(dt.UTC))
    survey = queries.survey_by_code(ctx, "opinion_card")
    campaign = campaigns.save_campaign(ctx, CampaignData("Today", survey.id, "asked"))
    campaigns.start_campaign(ctx, campaign.id)
    customer = ctx.session.scalar(sa.select(sa.func.min(ctx.registry.kinds["base.customer"].model.id)))
    who = next((i for i, name in queries.people(ctx) if name.startswith("Li of")), None)
    data = InviteData(customer, number="FW-1", subject="Noise 0", technician_id=who)
    return cards.invite(ctx, campaign.id, data).token


@pytest.mark.one_database
def test_a_customer_answers_by_the_link_and_is_thanked_however_often_it_is_opened(site):
    token = card_of_today(site)
    customer, page = site.browser(), f"/c/acme/callback/s/{token}"
    shown = words_of(customer.get(page).text)
    assert all(words in shown for words in ("Attitude", "Not satisfied", "Li of acme", "Noise 0"))
    assert "138" not in shown
    lacking = customer.post(page, form_of({"attitude": ("0",)}, comment="Very quick"))
    assert (lacking.status_code, "Very quick" in lacking.text) == (422, True)
    assert "This question needs an answer." in words_of(lacking.text)
    other = customer.post(page, form_of(CONTENT, comment="Very quick", lang="zh"))
    assert (other.status_code, "很满意" in other.text, "Very quick" in other.text) == (200, True, True)
    assert other.text.count("checked") == 4
    old = customer.client.post(page, data=form_of(CONTENT, csrf_token="old"), headers=customer.headers)
    assert old.status_code == 422
    assert site.office("acme").system(NOW).session.scalar(sa.select(sa.func.count(Response.id))) == 0
    sent = customer.post(page, form_of(CONTENT, comment="Very quick", wants_call="y"))
    assert sent.status_code == 302
    again = customer.post(page, form_of(ANGRY))
    assert (again.status_code, customer.get(page).status_code) == (200, 200)
    assert "回电话" in customer.get(page).text
    said = site.office("acme").system(NOW).session.scalars(sa.select(Response)).one()
    assert (said.channel, said.comment, said.wants_call) == ("link", "Very quick", True)



@pytest.mark.one_database
def test_a_card_that_is_over_says_so_and_another_companys_does_not_exist(site):
    _number, over = card(site)
    foreign = card_of_today(site, "beta")
    customer = site.browser()
    late = customer.get(f"/c/acme/callback/s/{over}")
    assert (late.status_code, "This card is over" in words_of(late.text)) == (200, True)
    posted = customer.post(f"/c/acme/callback/s/{over}", form_of(CONTENT))
    assert "This card is over" in words_of(posted.text)
    assert customer.get(f"/c/beta/callback/s/{foreign}").status_code == 200
    assert customer.get(f"/c/acme/callback/s/{foreign}").status_code == 404
    switch_off(site.office("acme").system(NOW), "callback")
    assert customer.get(f"/c/acme/callback/s/{over}").status_code == 404
    assert site.office("acme").system(NOW).session.scalar(sa.select(sa.func.count(Response.id))) == 0


@pytest.mark.one_database
def test_one_address_sends_so_many_in_a_while_and_keeps_what_it_typed(site):
    token = card_of_today(site)
    set_setting(site.office("acme").system(NOW), "callback.survey_per_address", 1)
    customer, page = site.browser(), f"/c/acme/callback/s/{token}"
    customer.post(page, form_of({"attitude": ("0",)}))
    answer = customer.post(page, form_of(CONTENT, comment="Quick"))
    assert (answer.status_code, "Quick" in answer.text, "Retry-After" in answer.headers) == (429, True, True)


@pytest.mark.one_database
def test_staff_enter_paper_see_results_down_to_the_answer_and_open_an_improvement(site):
    number, _token = card(site)
    staff = site.signed_in("manager@acme.example")
    base_url = "/c/acme/callback"
    assert "Attitude" in words_of(staff.get(f"{base_url}/cards/{number}/enter").text)
    bad = staff.post(f"{base_url}/cards/{number}/enter", form_of({"skill": ("9",)}, channel="paper", comment="Kept"))
    assert (bad.status_code, "Kept" in bad.text) == (422, True)
    kept = staff.post(f"{base_url}/cards/{number}/enter", form_of(ANGRY, channel="paper"))
    assert kept.location.startswith(f"{base_url}/cards/paper")
    again = staff.post(f"{base_url}/cards/paper", {"number": str(number)})
    assert (again.status_code, "answered already" in words_of(again.text)) == (422, True)
    other = next(row.id for row in issued(site) if row.state == "open")
    assert kept.location.endswith(f"?next={other}")
    nothing = staff.post(f"{base_url}/cards/paper", {"number": " "})
    assert (nothing.status_code, "Enter the number of the card" in words_of(nothing.text)) == (422, True)
    found = staff.post(f"{base_url}/cards/paper", {"number": "", "following": str(other)})
    assert found.location == f"{base_url}/cards/{other}/enter?channel=paper"
    assert 'value="paper" checked' in staff.get(found.location).text
    page = words_of(staff.get(f"{base_url}/cards/{number}").text)
    assert all(words in page for words in ("Entered from paper", "Not satisfied", "Bad score", "TS"))
    shown = words_of(staff.get(f"{base_url}/survey-results?begins=2026-03-01&ends=2026-03-31").text)
    assert all(words in shown for words in ("Li of acme", "33 %", "75"))
    behind = staff.get(f"{base_url}/cards/?tab=bad&day_from=2026-03-01&day_to=2026-03-31").text
    assert f"{base_url}/cards/{number}" in behind
    lines = staff.get(f"{base_url}/survey-results.csv?begins=2026-03-01&ends=2026-03-31&by=product").text.splitlines()
    assert lines[1].startswith("Heat pump,3,1,33,75,1")
    month = dt.datetime.now(dt.UTC)
    rated = staff.get(f"{base_url}/ratings.csv?month={month:%Y-%m}").text.splitlines()
    assert rated[1] == "Li of acme,4,75,0,100,100,100"
    owner = queries.people(site.office("acme").system(NOW))[0][0]
    due = f"{month + 9 * DAY:%Y-%m-%d}"
    data = {"title": "Train him", "assignee_id": owner, "due_on": due, "invitation_id": number}
    made = staff.post(f"{base_url}/survey-tasks/new", data)
    assert made.status_code == 302
    assert "Train him" in words_of(staff.get(made.location).text)
