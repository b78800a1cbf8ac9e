"""Numbered documents: no gap in the numbers, nothing changes after issue, copies and cancelling are on the sheet."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
import sqlalchemy as sa

from core import erasure
from core.api import RecordRef, cancel_document, documents_of, issue_document, set_setting
from core.companies.services import save_role
from core.companies.switch import switch_off
from core.db import transaction
from core.documents.models import Document
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.testing import START
from plugins.base import services as base
from plugins.base.contracts import CustomerData
from plugins.complaints import services
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from plugins.complaints.models import Complaint
from tests.support.accounts import Site, words_of

LETTER, SHEET = "complaints.answer_letter", "complaints.sheet"
REF = RecordRef(COMPLAINT, 1)
PAGE = "/c/acme/complaints/1"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {code: installation.office(code) for code in ("acme", "zenith")})


def furnish(installation):
    made = Site(None, installation)
    for code in ("acme", "zenith"):
        made.office(code, modules=["complaints"], locale="en", now=START)
    ctx = made.office().system()
    save_role(ctx, "looker", {"en": "Looker", "zh": "看"}, ["complaints.complaint.view"])
    made.person("boss@acme.test", "administrator")
    made.person("looker@acme.test", "looker")
    made.person("boss@zenith.test", "administrator", company="zenith")
    customer = base.save_customer(ctx, CustomerData("Zhao Min"))
    services.open_complaint(
        ctx, ComplaintData("The pump leaks", text="Oil on the floor", customer_id=customer.id, category="quality")
    )


def answered(site):
    ctx = site.office().system()
    services.write_findings(ctx, 1, "A seal was worn.")
    services.reply(ctx, 1, "We replaced the seal.", "letter")
    return ctx


def test_a_number_that_was_rolled_back_is_given_again(site):
    ctx = site.office().system()
    assert issue_document(ctx, SHEET, REF).number == "TSD2603-0001"
    with suppress(RuntimeError), transaction(ctx):
        assert issue_document(ctx, SHEET, REF).number == "TSD2603-0002"
        raise RuntimeError
    ctx = site.office().system()
    assert issue_document(ctx, SHEET, REF).number == "TSD2603-0002"
    assert [d.number for d in documents_of(ctx, REF)] == ["TSD2603-0002", "TSD2603-0001"]
    told = ctx.session.scalars(sa.select(Event).where(Event.name == "core.document_issued").order_by(Event.id)).all()
    assert [(e.record_kind, e.record_id, e.facts["number"]) for e in told] == [
        (COMPLAINT, 1, "TSD2603-0001"), (COMPLAINT, 1, "TSD2603-0002"),
    ]  # fmt: skip


def test_a_letter_needs_an_answer_and_takes_no_number_before(site):
    with pytest.raises(Conflict) as refused:
        issue_document(site.office().system(), LETTER, REF)
    assert refused.value.code == "no_reply"
    assert issue_document(answered(site), LETTER, REF).number == "DF2603-0001"


@pytest.mark.parametrize("pattern", ["", "X", "X{n", "X{what}{n}", "{n:q}"])
def test_a_pattern_that_gives_no_number_is_refused(site, pattern):
    ctx = site.office().system()
    set_setting(ctx, "complaints.sheet_pattern", pattern)
    with pytest.raises(Invalid) as refused:
        issue_document(ctx, SHEET, REF)
    assert refused.value.code == "bad_pattern"


def test_what_was_issued_stays_when_the_record_changes(site):
    ctx = answered(site)
    document = issue_document(ctx, LETTER, REF, "en")
    with transaction(ctx):
        complaint = ctx.session.get_one(Complaint, 1)
        complaint.subject, complaint.findings = "Something else", "Nothing"
        ctx.session.flush()
        ctx.session.expire_all()
        assert document.facts == {
            "number": "TS2603-0001", "customer": "Zhao Min", "subject": "The pump leaks", "received": "2 March 2026",
            "findings": "A seal was worn.", "answer": "We replaced the seal.",
        }  # fmt: skip
        ctx.session.rollback()


def test_each_sheet_speaks_its_own_language_whoever_looks(site):
    ctx = answered(site)
    for locale in ("en", "zh"):
        issue_document(ctx, LETTER, REF, locale)
    boss = site.signed_in("boss@acme.test")
    english, chinese = (words_of(boss.get(f"/c/acme/documents/{n}").text) for n in (1, 2))
    assert "Written answer Number DF2603-0001 Issued" in english
    assert "Received 2 March 2026 Subject The pump leaks" in english
    assert "Findings A seal was worn. Our answer We replaced the seal." in english
    assert "书面答复 编号 DF2603-0002 出具" in chinese
    assert "2026年3月2日" in chinese
    assert "答复 We replaced the seal. 签字" in chinese or "答复 We replaced the seal. 签名" in chinese
    frame = boss.get("/c/acme/documents/2").text
    assert "My work" in frame
    assert "我的工作" not in frame
    assert "<svg" in boss.get("/c/acme/documents/1").text.split('class="paper-qr"')[1][:200]


def test_a_cancelled_document_keeps_its_number_and_says_so(site):
    ctx = site.office().system()
    issue_document(ctx, SHEET, REF, "en")
    with pytest.raises(Invalid):
        cancel_document(ctx, 1, "  ")
    boss = site.signed_in("boss@acme.test")
    assert "CANCELLED" not in boss.get("/c/acme/documents/1").text
    boss.post("/c/acme/documents/1/cancel", {"reason": "Wrong phone"}, page="/c/acme/documents/1")
    page = words_of(boss.get("/c/acme/documents/1").text)
    assert "CANCELLED" in page
    assert "Wrong phone" in page
    assert "Number TSD2603-0001 Issued 2 March 2026 09:00" in page
    with pytest.raises(Conflict):
        cancel_document(site.office().system(), 1, "again")
    assert issue_document(site.office().system(), SHEET, REF).number == "TSD2603-0002"


def test_copies_are_counted_on_the_sheet_and_on_record(site):
    issue_document(site.office().system(), SHEET, REF, "en")
    boss = site.signed_in("boss@acme.test")
    page = "/c/acme/documents/1"
    assert "Copy" not in words_of(boss.get(page).text).split("Complaint sheet Number")[1]
    for number in (2, 3):
        boss.post(f"{page}/copies", page=page)
        assert f"Print Copy {number} " in words_of(boss.get(page).text)
    query = sa.select(Event).where(Event.name == "core.document_copied").order_by(Event.id)
    told = site.office().system().session.scalars(query)
    assert [e.facts["copy"] for e in told] == [2, 3]


def test_only_who_holds_the_right_issues_and_cancels(site):
    boss, looker = site.signed_in("boss@acme.test"), site.signed_in("looker@acme.test")
    assert "documents/new" in boss.get(PAGE).text
    new, chosen = f"/c/acme/documents/new/{COMPLAINT}/1", {"code": SHEET, "locale": "en"}
    assert boss.post(new, chosen, page=PAGE).location.endswith("/c/acme/documents/1")
    page = looker.get(PAGE).text
    assert "documents/new" not in page
    assert documents_of(site.office().system(), REF)[0].number in page
    assert looker.post(new, chosen, page=PAGE).status_code == 403
    sheet = "/c/acme/documents/1"
    shown = looker.get(sheet).text
    assert "data-print" in shown
    assert "documents/1/c" not in shown
    assert looker.post(f"{sheet}/copies", page=sheet).status_code == 403
    assert looker.post(f"{sheet}/cancel", {"reason": "x"}, page=sheet).status_code == 403
    assert len(documents_of(site.office().system(), REF)) == 1


def test_another_company_and_a_module_that_is_off_have_no_such_document(site):
    ctx = site.office().system()
    issue_document(ctx, SHEET, REF)
    boss = site.signed_in("boss@acme.test")
    assert site.signed_in("boss@zenith.test").get("/c/zenith/documents/1").status_code == 404
    with pytest.raises(NotFound):
        cancel_document(site.office("zenith").system(), 1, "not ours")
    assert boss.get("/c/acme/documents/1").status_code == 200
    switch_off(ctx, "complaints")
    assert boss.get("/c/acme/documents/1").status_code == 404
    with pytest.raises(NotFound):
        issue_document(site.office().system(), SHEET, REF)


def test_erasing_a_person_empties_what_documents_say_and_keeps_the_number(site):
    ctx = site.office().system()
    issue_document(ctx, SHEET, REF, "en")
    cancel_document(ctx, 1, "Zhao Min called")
    ctx = site.office().system()
    with transaction(ctx):
        erasure.remove_from_rows(ctx, RecordRef("base.customer", 1), [(COMPLAINT, 1)])
        row = ctx.session.get_one(Document, 1)
        assert (row.number, row.facts, row.cancel_reason) == ("TSD2603-0001", {}, "")
        assert row.cancelled_at is not None
        ctx.session.rollback()


def test_a_right_is_needed_also_without_a_page(site):
    ctx = site.office().system()
    nobody = site.office().ctx().as_actor(type(ctx.actor)(1, "Nobody", frozenset({"complaints.complaint.view"})))
    with pytest.raises(Forbidden):
        issue_document(nobody, SHEET, REF)


def test_of_many_documents_the_page_shows_ten_at_a_time_by_key(site):
    ctx = site.office().system()
    numbers = [issue_document(ctx, SHEET, REF).number for _n in range(12)]
    boss = site.signed_in("boss@acme.test")

    def shown(page: str) -> list[str]:
        return [number for number in reversed(numbers) if f">{number}<" in page]

    first = boss.get(PAGE).text
    assert shown(first) == numbers[:1:-1]
    link = re.search(r'href="(/c/acme/complaints/1\?documents_before=\d+)#documents"', first)
    earlier = boss.get(link[1]).text
    assert shown(earlier) == numbers[1::-1]
    assert 'documents_before=' not in earlier.partition('id="documents"')[2]
    assert f'href="{PAGE}#documents">Newest' in earlier


def test_the_language_proposed_for_a_letter_is_the_customers_and_any_other_may_be_chosen(site):
    answered(site).session.close()
    boss = site.signed_in("boss@acme.test")
    selects = 'id="doc-l(?:-en)?" name="locale">(.*?)</select>.*?<div[^>]*>(.*?)</div>'

    def proposed() -> list[tuple[str, list[str]]]:
        """Language proposed → the papers that are issued in it."""
        found = re.findall(selects, boss.get(PAGE).text, re.DOTALL)
        return [(re.search('value="([a-z]+)"[^>]* selected', s)[1], re.findall('value="([^"]+)"', b)) for s, b in found]

    assert proposed() == [("en", [LETTER, SHEET])]
    ctx = site.office().system()
    base.save_customer(ctx, CustomerData("Zhao Min", language="zh"), 1)
    ctx.session.close()
    assert proposed() == [("zh", [LETTER]), ("en", [SHEET])], "the sheet is for ourselves"
    boss.post("/c/acme/documents/new/complaints.complaint/1", {"code": LETTER, "locale": "en"}, page=PAGE)
    boss.post("/c/acme/documents/new/complaints.complaint/1", {"code": LETTER, "locale": "fr"}, page=PAGE)
    assert [d.locale for d in documents_of(site.office().system(), REF)] == ["en"]
