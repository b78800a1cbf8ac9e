"""Message templates: filled in with facts, reworded by a company, refused when they speak of what there is not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.companies.services import save_role
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.mail.models import Mail
from core.message_templates import (
    EDIT,
    Amount,
    MessageTemplate,
    Placeholder,
    fill_in,
    reset_template,
    save_template,
    templates_of,
    text_in_force,
    versions_of,
    written,
)
from core.testing import START
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData
from plugins.complaints import queries, services
from plugins.complaints.contracts import ComplaintData
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

CODE = "complaints.reply_result"
FACTS = {
    "number": "TS1", "customer": "Ms Chen", "subject": "Leaks", "received": dt.date(2026, 3, 2),
    "findings": "A loose pipe.", "company": "Acme", "name": "Li",
}  # fmt: skip
BOTH = {"zh": "答复 {number}", "en": "Answer {number}"}


@pytest.fixture
def site(databases, database_kind, application, monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "127.0.0.1")
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        offices = {code: installation.office(code) for code in ("acme", "zenith", "bare")}
        yield Site(app, installation, offices)


def furnish(installation):
    made = Site(None, installation)
    for code in ("acme", "zenith"):
        made.office(code, modules=["complaints"], locale="en", now=START)
    made.office("bare", locale="en", now=START)
    save_role(made.office().system(), "looker", {"en": "Looker", "zh": "看"}, ["complaints.complaint.view"])
    made.person("boss@acme.test", "administrator")
    made.person("looker@acme.test", "looker")


def test_facts_are_written_as_each_language_writes_them(site):
    ctx = site.office().ctx()
    subject, body = fill_in(ctx, CODE, FACTS, "en")
    assert subject == "Your complaint TS1"
    assert body.startswith("Dear Ms Chen,\n\non 2 March 2026 you told us: Leaks. We looked into it.\n\nA loose pipe.")
    assert "你于2026年3月2日反映的“Leaks”" in fill_in(ctx, CODE, FACTS, "zh")[1]
    assert written(Amount(Decimal("1234.5"), "CNY"), "zh") == "¥1,234.50"
    assert written(Decimal("1234.5"), "en") == "1,234.5"


@pytest.mark.parametrize("lacking", [None, ""])
def test_a_fact_that_is_missing_is_named_and_nothing_is_written(site, lacking):
    with pytest.raises(Invalid) as refused:
        fill_in(site.office().ctx(), CODE, {**FACTS, "findings": lacking}, "en")
    assert (refused.value.code, refused.value.field) == ("missing_placeholder", "findings")


def test_a_company_rewords_it_and_only_that_company(site):
    ctx = site.office().ctx(EDIT, name="Wang")
    assert save_template(ctx, CODE, BOTH, {"zh": "{findings}", "en": "Found: {findings}"}, seen=0) == 1
    assert fill_in(site.office().ctx(), CODE, FACTS, "en") == ("Answer TS1", "Found: A loose pipe.")
    assert fill_in(site.office("zenith").ctx(), CODE, FACTS, "en")[0] == "Your complaint TS1"
    assert [(v.number, v.by_name, v.shipped) for v in versions_of(site.office().ctx(), CODE)] == [(1, "Wang", False)]
    with pytest.raises(Conflict):
        save_template(site.office().ctx(EDIT), CODE, BOTH, BOTH, seen=0)
    assert reset_template(site.office().ctx(EDIT), CODE, seen=1) == 2
    assert fill_in(site.office().ctx(), CODE, FACTS, "en")[0] == "Your complaint TS1"
    names = list(site.office().system().session.scalars(sa.select(Event.name).where(Event.name.like("core.template%"))))
    assert names == ["core.template_saved"] * 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{price} {number}", "unknown_placeholder"),
        ("{number.__class__}", "stray_brace"),
        ("{{ number }}", "stray_brace"),
        ("{number", "stray_brace"),
        ("  ", "empty_template"),
    ],
)
def test_what_is_no_plain_text_with_known_placeholders_is_refused_by_its_field(site, text, code):
    with pytest.raises(Invalid) as refused:
        save_template(site.office().ctx(EDIT), CODE, BOTH, {"zh": "好", "en": text})
    assert (refused.value.code, refused.value.field) == (code, "body_en")
    assert text_in_force(site.office().ctx(), CODE).number == 0


def test_it_takes_the_right_and_the_module(site):
    with pytest.raises(Forbidden):
        save_template(site.office().ctx(), CODE, BOTH, BOTH)
    with pytest.raises(NotFound):
        fill_in(site.office("bare").ctx(), CODE, FACTS, "en")
    assert templates_of(site.office("bare").ctx()) == []
    offered = templates_of(site.office().ctx(), "complaints.reply")
    assert [t.code for t in offered] == [CODE, "complaints.reply_received"]


def test_a_module_whose_template_speaks_of_what_it_does_not_declare_is_told():
    wrong = MessageTemplate(
        "x.y", BOTH, BOTH, (Placeholder("number", BOTH, "1"),), BOTH, {"zh": "{price}", "en": "a } b"}
    )
    assert wrong.problems() == ["its body names {price}, which it does not declare", "its body has a stray brace"]


def test_the_page_keeps_what_was_typed_says_what_is_wrong_and_previews(site):
    boss = site.signed_in("boss@acme.test")
    path = f"/c/acme/templates/{CODE}"
    typed = {"subject_zh": "答复", "subject_en": "Answer", "body_zh": "好", "body_en": "Costs {price}"}
    refused = boss.post(path, typed)
    assert refused.status_code == 422
    assert "There is no placeholder {price} here. Choose one from the list." in words_of(refused.text)
    assert "Costs {price}" in refused.text
    told = boss.post(f"{path}/preview", {**typed, "body_en": "On {received}"}, path).get_json()
    assert told["en"] == {"subject": "Answer", "body": "On 23 November 2026"}
    assert boss.post(path, {**typed, "body_en": "On {received}"}).status_code == 302
    assert "On {received}" in boss.get(path).text
    assert boss.get("/c/acme/templates/complaints.none").status_code == 404
    assert site.signed_in("looker@acme.test").get(path).status_code == 403


def complaint(site) -> int:
    ctx = site.office().system()
    person = PersonData(name="Chen Jie", email="chen@customer.example")
    customer = base.save_customer(ctx, CustomerData(name="Jinan Machinery"))
    base.save_person(ctx, customer.id, person)
    made = services.open_complaint(
        ctx,
        ComplaintData(subject="Gearbox leaks", category="quality", customer_id=customer.id, person_name="Chen Jie"),
    )
    return made.id


def test_an_answer_from_a_template_goes_by_mail_and_its_state_stands_on_the_record(site, mailbox):
    site.app.config["MAIL_SERVER"] = mailbox.host
    made, boss = complaint(site), site.signed_in("boss@acme.test")
    path = f"/c/acme/complaints/{made}"
    missing = boss.get(f"{path}?template={CODE}&language=en")
    assert "“Answer with the result” needs “Findings”, which is missing here." in words_of(missing.text)
    page = boss.get(f"{path}?template=complaints.reply_received&language=en").text
    assert "Dear Chen Jie," in page
    assert "Chen Jie &lt;chen@customer.example&gt;" in page
    data = {
        "text": "Dear Chen Jie, we look into it.", "channel": "phone", "outcome": "", "mail_locale": "en",
        "mail_to": "chen@customer.example", "mail_subject": "We look into it",
    }  # fmt: skip
    answer = boss.post(f"{path}/reply", data, path, follow_redirects=True)
    assert "Answer recorded; it is on its way to chen@customer.example" in words_of(answer.text)
    assert "Mail: Queued" in words_of(answer.text)
    site.installation.worker(mail_server=mailbox.server).postman.send_due()
    (message,) = mailbox.messages
    assert (message["Subject"], message["To"]) == ("We look into it", "chen@customer.example")
    assert "Mail: Sent out" in words_of(boss.get(path).text)
    ctx = site.office().system()
    (given,) = queries.replies_of(ctx, made)
    assert given.channel == "email"
    assert ctx.session.scalars(sa.select(Mail.cause)).all() == [f"complaints.reply:{given.id}"]


def test_an_answer_that_goes_to_nobody_the_customer_named_is_refused(site):
    made, boss = complaint(site), site.signed_in("boss@acme.test")
    path = f"/c/acme/complaints/{made}"
    data = {"text": "Hello", "channel": "phone", "outcome": "", "mail_to": "stranger@elsewhere.example"}
    assert boss.post(f"{path}/reply", data, path).status_code == 422
    assert site.office().system().session.scalar(sa.select(sa.func.count(Mail.id))) == 0
