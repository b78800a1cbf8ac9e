"""Questionnaires: what they ask, what becomes of an answer, and that nobody learns anything by answering."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, NotFound, use_locale
from core.companies.company import close_company
from core.companies.services import save_unit
from core.companies.switch import switch_off
from core.db import system_session
from core.settings import set_setting
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.complaints import following, rules, services
from plugins.complaints.contracts import AnswerData, QuestionnaireData
from plugins.complaints.models import Answer, Complaint
from tests.support.accounts import Site, words_of

NOW = dt.datetime.now(dt.UTC)
KEY = "0123456789abcdef01234567"
LINES = "grade*: 满意吗 | Content\nchoice: 渠道 | Bought = 门店 | Shop; 网上 | Online\ntext: 用途 | Use"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {code: installation.office(code) for code in ("acme", "beta")})


def furnish(installation):
    made = Site(None, installation)
    for code in ("acme", "beta"):
        made.office(code, modules=["complaints"], locale="en", now=NOW)
    ctx = made.office("acme").system(NOW)
    for unit in ("rd", "warehouse", "service"):
        save_unit(ctx, unit, unit.title(), "department", "hq")
    made.person("manager@acme.example", "manager")
    product = base.save_product(ctx, ProductData("HP1", "Heat pump"))
    customer = base.save_customer(ctx, CustomerData("Ma Dongsheng"))
    base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
    base.save_unit_record(ctx, UnitData(product_id=product.id, serial="HP1-0001", customer_id=customer.id))


def asked(site, company: str = "acme", now: dt.datetime = NOW, **values) -> tuple[int, str]:
    """A new questionnaire: its id and the secret of its address."""
    ctx = site.office(company).system(now)
    row = services.save_questionnaire(ctx, QuestionnaireData(**{"title_zh": "意见", "title_en": "Opinion", **values}))
    made = (row.id, row.token)
    ctx.session.close()
    return made


def sent(site) -> list[tuple]:
    with system_session(site.installation.engine, "test reads what the pages wrote") as session:
        return [tuple(r) for r in session.execute(sa.select(Complaint.kind, Complaint.text).order_by(Complaint.id))]


def filled(**values) -> dict:
    return {"matter": "opinion", "text": "The door squeaks", "key": KEY, **values}


# --- services, on both databases --------------------------------------------------------------------------------------


def test_questions_are_read_line_by_line_and_written_back_alike():
    read = rules.read_questions(LINES)
    assert [(q["kind"], q["required"], q["en"]) for q in read] == [
        ("grade", True, "Content"), ("choice", False, "Bought"), ("text", False, "Use"),
    ]
    assert read[1]["choices"] == [{"zh": "门店", "en": "Shop"}, {"zh": "网上", "en": "Online"}]
    assert rules.write_questions(read) == LINES
    assert rules.read_questions(LINES.replace(":", "：").replace("|", "｜").replace(";", "；")) == read


@pytest.mark.parametrize("line", ["Content?", "grade:", "colour: 红 | Red", "choice: 渠道 = 门店", "text: 用途 = 门店"])
def test_a_line_that_is_no_question_is_told_by_its_number(site, line):
    with pytest.raises(Invalid) as refusal:
        asked(site, questions=f"text: 用途\n{line}")
    assert (refusal.value.field, "Line 2" in refusal.value.message) == ("questions", True)


def test_an_answer_becomes_a_complaint_once_with_its_answers_in_words(site):
    number, _token = asked(site, questions=LINES, category="quality")
    ctx = site.office("acme").system(NOW)
    data = AnswerData(KEY, "complaint", "It leaks", ("2", "1", "Farm"), "Li", "13900139000")
    first = services.receive_answer(ctx, number, data)
    assert services.receive_answer(ctx, number, data).id == first.id
    complaint = ctx.session.scalars(sa.select(Complaint)).one()
    assert (complaint.kind, complaint.channel, complaint.state) == ("complaint", "questionnaire", "in_progress")
    assert [a["answer"] for a in first.answers] == ["2", "网上", "Farm"]


@pytest.mark.parametrize("matter", ["opinion", "suggestion", "inquiry"])
def test_what_is_no_complaint_is_kept_as_a_suggestion_to_be_classified(site, matter):
    number, _token = asked(site)
    ctx = site.office("acme").system(NOW)
    answer = services.receive_answer(ctx, number, AnswerData(KEY, matter, "Please"))
    assert (answer.complaint.kind, answer.complaint.state, answer.matter) == ("suggestion", "received", matter)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"answers": ("", "", "")}, "q0"),
        ({"answers": ("6", "", "")}, "q0"),
        ({"answers": ("5", "2", "")}, "q1"),
        ({"answers": ("5", "", "x" * 1001)}, "q2"),
        ({"answers": ("5", "", ""), "text": "x" * 4001}, "text"),
        ({"answers": ("5", "", ""), "matter": "praise"}, "matter"),
    ],
)
def test_what_can_not_be_an_answer_is_refused_and_nothing_is_kept(site, values, field):
    number, _token = asked(site, questions=LINES)
    ctx = site.office("acme").system(NOW)
    with pytest.raises(Invalid) as refusal:
        services.receive_answer(ctx, number, AnswerData(**{"key": KEY, "matter": "opinion", **values}))
    assert refusal.value.field == field
    assert sent(site) == []


@pytest.mark.parametrize(("phone", "known"), [("13800138000", True), ("13900139000", False), ("", False)])
def test_a_unit_is_named_only_by_a_phone_number_of_its_customer(site, phone, known):
    number, _token = asked(site)
    ctx = site.office("acme").system(NOW)
    data = AnswerData(KEY, "opinion", "Please", serial="hp1-0001", person_phone=phone)
    answer = services.receive_answer(ctx, number, data)
    assert (answer.complaint.device_id is not None, answer.serial) == (known, "hp1-0001")
    assert (answer.complaint.person_name == "Ma Dongsheng") == known


def test_the_last_day_counts_and_the_next_one_does_not(site):
    ctx = site.office("acme").system(NOW)
    number, _token = asked(site, valid_until=ctx.today)
    services.receive_answer(ctx, number, AnswerData(KEY, "opinion", "Please"))
    with pytest.raises(NotFound):
        services.receive_answer(ctx.at(NOW + dt.timedelta(days=1)), number, AnswerData("f" * 24, "opinion", "Late"))


def test_changing_keeps_the_address_and_what_was_asked_before(site):
    number, token = asked(site, questions=LINES)
    ctx = site.office("acme").system(NOW)
    answer = services.receive_answer(ctx, number, AnswerData(KEY, "opinion", "Please", ("5", "", "")))
    changed = services.save_questionnaire(ctx, QuestionnaireData("新", questions="", id=number), version=1)
    assert (changed.token, changed.questions, answer.answers[0]["en"]) == (token, [], "Content")
    with pytest.raises(Conflict):
        services.save_questionnaire(ctx, QuestionnaireData("旧", id=number), version=1)


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_a_customer_answers_without_signing_in_and_is_told_the_number(site):
    _number, token = asked(site, questions=LINES)
    customer, page = site.browser(), f"/c/acme/complaints/q/{token}"
    shown = customer.get(f"{page}?s=HP1-0001").text
    assert 'value="HP1-0001"' in shown
    assert "Ma Dongsheng" not in shown
    key = re.search(r'name="key"[^>]*value="([0-9a-f]{24})"', shown)[1]
    answer = customer.post(page, filled(key=key, q0="5", matter="suggestion"))
    assert answer.status_code == 302
    assert re.search(r"TS\d{4}-\d{4}", words_of(customer.get(answer.location).text))
    customer.post(page, filled(key=key, q0="5", matter="suggestion"))
    assert sent(site) == [("suggestion", "The door squeaks")]


@pytest.mark.one_database
def test_nothing_typed_is_lost_by_an_error_an_old_page_or_the_other_language(site):
    _number, token = asked(site, questions=LINES)
    customer, page = site.browser(), f"/c/acme/complaints/q/{token}"
    lacking = customer.post(page, filled(person_name="Li"))
    old = customer.client.post(page, data=filled(q0="5", csrf_token="old"), headers=customer.headers)
    other = customer.post(page, filled(q0="5", lang="zh"))
    assert [r.status_code for r in (lacking, old, other)] == [422, 422, 200]
    assert all("The door squeaks" in r.text for r in (lacking, old, other))
    assert "Fill this in." in words_of(lacking.text)
    assert "Nothing is lost" in words_of(old.text)
    assert "满意吗" in words_of(other.text)
    assert "满意吗" in words_of(customer.get(page).text)
    assert sent(site) == []


@pytest.mark.one_database
def test_whatever_is_wrong_there_is_no_such_page(site):
    ctx = site.office("acme").system(NOW)
    _number, good = asked(site)
    _other, foreign = asked(site, "beta")
    _over, expired = asked(site, valid_until=ctx.today - dt.timedelta(days=1))
    _off, inactive = asked(site, active=False)
    customer = site.browser()
    assert customer.get(f"/c/acme/complaints/q/{good}").status_code == 200
    assert customer.get(f"/c/beta/complaints/q/{foreign}").status_code == 200
    tried = [f"/c/acme/complaints/q/{t}" for t in ("nothing", foreign, expired, inactive)]
    answers = [customer.get(path) for path in [*tried, f"/c/nowhere/complaints/q/{good}", f"/complaints/q/{good}"]]
    switch_off(ctx, "complaints")
    answers += [customer.get(f"/c/acme/complaints/q/{good}"), customer.post(f"/c/acme/complaints/q/{good}", filled())]
    close_company(site.office("beta").system(NOW), "moved")
    answers.append(customer.get(f"/c/beta/complaints/q/{foreign}"))
    assert {a.status_code for a in answers} == {404}
    assert len({re.sub(r"Reference \w+", "", words_of(a.text)) for a in answers}) == 1
    assert sent(site) == []


@pytest.mark.one_database
def test_a_machine_that_fills_in_everything_is_thanked_and_nothing_is_kept(site):
    _number, token = asked(site)
    robot = site.browser()
    answer = robot.post(f"/c/acme/complaints/q/{token}", filled(website="https://spam.example"))
    assert answer.status_code == 302
    thanks = robot.get(answer.location)
    assert (thanks.status_code, re.search(r"TS\d", words_of(thanks.text))) == (200, None)
    assert sent(site) == []


@pytest.mark.one_database
def test_one_address_sends_so_many_in_a_while_and_keeps_what_it_typed(site):
    _number, token = asked(site)
    set_setting(site.office("acme").system(NOW), "complaints.questionnaire_per_address", 2)
    customer, page = site.browser(), f"/c/acme/complaints/q/{token}"
    answers = [customer.post(page, filled(key=f"{n:024x}")) for n in range(3)]
    assert [a.status_code for a in answers] == [302, 302, 429]
    assert "The door squeaks" in answers[2].text
    assert int(answers[2].headers["Retry-After"]) > 0
    assert site.browser(address="10.9.8.7").post(page, filled(key="a" * 24)).status_code == 302
    assert len(sent(site)) == 3


@pytest.mark.one_database
def test_staff_see_what_was_answered_and_print_the_code(site):
    number, token = asked(site, questions=LINES, product_code="HP1")
    ctx = site.office("acme").system(NOW)
    made = services.receive_answer(ctx, number, AnswerData(KEY, "inquiry", "Please", ("4", "0", "Farm"), serial="X1"))
    staff = site.signed_in("manager@acme.example")
    shown = words_of(staff.get(f"/c/acme/complaints/{made.complaint_id}").text)
    assert all(words in shown for words in ("Inquiry", "Content 4", "门店", "X1"))
    page = words_of(staff.get(f"/c/acme/complaints/questionnaires/{number}").text)
    assert f"/c/acme/complaints/q/{token}" in page
    sheet = staff.get(f"/c/acme/complaints/questionnaires/{number}/sheet?serial=HP1-0001").text
    assert all(words in sheet for words in ("HP1-0001", "Heat pump", "用手机扫一扫", "Scan it with your phone"))
    assert f"/c/acme/complaints/q/{token}?s=HP1-0001" in words_of(sheet)
    assert following.count_answers(ctx, [number]) == {number: 1}
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1
